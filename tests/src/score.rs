//! What a conformance run prints: how many cases pass, theme by theme.

use std::collections::BTreeMap;
use std::fmt;

use crate::differences::Differences;
use crate::run::Outcome;
use crate::target::Engine;

/// The score of one run.
#[derive(Debug)]
pub struct Score<'o> {
    engine: Engine,
    themes: BTreeMap<&'o str, Count>,
}

/// Cases of a theme.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    passed: usize,
    /// They failed, and have a reason to: the platform can do no better.
    cannot: usize,
    all: usize,
}

impl<'o> Score<'o> {
    /// Counts the outcomes; a Worker's failures with a reason apart.
    pub fn of(engine: Engine, outcomes: &'o [Outcome], differences: &Differences) -> Self {
        let has_reason = |outcome: &Outcome| {
            let id = format!("{}: {}", outcome.theme, outcome.name);
            engine == Engine::Worker && differences.reason(&id).is_some()
        };
        let mut themes = BTreeMap::<&str, Count>::new();
        for outcome in outcomes {
            let count = themes.entry(&outcome.theme).or_default();
            let passed = outcome.differences.is_empty();
            count.passed += usize::from(passed);
            count.cannot += usize::from(!passed && has_reason(outcome));
            count.all += 1;
        }
        Self { engine, themes }
    }
}

impl fmt::Display for Score<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "conformance of the {} engine", self.engine)?;
        let mut total = Count::default();
        for (theme, count) in &self.themes {
            writeln!(f, "  {theme:36} {count}")?;
            total.passed += count.passed;
            total.cannot += count.cannot;
            total.all += count.all;
        }
        write!(f, "  {:36} {total}", "all")
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:4} of {}", self.passed, self.all)?;
        match self.cannot {
            0 => Ok(()),
            cannot => write!(f, " ({cannot} cannot: hosts/differences.json)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_worker_cannot_do_is_told_apart_from_what_it_fails() {
        let differences: Differences = serde_json::from_str(
            r#"{"answers": {"b: joins": "workerd joins", "b: passes all the same": "may"}, "spelling": {}}"#,
        )
        .unwrap();
        let outcome = |theme: &str, name: &str, passed: bool| Outcome {
            theme: theme.to_owned(),
            name: name.to_owned(),
            differences: if passed { Vec::new() } else { vec!["status".to_owned()] },
        };
        let outcomes = [
            outcome("a", "passes", true),
            outcome("b", "joins", false),
            outcome("b", "passes all the same", true),
            outcome("b", "fails", false),
        ];
        let lines = |engine| {
            let score = Score::of(engine, &outcomes, &differences).to_string();
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            score.lines().map(words).collect::<Vec<_>>()
        };
        assert_eq!(
            lines(Engine::Worker),
            [
                "conformance of the worker engine",
                "a 1 of 1",
                "b 1 of 3 (1 cannot: hosts/differences.json)",
                "all 2 of 4 (1 cannot: hosts/differences.json)",
            ]
        );
        assert_eq!(lines(Engine::Native)[2..], ["b 1 of 3", "all 2 of 4"]);
    }
}
