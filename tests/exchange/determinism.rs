//! The same arrival and the same outcomes give the same steps, byte for byte.

use std::rc::Rc;

use gateway_core::definition::Snapshot;
use gateway_core::gateway::Gateway;
use tests::world::{Faults, World, check, samples, snapshot};

#[test]
fn every_transcript_replays_byte_for_byte() {
    let mut world = World::new();
    for sample in samples() {
        let run = world.exchange(&sample, Faults::None);
        check(&run).unwrap_or_else(|wrong| panic!("{}: {wrong}", sample.name));
        for _ in 0..3 {
            let replayed = run.transcript.replay(world.gateway(), &run.arrival);
            replayed.unwrap_or_else(|different| panic!("{}: {different}", sample.name));
        }
    }
}

#[test]
fn a_gateway_from_a_stored_snapshot_decides_the_same() {
    let stored = Snapshot::from_bytes(&snapshot().to_bytes()).expect("it was just written");
    let gateway = Rc::new(Gateway::compile(stored).expect("it compiled before"));
    let mut world = World::new();
    for sample in samples() {
        let run = world.exchange(&sample, Faults::None);
        let replayed = run.transcript.replay(gateway.clone(), &run.arrival);
        replayed.unwrap_or_else(|different| panic!("{}: {different}", sample.name));
    }
}

#[test]
fn another_seed_changes_ids_and_nothing_else() {
    for sample in samples() {
        let mut other = sample.clone();
        other.arrival.seed.0 = [0xa5; 32];
        let (a, b) = (
            World::new().exchange(&sample, Faults::None),
            World::new().exchange(&other, Faults::None),
        );
        assert_eq!(a.response.status, b.response.status);
        assert_eq!(a.asked(), b.asked());
        assert_eq!(a.body(), b.body(), "{}", sample.name);
        assert_ne!(a.transcript, b.transcript, "{}: ids come from the seed", sample.name);
    }
}
