//! `docs/equivalence.md`: what each target does as the native host does, written from the tables of
//! compatibility.md, the cases that are compared, and the departures that are listed.
//!
//! `UPDATE_EQUIVALENCE=1` writes the page anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use super::{root, tables, text, themes};

const PAGE: &str = "docs/equivalence.md";

/// How the Worker departs from the native host in a feature.
#[derive(Deserialize)]
struct Departure {
    is: Class,
    why: String,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
enum Class {
    #[serde(rename = "identical")]
    Identical,
    #[serde(rename = "eventually consistent")]
    EventuallyConsistent,
    #[serde(rename = "unavailable")]
    Unavailable,
    #[serde(rename = "unavailable in part")]
    UnavailableInPart,
    #[serde(rename = "not compared")]
    NotCompared,
    #[serde(rename = "but for the platform")]
    ButForThePlatform,
}

impl Class {
    fn text(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::EventuallyConsistent => "eventually consistent",
            Self::Unavailable => "**unavailable**",
            Self::UnavailableInPart => "**unavailable** in part",
            Self::NotCompared => "*not compared*",
            Self::ButForThePlatform => "identical but for [the platform](#what-the-platform-does)",
        }
    }
}

const HEAD: &str = "\
# Equivalence

What the three targets do alike. This page is written by a test (`UPDATE_EQUIVALENCE=1 cargo test -p tests --test compatibility`) and held by two:
`tests/hosts` sends every conformance case, and cases of its own of what none is recorded of (web ACLs, distributions, streamed answers), through the
native engine, the component and the Worker, and compares the answers byte for byte (field names sent in lower case; ids, times and signatures masked); `tests/compatibility` lets no feature of [compatibility.md](compatibility.md) be called
identical without a case, or a test of the core that all three are made of.

