//! Replays the conformance cases against every engine. README.md in this folder tells how to choose among
//! them and what the ratchet is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tests::case::{self, Named};
use tests::differences::Differences;
use tests::ratchet::Ratchet;
use tests::run::{self, Outcome};
use tests::score::Score;
use tests::target::{Engine, Target};

#[test]
fn the_component_answers_as_aws_does() {
    conforms(Engine::Component);
}

#[test]
fn the_native_engine_answers_as_aws_does() {
    conforms(Engine::Native);
}

#[test]
fn the_worker_answers_as_aws_does() {
    conforms(Engine::Worker);
}

/// Not among the tests that run by themselves: wasmtime compiles a component of three megabytes for each case, which
/// takes minutes. `ENGINE=wasi` asks for it.
#[test]
fn the_component_for_wasi_http_answers_as_aws_does_if_asked() {
    if std::env::var("ENGINE").is_ok_and(|only| only == Engine::Wasi.to_string()) {
        conforms(Engine::Wasi);
    }
}

/// One engine after the other, where the tests are threads of one process: some cases measure time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn conforms(engine: Engine) {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if std::env::var("ENGINE").is_ok_and(|only| only != engine.to_string()) {
        return;
    }
    let selection = std::env::var("CASES").unwrap_or_default();
    let verbose = std::env::var_os("VERBOSE").is_some();
    let cases = select(&selection);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let outcomes = runtime.block_on(async {
        let target = Target::find(engine).await.unwrap_or_else(|error| panic!("{error}"));
        let target = target.compiled_quickly();
        run::probe(&target).await.unwrap_or_else(|error| panic!("{engine}: {error}"));
        run::run_all(target, cases, verbose).await
    });
    println!("{}", Score::of(engine, &outcomes, &Differences::load()));
    let whole = selection.is_empty();
    if let Err(report) = judge(engine, &outcomes, whole, verbose) {
        panic!("{report}");
    }
}

/// The cases whose theme or name contains the selection.
fn select(selection: &str) -> Vec<Named> {
    let mut cases = case::load(&folder().join("cases")).unwrap_or_else(|error| panic!("{error}"));
    cases.retain(|named| id_of(named).contains(selection));
    assert!(!cases.is_empty(), "no case contains {selection:?}");
    cases
}

fn judge(engine: Engine, outcomes: &[Outcome], whole: bool, verbose: bool) -> Result<(), String> {
    let path = folder().join(format!("ratchet/{engine}.json"));
    let mut ratchet = Ratchet::load(&path)?;
    let mut verdict = ratchet.judge(outcomes, whole);
    if std::env::var_os("UPDATE_RATCHET").is_some() {
        ratchet.update(outcomes, whole);
        ratchet.save(&path)?;
        verdict = ratchet.judge(outcomes, whole);
    }
    for outcome in outcomes {
        let id = format!("{}: {}", outcome.theme, outcome.name);
        if !outcome.differences.is_empty()
            && (verbose || verdict.regressions.contains(&id) || verdict.unlisted.contains(&id))
        {
            println!("FAILED on {engine}: {id}");
            outcome.differences.iter().for_each(|difference| println!("    {difference}"));
        }
    }
    let unexplained = match engine {
        Engine::Worker => unexplained(outcomes, whole),
        _ => Vec::new(),
    };
    if verdict == Default::default() && unexplained.is_empty() {
        return Ok(());
    }
    let mut report = format!("the {engine} engine departs from {}:\n", path.display());
    unexplained.iter().for_each(|what| report.push_str(&format!("  {what}\n")));
    for (what, ids) in [
        ("listed as passing, but failed", &verdict.regressions),
        ("listed as failing, but passed", &verdict.improvements),
        ("not listed", &verdict.unlisted),
        ("listed, but there is no such case", &verdict.stale),
    ] {
        ids.iter().for_each(|id| report.push_str(&format!("  {what}: {id}\n")));
    }
    if verdict.is_outdated() {
        report.push_str(&format!(
            "Run again with ENGINE={engine} UPDATE_RATCHET=1 and commit the list.\n"
        ));
    }
    Err(report)
}

/// Failures of a Worker without a reason, and reasons without a failure.
fn unexplained(outcomes: &[Outcome], whole: bool) -> Vec<String> {
    let differences = Differences::load();
    let failed = |outcome: &&Outcome| !outcome.differences.is_empty();
    let failed = outcomes.iter().filter(failed).map(|o| format!("{}: {}", o.theme, o.name));
    let failed: BTreeSet<String> = failed.collect();
    let without = failed.iter().filter(|id| differences.reason(id).is_none());
    let without = without.map(|id| format!("failed, and differences.json has no reason: {id}"));
    // Another answer may be right as well: those of the other list need not fail.
    let idle = differences.spelling.keys().filter(|id| whole && !failed.contains(*id));
    let idle = idle.map(|id| format!("differences.json has a reason, but it passed: {id}"));
    without.chain(idle).collect()
}

fn id_of(named: &Named) -> String {
    format!("{}: {}", named.theme, named.case.name)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}
