//! The ratchet: which cases pass on an engine, written down, so that none of them fails again unnoticed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::run::Outcome;

/// The cases of every theme, by whether they pass.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Ratchet(BTreeMap<String, Theme>);

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Theme {
    passing: BTreeSet<String>,
    failing: BTreeSet<String>,
}

/// How a run compares with what is written down.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    /// Listed as passing, but failed.
    pub regressions: Vec<String>,
    /// Listed as failing, but passed.
    pub improvements: Vec<String>,
    /// Not listed.
    pub unlisted: Vec<String>,
    /// Listed, but there is no such case.
    pub stale: Vec<String>,
}

impl Verdict {
    /// Whether what is written down is out of date, which is mended by writing it anew.
    pub fn is_outdated(&self) -> bool {
        !(self.improvements.is_empty() && self.unlisted.is_empty() && self.stale.is_empty())
    }
}

impl Ratchet {
    /// Reads the file; one that does not exist lists nothing.
    pub fn load(path: &Path) -> Result<Self, String> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text =
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Writes the file.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Compares a run with the list. Only a `whole` run can tell that a listed case does not exist.
    pub fn judge(&self, outcomes: &[Outcome], whole: bool) -> Verdict {
        let mut verdict = Verdict::default();
        for outcome in outcomes {
            let id = id(&outcome.theme, &outcome.name);
            match (self.passes(outcome), outcome.differences.is_empty()) {
                (Some(true), false) => verdict.regressions.push(id),
                (Some(false), true) => verdict.improvements.push(id),
                (None, _) => verdict.unlisted.push(id),
                (Some(true), true) | (Some(false), false) => {}
            }
        }
        if whole {
            let run: BTreeSet<_> =
                outcomes.iter().map(|outcome| id(&outcome.theme, &outcome.name)).collect();
            let listed = self.0.iter().flat_map(|(theme, lists)| {
                lists.passing.iter().chain(&lists.failing).map(move |name| id(theme, name))
            });
            verdict.stale = listed.filter(|id| !run.contains(id)).collect();
        }
        verdict
    }

    /// Takes over improvements and unlisted cases, and forgets what does not exist. What is listed as passing
    /// stays so: the only way to give a case up is to edit the file, where a reviewer sees it.
    pub fn update(&mut self, outcomes: &[Outcome], whole: bool) {
        let before = std::mem::take(self);
        if !whole {
            self.0 = before.0.clone();
        }
        for outcome in outcomes {
            let passes = before.passes(outcome) == Some(true) || outcome.differences.is_empty();
            let theme = self.0.entry(outcome.theme.clone()).or_default();
            let (to, from) = if passes {
                (&mut theme.passing, &mut theme.failing)
            } else {
                (&mut theme.failing, &mut theme.passing)
            };
            from.remove(&outcome.name);
            to.insert(outcome.name.clone());
        }
    }

    fn passes(&self, outcome: &Outcome) -> Option<bool> {
        let theme = self.0.get(&outcome.theme)?;
        let failing = theme.failing.contains(&outcome.name).then_some(false);
        theme.passing.contains(&outcome.name).then_some(true).or(failing)
    }
}

fn id(theme: &str, name: &str) -> String {
    format!("{theme}: {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str, passed: bool) -> Outcome {
        let differences = if passed { Vec::new() } else { vec!["status".to_owned()] };
        Outcome { theme: "t".to_owned(), name: name.to_owned(), differences }
    }

    fn ratchet() -> Ratchet {
        serde_json::from_str(r#"{"t": {"passing": ["p", "q"], "failing": ["f", "g"]}}"#).unwrap()
    }

    #[test]
    fn a_run_as_listed_is_in_order() {
        let outcomes =
            [outcome("p", true), outcome("q", true), outcome("f", false), outcome("g", false)];
        assert_eq!(ratchet().judge(&outcomes, true), Verdict::default());
    }

    #[test]
    fn every_departure_from_the_list_is_named() {
        let verdict = ratchet().judge(
            &[outcome("p", false), outcome("f", true), outcome("new", true), outcome("q", true)],
            true,
        );
        assert_eq!(verdict.regressions, ["t: p"]);
        assert_eq!(verdict.improvements, ["t: f"]);
        assert_eq!(verdict.unlisted, ["t: new"]);
        assert_eq!(verdict.stale, ["t: g"]);
        assert!(verdict.is_outdated());
        assert!(!ratchet().judge(&[outcome("p", false)], false).is_outdated());
    }

    #[test]
    fn an_update_never_gives_up_a_passing_case() {
        let mut ratchet = ratchet();
        ratchet.update(&[outcome("p", false), outcome("f", true), outcome("new", false)], true);
        let expected: Ratchet =
            serde_json::from_str(r#"{"t": {"passing": ["f", "p"], "failing": ["new"]}}"#).unwrap();
        assert_eq!(ratchet, expected);
    }

    #[test]
    fn an_update_from_a_selection_keeps_the_rest() {
        let mut ratchet = ratchet();
        ratchet.update(&[outcome("f", true)], false);
        let expected: Ratchet =
            serde_json::from_str(r#"{"t": {"passing": ["f", "p", "q"], "failing": ["g"]}}"#)
                .unwrap();
        assert_eq!(ratchet, expected);
    }
}
