//! The codec of the Wasm seam: what is encoded comes back, and no bytes make it panic.

use gateway_core::codec;
use gateway_core::definition::Snapshot;
use gateway_core::effect::Outcome;
use gateway_core::exchange::Turn;
use gateway_core::message::{Arrival, Timestamp};
use tests::world::{Faults, Random, World, samples, snapshot};

#[test]
fn damaged_bytes_are_an_error_or_another_value_and_never_a_panic() {
    let mut random = Random::new(1);
    let mut world = World::new();
    let mut encoded: Vec<Vec<u8>> = vec![snapshot().to_bytes()];
    for sample in samples() {
        let run = world.exchange(&sample, Faults::None);
        encoded.push(codec::encode(&run.arrival));
        encoded.extend(run.effects.iter().map(|(_, o)| codec::encode(&(Timestamp(1), o))));
    }
    for bytes in &encoded {
        for _ in 0..300 {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(4) {
                if bytes.is_empty() {
                    break;
                }
                let at = random.below(bytes.len());
                match random.below(3) {
                    0 => bytes[at] = random.draw() as u8,
                    1 => bytes.truncate(at),
                    _ => bytes.insert(at, 0xff),
                }
            }
            let _ = codec::decode::<Arrival>(&bytes);
            let _ = codec::decode::<Turn>(&bytes);
            let _ = codec::decode::<(Timestamp, Outcome)>(&bytes);
            let _ = Snapshot::from_bytes(&bytes);
        }
    }
}

#[test]
fn arrivals_come_back_as_they_were() {
    for sample in samples() {
        let bytes = codec::encode(&sample.arrival);
        assert_eq!(codec::decode::<Arrival>(&bytes).as_ref(), Ok(&sample.arrival));
        let longer = [&bytes[..], b"x"].concat();
        assert!(codec::decode::<Arrival>(&longer).is_err(), "bytes after the end are an error");
    }
}
