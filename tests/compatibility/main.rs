//! `docs/compatibility.md` says nothing that no test shows, and leaves nothing out that is refused.

mod equivalence;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A feature of the first table: what is said of it for REST and for HTTP APIs.
type Features = BTreeMap<String, [String; 2]>;
/// What checks it, by the second table.
type Checks = BTreeMap<String, Vec<String>>;

/// What the ratchet of an engine says of a theme.
#[derive(Deserialize)]
struct Theme {
    passing: BTreeSet<String>,
    failing: BTreeSet<String>,
}

const UNSUPPORTED: &str = "gateway-core/src/definition/openapi/unsupported.rs";
const READING: &str = "host-runtime/src/config/reading.rs";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn tables() -> (Features, Checks) {
    let page = text("docs/compatibility.md");
    let (first, second) = page.split_once("## How it is checked").expect("two tables");
    let rows = |part: &str| -> Vec<Vec<String>> {
        let rows = part.lines().filter(|line| line.starts_with("| ")).skip(1);
        rows.map(|row| {
            let cells = row.trim_start_matches("| ").trim_end_matches('|').split(" |");
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
    };
    let mut features = Features::new();
    for row in rows(first) {
        let [feature, rest, http, ..] = &row[..] else { panic!("a row of four cells: {row:?}") };
        let said = [rest.clone(), http.clone()];
        assert!(features.insert(feature.clone(), said).is_none(), "{feature} is there twice");
    }
    let mut checks = Checks::new();
    for row in rows(second) {
        let [feature, by, ..] = &row[..] else { panic!("a row of two cells: {row:?}") };
        let names = by.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(checks.insert(feature.clone(), names).is_none(), "{feature} is there twice");
    }
    (features, checks)
}

fn themes() -> BTreeMap<String, Theme> {
    serde_json::from_str(&text("tests/conformance/ratchet/native.json")).expect("a ratchet")
}

/// The features that the importer refuses.
fn unsupported() -> BTreeSet<String> {
    let code = text(UNSUPPORTED);
    let (_, list) = code.split_once("\nfeatures! {").expect("a list");
    let names = list.lines().filter_map(|line| line.split_once(" => ")).map(|(name, _)| name);
    names.map(|name| name.trim().to_owned()).collect()
}

/// The keys that the configuration refuses, each with the feature that it belongs to.
fn refused_keys() -> BTreeMap<String, String> {
    let code = text(READING);
    let Some((_, list)) = code.split_once("const NOT_YET") else { return BTreeMap::new() };
    let (list, _) = list.split_once("];").expect("an end");
    let entries = list.lines().map(|line| line.split('"').collect::<Vec<_>>());
    entries
        .filter(|parts| parts.len() == 5)
        .map(|parts| (parts[1].to_owned(), parts[3].to_owned()))
        .collect()
}

#[test]
fn every_feature_says_how_it_is_checked() {
    let (features, checks) = tables();
    assert!(features.len() > 40, "the table is not read: {}", features.len());
    let (told, checked): (BTreeSet<_>, BTreeSet<_>) =
        (features.keys().collect(), checks.keys().collect());
    let apart: Vec<_> = told.symmetric_difference(&checked).collect();
    assert!(apart.is_empty(), "in one of the tables alone: {apart:#?}");
    let unchecked: Vec<_> = checks.iter().filter(|(_, by)| by.is_empty()).collect();
    assert!(unchecked.is_empty(), "{unchecked:?}");
}

#[test]
fn what_checks_a_feature_is_there_and_passes() {
    let (features, checks) = tables();
    let (themes, unsupported, keys) = (themes(), unsupported(), refused_keys());
    let mut wrong = Vec::new();
    for (feature, by) in &checks {
        let is_refused =
            features.get(feature).is_some_and(|said| said.iter().any(|s| s.starts_with("refused")));
        for name in by {
            let (theme, case) = name.split_once(": ").unwrap_or((name, ""));
            let is_right = match (theme, case) {
                // A part of a feature may be refused of which the rest is done.
                ("unsupported.rs", feature) => unsupported.contains(feature),
                ("reading.rs", key) => is_refused && keys.contains_key(key),
                (file, "") if file.ends_with(".rs") => has_tests(file),
                (theme, "") => {
                    themes.get(theme).is_some_and(|theme| is_refused || !theme.passing.is_empty())
                }
                (theme, case) => {
                    themes.get(theme).is_some_and(|theme| theme.passing.contains(case))
                }
            };
            if !is_right {
                wrong.push(format!("{feature}: {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn has_tests(file: &str) -> bool {
    let code = std::fs::read_to_string(root().join(file)).unwrap_or_default();
    code.contains("#[test]") || code.contains("#[tokio::test")
}

#[test]
fn nothing_that_is_refused_is_left_out() {
    let (_, checks) = tables();
    let named: BTreeSet<&str> = checks.values().flatten().map(String::as_str).collect();
    let mut missing = Vec::new();
    for feature in unsupported() {
        let name = format!("unsupported.rs: {feature}");
        if !named.contains(name.as_str()) {
            missing.push(name);
        }
    }
    let mut by_feature: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, feature) in refused_keys() {
        by_feature.entry(feature).or_default().push(format!("reading.rs: {key}"));
    }
    for (feature, keys) in by_feature {
        if !keys.iter().any(|key| named.contains(key.as_str())) {
            missing.push(format!("{feature}: one of {keys:?}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What is refused says so, and where it says so something refuses it.
#[test]
fn a_row_that_says_refused_names_what_refuses_it() {
    let (features, checks) = tables();
    let refusing = |name: &&String| {
        let in_list = name.starts_with("unsupported.rs: ") || name.starts_with("reading.rs: ");
        // Of what AWS refuses too, or what another list holds, a test tells.
        in_list || name.ends_with(".rs") || name.starts_with("http/http_import")
    };
    for (feature, said) in &features {
        if said.iter().any(|said| said.starts_with("refused")) {
            let by = checks.get(feature).into_iter().flatten();
            assert!(by.filter(refusing).count() > 0, "{feature}: nothing refuses it");
        }
    }
}

#[test]
fn every_theme_of_cases_belongs_to_a_feature() {
    let (_, checks) = tables();
    let named: BTreeSet<&str> =
        checks.values().flatten().map(|name| name.split(": ").next().unwrap_or(name)).collect();
    let themes = themes();
    assert!(
        themes.values().map(|theme| theme.passing.len() + theme.failing.len()).sum::<usize>() > 300
    );
    let missing: Vec<&String> =
        themes.keys().filter(|theme| !named.contains(theme.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
