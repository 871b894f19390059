//! The project's own attacks are stopped, and its own benign values are not: through HTTP, in every
//! place where an application takes a value.

mod challenge;
mod evasions;

use std::path::Path;

use tests::target::Engine;
use tests::waf::{Verdict, judge, lines, report};

async fn judged(folder: &str) -> (report::Count, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("waf").join(folder);
    let cases = match folder.ends_with("attacks") {
        true => lines::attacks(&folder),
        false => lines::benign(&folder),
    };
    let cases = cases.expect("the folder of cases");
    let verdicts = judge(Engine::Native, &cases).await.expect("a gateway that answers");
    let refused = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Refused(_))).count();
    assert_eq!(refused, 0, "every case is a request that comes to the web ACL");
    match folder.ends_with("attacks") {
        true => report::attacks(&cases, &verdicts),
        false => report::benign(&cases, &verdicts),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_are_stopped() {
    let (count, text) = judged("attacks").await;
    assert!(count.all >= 600, "{count:?}");
    assert_eq!(count.stopped, count.all, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_attack_is_let_through() {
    let (count, text) = judged("benign").await;
    assert!(count.all >= 150, "{count:?}");
    assert_eq!(count.stopped, 0, "{text}");
}
