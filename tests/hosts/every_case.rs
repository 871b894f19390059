//! Every conformance case through all three engines: what one answers, all answer, byte for byte. What may
//! differ stands in `differences.json`, case by case, with its reason.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tests::case::{self, Named};
use tests::client;
use tests::differences::Differences;
use tests::run;
use tests::setup::{Setup, set_up};
use tests::target::{Engine, Failure, Target};
use tokio::task::JoinSet;

use super::shown;

/// How many cases run at the same time.
const SLOTS: usize = 4;

/// What two requests never have in common, wherever it stands in an answer.
const VARYING: [&str; 10] = [
    // Ids of requests, as UUID and as base64.
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "[A-Za-z0-9_-]{15}=",
    "1-[0-9a-f]{8}-[0-9a-f]{24}",
    // Times: in access logs, ISO 8601, basic ISO 8601, seconds and milliseconds since 1970.
    r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    r"\d{8}T\d{6}Z",
    r"\b1[6-9]\d{8}(\d{3})?\b",
    // Latencies.
    r#""integrationLatency": \d+"#,
    // Signatures over them, and what is told of them when they are wrong.
    r"aws4_request\\n[0-9a-f]{64}",
    r"Signature=[0-9a-f]{64}",
];

/// What the platform adds to requests of Workers, as a backend echoes it.
const ADDED: &str = r#""cf-worker": "[^"]*", "#;

/// What each engine answers, exchange by exchange, or that it refuses the definition.
type Answers = Result<Vec<String>, ()>;

#[test]
fn every_conformance_case_is_answered_alike_by_all_engines() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = case::load(&tests.join("conformance/cases")).unwrap();
    let allowed = Differences::load().answers;
    let selection = std::env::var("CASES").unwrap_or_default();
    let cases: VecDeque<Named> =
        cases.into_iter().filter(|named| id_of(named).contains(&selection)).collect();
    let is_whole = selection.is_empty();
    let known: BTreeSet<String> = cases.iter().map(id_of).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let differing = runtime.block_on(compare_all(cases));
    let mut report = String::new();
    for (id, difference) in &differing {
        if !allowed.contains_key(id) {
            let _ = writeln!(report, "{id}\n{difference}");
        }
    }
    for id in allowed.keys().filter(|_| is_whole) {
        if !known.contains(id) {
            let _ = writeln!(report, "differences.json: there is no case {id:?}");
        } else if !differing.contains_key(id) {
            let _ = writeln!(report, "differences.json: {id:?} is answered alike by now");
        }
    }
    assert!(report.is_empty(), "{report}");
}

fn id_of(named: &Named) -> String {
    format!("{}: {}", named.theme, named.case.name)
}

async fn compare_all(cases: VecDeque<Named>) -> BTreeMap<String, String> {
    let mut targets = Vec::new();
    for engine in [Engine::Native, Engine::Component, Engine::Worker] {
        targets.push(Target::find(engine).await.unwrap_or_else(|error| panic!("{error}")));
    }
    let (queue, targets) = (Arc::new(Mutex::new(cases)), Arc::new(targets));
    let mut slots = JoinSet::new();
    for slot in 0..SLOTS {
        let (queue, targets) = (Arc::clone(&queue), Arc::clone(&targets));
        slots.spawn(async move {
            let mut differing = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(named) = next else { return differing };
                if let Some(difference) = compare(&named, &targets, slot).await {
                    differing.push((id_of(&named), difference));
                }
            }
        });
    }
    let differing = slots.join_all().await.into_iter().flatten().collect();
    for target in Arc::try_unwrap(targets).into_iter().flatten() {
        target.stop().await;
    }
    differing
}

/// The first answer in which an engine departs from the native one.
async fn compare(named: &Named, targets: &[Target], slot: usize) -> Option<String> {
    // Backends and tokens are the same for all, so that addresses and signatures are, too.
    let setup = set_up(&named.text).await.unwrap_or_else(|error| panic!("{error}"));
    let mut first: Option<Answers> = None;
    for target in targets {
        let answers = match answers_of(target, &setup, slot).await {
            Ok(answers) => answers,
            Err(broken) => return Some(format!("{}: {broken}", target.engine)),
        };
        let expected = first.get_or_insert_with(|| answers.clone());
        if *expected == answers {
            continue;
        }
        let (Ok(expected), Ok(answers)) = (expected, answers) else {
            return Some(format!("{} alone refuses or serves it", target.engine));
        };
        let (left, right) = expected.iter().zip(&answers).find(|(left, right)| left != right)?;
        return Some(format!("--- native\n{left}\n--- {}\n{right}\n", target.engine));
    }
    None
}

async fn answers_of(target: &Target, setup: &Setup, slot: usize) -> Result<Answers, String> {
    let mut gateway = match target.start(&setup.config, setup.listen, slot).await {
        Ok(gateway) => gateway,
        Err(Failure::Refused(_)) => return Ok(Err(())),
        Err(Failure::Broken(why)) => return Err(why),
    };
    let mut answers = Vec::new();
    for exchange in &setup.case.exchanges {
        tokio::time::sleep(Duration::from_millis(exchange.sleep_ms)).await;
        let mut request = run::request(&exchange.request, &setup.stage_name);
        // A Worker is told no other spelling.
        request.fields.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
        let mut last = String::new();
        for _ in 0..exchange.request.repeat {
            let answer = client::send(gateway.address, &request).await;
            let answer = answer.map_err(|error| {
                let ended = gateway.exited().unwrap_or_default();
                format!("{error}; {ended}\n{}", gateway.log())
            })?;
            last = without_varying(&shown(&answer, true));
        }
        answers.push(last);
    }
    gateway.stop().await;
    Ok(Ok(answers))
}

fn without_varying(text: &str) -> String {
    let expression = |text: &str| fancy_regex::Regex::new(text).expect("a valid expression");
    let without = expression(ADDED).replace_all(text, "").into_owned();
    // The endpoint's own length, which the pipeline tells, counts what was added.
    let (before, added) = ("x-amzn-remapped-content-length: ", text.len() - without.len());
    let lengths = without.lines().filter_map(|line| line.strip_prefix(before)?.parse().ok());
    let without = lengths.fold(without.clone(), |text, length: usize| {
        let counted = length.saturating_sub(added);
        text.replace(&format!("{before}{length}"), &format!("{before}{counted}"))
    });
    expression(&VARYING.join("|")).replace_all(&without, "(masked)").into_owned()
}
