use alloc::vec;

use crate::definition::{Api, CanarySettings};
use crate::message::Seed;
use crate::pipeline::world::*;

fn with_canary(percent_traffic_thousandths: u32) -> Api {
    let mut api =
        rest(vec![method("GET /a", mock("base $stageVariables.v $context.isCanaryRequest"))]);
    let mut canary = api.deployments[0].clone();
    canary.id = "d2".into();
    canary.methods = vec![
        method("GET /a", mock("canary $stageVariables.v $stageVariables.w")),
        method("GET /new", mock("new")),
    ];
    api.deployments.push(canary);
    let stage = &mut api.stages[0];
    stage.variables = [("v".into(), "1".into())].into();
    stage.canary = Some(CanarySettings {
        percent_traffic_thousandths,
        deployment: 1,
        stage_variable_overrides: [("v".into(), "2".into()), ("w".into(), "3".into())].into(),
        use_stage_cache: false,
    });
    api
}

/// Seeds as a host would draw them.
fn seeds(number: u64) -> impl Iterator<Item = Seed> {
    (1..=number).map(|i| {
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = (i.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(at as u32 * 5) >> 24) as u8;
        }
        Seed(bytes)
    })
}

fn bodies(percent_traffic_thousandths: u32, requests: u64) -> (usize, usize) {
    let gateway = gateway(vec![with_canary(percent_traffic_thousandths)]);
    let (mut base, mut canary) = (0, 0);
    for seed in seeds(requests) {
        let told =
            run_alone(&gateway, crate::message::Arrival { seed, ..arrival("GET /prod/a", &[]) });
        match told.body() {
            "base 1 false" => base += 1,
            "canary 2 3" => canary += 1,
            other => panic!("neither deployment answers {other}"),
        }
    }
    (base, canary)
}

#[test]
fn none_and_all_of_the_traffic_are_exact() {
    assert_eq!(bodies(0, 200), (200, 0));
    assert_eq!(bodies(100_000, 200), (0, 200));
}

#[test]
fn a_share_of_the_traffic_goes_to_the_canary() {
    let (_, canary) = bodies(25_000, 2_000);
    assert!((400..600).contains(&canary), "{canary} of 2000 at 25 percent");
}

#[test]
fn the_seed_alone_decides_so_that_a_replay_sees_the_same_deployment() {
    let gateway = gateway(vec![with_canary(50_000)]);
    for seed in seeds(20) {
        let answer = || {
            let arrival = crate::message::Arrival { seed, ..arrival("GET /prod/a", &[]) };
            alloc::string::String::from(run_alone(&gateway, arrival).body())
        };
        assert_eq!(answer(), answer());
    }
}

#[test]
fn the_canary_has_resources_of_its_own() {
    let canary = gateway(vec![with_canary(100_000)]);
    assert_eq!(run_alone(&canary, arrival("GET /prod/new", &[])).body(), "new");
    let base = gateway(vec![with_canary(0)]);
    assert_eq!(run_alone(&base, arrival("GET /prod/new", &[])).response.status, 403);
}

#[test]
fn promotion_makes_the_canary_the_stage() {
    let stage = &with_canary(10_000).stages[0];
    let promoted = stage.as_canary().unwrap();
    assert_eq!(
        (promoted.deployment, &*promoted.variables["v"], &*promoted.variables["w"]),
        (1, "2", "3")
    );
}