* *identical*: the same answer, byte for byte.
* *eventually consistent*: the same answer by one isolate, while others may still know something else.
* *unavailable*: refused when the bundle is made, or not there.
* *not compared*: it is meant to be alike, and no test says so.
* *identical but for the platform*: identical, but for messages that workerd does not leave [as they are](#what-the-platform-does).

The component and the native engine are identical in everything: no difference between them is allowed.

| feature | native | component | Worker | |
|---|---|---|---|---|
";

const PLATFORM: &str = "
## What the platform does

workerd reads and writes HTTP by itself; what it makes of these messages no Worker can undo. `tests/hosts/platform.rs` holds the first five, `tests/hosts/edge.rs` the name that nobody has, and
[edge.md](edge.md#what-is-different-at-the-edge) says more of each.

| message | native, component | Worker |
|---|---|---|
| `.` or `..` as a segment of a path | routed as it stands | resolved before routing |
| `<`, `>`, `\"`, `` ` `` or a space in a target | 400 | encoded and served; a space ends the target |
| a method that workerd does not know | refused by the API (403, 404) | 501, beside the pipeline |
| `CONNECT`, the target `*` | 405, 403 | 500, beside the pipeline |
| `.`, `..` or `%2e` as a segment of an endpoint's path, by a mapping or a parameter | sent as it stands | the integration has failed |
| `'` in a query | sent to endpoints as it stands | `%27` |
| bytes of a field that are no UTF-8 | Latin-1 text | U+FFFD |
| fields that an endpoint repeats (`WWW-Authenticate`) | as many lines | one line, but for `Set-Cookie` |
| a name of an endpoint that nobody has, in REST APIs | 500 | 504: `fetch` does not tell why it failed |
| an endpoint's status of 600 to 999 | passed on | the integration has failed |
| an endpoint's interim response (103) before its answer | passed over | the integration has failed |
| a client's `OPTIONS` or `DELETE` without content | sent without a length | sent with `Content-Length: 0` |
| more than 100 fields | 431 without ids | 431 with ids |
| a client's `CF-` fields | fields like any other | taken out |
";

const WASI: &str = "
## Hosts of `wasi:http`

`tests/hosts` sends the requests of a REST and of an HTTP API through the native engine and through `wasmtime serve`, and compares the answers byte
for byte. What such a host cannot do is refused when the component is written, or listed, in [wasi.md](wasi.md). Quotas are exact where instances
share a store (`--keyvalue`), which a test shows in wasmCloud's host, and refused elsewhere.
";

#[test]
fn every_feature_says_how_far_the_targets_are_alike() {
    let page = page().unwrap_or_else(|wrong| panic!("{wrong}"));
    if std::env::var_os("UPDATE_EQUIVALENCE").is_some() {
        std::fs::write(root().join(PAGE), &page).expect("the page can be written");
    }
    let there = std::fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    assert!(there == page, "{PAGE} is out of date: run with UPDATE_EQUIVALENCE=1");
}

fn page() -> Result<String, String> {
    let (features, checks) = tables();
    let (themes, departures, differences) = (themes(), departures(), differences());
    let mut wrong = String::new();
    let mut page = HEAD.to_owned();
    for feature in departures.keys().filter(|feature| !features.contains_key(*feature)) {
        let _ = writeln!(wrong, "departures.json: compatibility.md has no feature {feature:?}");
    }
    let compared = compared();
    for (feature, departure) in &departures {
        let named = departure.why.split('`').skip(1).step_by(2);
        for file in named.filter(|name| name.starts_with("tests/")) {
            if !compared.iter().any(|one| one == file) {
                let _ = writeln!(wrong, "departures.json: {feature}: no test compares {file}");
            }
        }
    }
    for (feature, said) in &features {
        let by: Vec<&str> = checks.get(feature).into_iter().flatten().map(String::as_str).collect();
        let of_cases =
            |id: &str| by.iter().any(|by| id == *by || id.starts_with(&format!("{by}: ")));
        let differing = differences.keys().filter(|id| of_cases(id)).count();
        let cases: usize =
            by.iter().filter_map(|by| themes.get(*by)).map(|theme| theme.passing.len()).sum();
        let in_core = by.iter().any(|by| by.starts_with("gateway-core/"));
        let is_refused = said.iter().all(|said| {
            said.is_empty() || said.starts_with("refused") || said.starts_with("not on AWS")
        });
        let of_cases = match (cases, differing) {
            (0, _) => "the core's own tests".to_owned(),
            (1, 0) => "1 case".to_owned(),
            (cases, 0) => format!("{cases} cases"),
            (cases, differing) => format!("{cases} cases, {differing} of them listed below"),
        };
        let (class, why) = match departures.get(feature) {
            Some(Departure { is: Class::Identical, .. }) if differing > 0 => {
                let _ = writeln!(wrong, "{feature}: {differing} cases differ");
                continue;
            }
            Some(departure) => (departure.is.text(), departure.why.clone()),
            None if is_refused => ("refused, as everywhere", String::new()),
            None if differing > 0 => ("identical but for what is listed", of_cases),
            None if cases > 0 || in_core => ("identical", of_cases),
            None => {
                let _ = writeln!(
                    wrong,
                    "{feature}: nothing shows it in the Worker: departures.json must say so"
                );
                continue;
            }
        };
        let here = if is_refused { "refused" } else { "yes" };
        let other = if is_refused { "refused" } else { "identical" };
        let _ = writeln!(page, "| {feature} | {here} | {other} | {class} | {why} |");
    }
    page.push_str("\n## Cases that the Worker answers differently\n\n| case | why |\n|---|---|\n");
    for (id, why) in &differences {
        let _ = writeln!(page, "| `{id}` | {why} |");
    }
    page.push_str(PLATFORM);
    page.push_str(WASI);
    if wrong.is_empty() { Ok(page) } else { Err(wrong) }
}

/// The files of cases that tests of `tests/hosts` send through the targets, and those tests.
fn compared() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("tests/hosts")).expect("a folder");
    let names = folder.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let (code, cases): (Vec<String>, Vec<String>) =
        names.partition(|name| Path::new(name).extension().is_some_and(|of| of == "rs"));
    let of = |name: &String| format!("tests/hosts/{name}");
    let code: Vec<String> = code.iter().map(of).collect();
    let tests: String = code.iter().map(|file| text(file)).collect();
    let is_sent = |name: &&String| tests.contains(&format!("compare(\"{name}\", "));
    code.into_iter().chain(cases.iter().filter(is_sent).map(of)).collect()
}

fn departures() -> BTreeMap<String, Departure> {
    serde_json::from_str(&text("tests/compatibility/departures.json")).expect("departures")
}

fn differences() -> BTreeMap<String, String> {
    tests::differences::Differences::load().answers
}
