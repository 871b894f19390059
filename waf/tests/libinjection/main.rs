//! The same values for libinjection, in C, and for the detectors of this crate.
//!
//! Needs Python and the Debian package `libmodsecurity3`, whose library has libinjection in it. Where they are missing the
//! test says so and is passed, unless `LIBINJECTION=required`, as `cargo xtask test` sets it.

mod generate;

use std::io::Write;
use std::process::{Command, Stdio};

use generate::Generator;
use serde_json::json;
use waf::{Decision, Request, Step, Tokens, WebAcl};

const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/libinjection/verdicts.py");
/// How many values of each kind are made.
const SEEDS: std::ops::Range<u64> = 0..4_000;
const SHOWN: usize = 10;

/// Whether a value is an injection of SQL, and whether one of scripts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Verdict {
    sql: bool,
    script: bool,
}

#[test]
fn what_libinjection_finds_is_found_and_less_of_what_people_write() {
    let values = [Generator::sql, Generator::script, Generator::prose]
        .map(|make| Vec::from_iter(SEEDS.map(|seed| make(&mut Generator::new(seed)))));
    let Some(there) = by_libinjection(values.iter().flatten()) else { return };
    let detectors = [Detector::new("SqliMatchStatement"), Detector::new("XssMatchStatement")];
    let mut there = there.into_iter();
    let [sql, script, prose] = values.map(|values| {
        let of_each = values.into_iter().zip(there.by_ref());
        Vec::from_iter(of_each.map(|(value, there)| {
            let [sql, script] = [0, 1].map(|at: usize| detectors[at].finds(&value));
            (value, there, Verdict { sql, script })
        }))
    });

    for (values, is_found) in [(&sql, is_sql as fn(Verdict) -> bool), (&script, is_script)] {
        let found: Vec<_> = values.iter().filter(|(_, there, _)| is_found(*there)).collect();
        let missed = found.iter().filter(|(_, _, here)| !is_found(*here)).map(|(value, ..)| value);
        let missed: Vec<_> = missed.collect();
        println!(
            "of {} libinjection finds {}, we miss {}",
            values.len(),
            found.len(),
            missed.len()
        );
        // Without a peer that finds something nothing is compared.
        assert!(found.len() * 2 > values.len(), "it finds {} of {}", found.len(), values.len());
        let shown = &missed[..missed.len().min(SHOWN)];
        assert!(missed.len() * 100 <= found.len(), "{} missed: {shown:#?}", missed.len());
    }
    let is_any = |verdict: Verdict| verdict.sql || verdict.script;
    let stopped_there = prose.iter().filter(|(_, there, _)| is_any(*there)).count();
    let stopped: Vec<_> = prose.iter().filter(|(.., here)| is_any(*here)).collect();
    println!("of {} texts it stops {stopped_there}, we stop {}", prose.len(), stopped.len());
    let shown = &stopped[..stopped.len().min(SHOWN)];
    assert!(stopped.len() * 100 <= prose.len(), "{} stopped: {shown:#?}", stopped.len());
    assert!(stopped.len() <= stopped_there, "it stops {stopped_there}: {shown:#?}");
}

fn is_sql(verdict: Verdict) -> bool {
    verdict.sql
}

fn is_script(verdict: Verdict) -> bool {
    verdict.script
}

/// A detector of this crate: a statement of a web ACL.
struct Detector(WebAcl);

impl Detector {
    fn new(statement: &str) -> Self {
        let inspected = json!({"FieldToMatch": {"Body": {"OversizeHandling": "CONTINUE"}},
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}]});
        let rule = json!({"Name": "r", "Priority": 0, "Action": {"Block": {}},
            "Statement": {statement: inspected}});
        let acl = json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": [rule]});
        Self(WebAcl::read(&acl, &[]).expect("a web ACL").0)
    }

    fn finds(&self, value: &str) -> bool {
        let headers = vec![("host", "a.example"), ("content-type", "text/plain")];
        let body = value.as_bytes();
        let request = Request { method: "POST", path: "/", headers, body, ..Request::default() };
        match self.0.evaluate(&request, Tokens::default()).advance() {
            Step::Decided(verdict) => matches!(verdict.decision, Decision::Block(_)),
            other => unreachable!("no rule asks: {other:?}"),
        }
    }
}

/// Verdicts in the order of the values; none where there is no libinjection.
fn by_libinjection<'v>(values: impl Iterator<Item = &'v String>) -> Option<Vec<Verdict>> {
    let mut python = Command::new("python3");
    python.arg(DRIVER).stdin(Stdio::piped()).stdout(Stdio::piped());
    let lines: String = values.map(|value| hex(value) + "\n").collect();
    let verdicts = python.spawn().and_then(|mut python| {
        let mut stdin = python.stdin.take().expect("it is piped");
        let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = python.wait_with_output()?;
        writer.join().expect("writing does not panic").ok();
        Ok(output)
    });
    match verdicts {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8(output.stdout).expect("digits");
            Some(
                text.lines()
                    .map(|line| Verdict { sql: &line[..1] == "1", script: &line[1..] == "1" })
                    .collect(),
            )
        }
        other => {
            assert_ne!(std::env::var("LIBINJECTION").as_deref(), Ok("required"), "{other:?}");
            eprintln!("not compared with libinjection, which is missing: {other:?}");
            None
        }
    }
}

fn hex(value: &str) -> String {
    value.bytes().map(|byte| format!("{byte:02x}")).collect()
}
