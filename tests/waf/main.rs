//! The project's own attacks are stopped, and its own benign values are not: through HTTP, in every
//! place where an application takes a value.

mod challenge;
mod evasions;

use std::collections::BTreeSet;
use std::path::Path;

use tests::target::Engine;
use tests::waf::{Case, Verdict, judge, lines, report};

fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("waf").join(folder);
    let cases = match folder.ends_with("attacks") {
        true => lines::attacks(&folder),
        false => lines::benign(&folder),
    };
    cases.expect("the folder of cases")
}

async fn judged(engine: Engine, cases: &[Case]) -> Vec<Verdict> {
    let verdicts = judge(engine, cases).await.expect("a gateway that answers");
    let refused = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Refused(_))).count();
    assert_eq!(refused, 0, "every case is a request that comes to the web ACL");
    verdicts
}

async fn assert_stopped(engine: Engine, cases: &[Case]) {
    let (count, text) = report::attacks(cases, &judged(engine, cases).await);
    assert_eq!(count.stopped, count.all, "{engine}: {text}");
}

async fn assert_let_through(engine: Engine, cases: &[Case]) {
    let (count, text) = report::benign(cases, &judged(engine, cases).await);
    assert_eq!(count.stopped, 0, "{engine}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_are_stopped() {
    let cases = cases("attacks");
    assert!(cases.len() >= 600, "{}", cases.len());
    assert_stopped(Engine::Native, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_are_stopped_by_the_component() {
    assert_stopped(Engine::Component, &cases("attacks")).await;
}

/// Of each family in each place the first one, and every tenth of the others.
#[tokio::test(flavor = "multi_thread")]
async fn attacks_of_each_family_in_each_place_are_stopped_by_the_worker() {
    let (mut families, mut groups) = (BTreeSet::new(), BTreeSet::new());
    let is_one = |(index, case): &(usize, Case)| {
        families.insert(case.family.clone());
        groups.insert(case.group.clone()) || index % 10 == 0
    };
    let some = cases("attacks").into_iter().enumerate().filter(is_one);
    let some: Vec<Case> = some.map(|(_, case)| case).collect();
    assert_eq!(groups.len(), families.len() * 4, "{families:?} in four places: {groups:?}");
    assert_stopped(Engine::Worker, &some).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_attack_is_let_through() {
    let cases = cases("benign");
    assert!(cases.len() >= 150, "{}", cases.len());
    assert_let_through(Engine::Native, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_attack_is_let_through_by_the_component() {
    assert_let_through(Engine::Component, &cases("benign")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn some_of_what_is_no_attack_is_let_through_by_the_worker() {
    let some: Vec<Case> = cases("benign").into_iter().step_by(5).collect();
    assert_let_through(Engine::Worker, &some).await;
}
