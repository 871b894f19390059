//! What is printed of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Case, Verdict};

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Those that were stopped by the web ACL, or refused as no requests at all.
    pub stopped: usize,
    /// All.
    pub all: usize,
}

impl Count {
    /// In hundredths.
    pub fn percent(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.stopped as f64 * 100.0 / self.all as f64 }
    }

    fn add(&mut self, verdict: &Verdict) {
        self.all += 1;
        self.stopped += usize::from(*verdict != Verdict::Passed);
    }
}

/// Attacks: by family, by the suite's rule, and each that was let through.
pub fn attacks(cases: &[Case], verdicts: &[Verdict]) -> (Count, String) {
    let mut out = String::new();
    let mut total = Count::default();
    let mut families: BTreeMap<&str, Count> = BTreeMap::new();
    let mut groups: BTreeMap<(&str, &str), Count> = BTreeMap::new();
    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    for (case, verdict) in cases.iter().zip(verdicts) {
        total.add(verdict);
        families.entry(&case.family).or_default().add(verdict);
        groups.entry((&case.family, &case.group)).or_default().add(verdict);
        *by.entry(told(verdict)).or_default() += 1;
    }
    let _ = writeln!(out, "attacks stopped");
    for (family, count) in &families {
        row(&mut out, 2, family, *count);
        for ((_, group), count) in groups.iter().filter(|((own, _), _)| own == family) {
            row(&mut out, 4, group, *count);
        }
    }
    row(&mut out, 2, "all", total);
    let _ = writeln!(out, "  by what");
    rows(&mut out, &by);
    let missed = cases.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Verdict::Passed);
    for (case, _) in missed {
        let _ = writeln!(out, "    missed  {}", one_line(&case.name));
    }
    (total, out)
}

/// Everything else: by corpus, by the rule that stopped it, and each that was stopped.
pub fn benign(cases: &[Case], verdicts: &[Verdict]) -> (Count, String) {
    let mut out = String::new();
    let mut total = Count::default();
    let mut families: BTreeMap<&str, Count> = BTreeMap::new();
    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    for (case, verdict) in cases.iter().zip(verdicts) {
        total.add(verdict);
        families.entry(&case.family).or_default().add(verdict);
        if *verdict != Verdict::Passed {
            *by.entry(told(verdict)).or_default() += 1;
        }
    }
    let _ = writeln!(out, "false positives");
    families.iter().for_each(|(family, count)| row(&mut out, 2, family, *count));
    row(&mut out, 2, "all", total);
    let _ = writeln!(out, "  by what");
    rows(&mut out, &by);
    let stopped = cases.iter().zip(verdicts).filter(|(_, verdict)| **verdict != Verdict::Passed);
    for (case, verdict) in stopped {
        let _ = writeln!(out, "    stopped  {}: {}", told(verdict), one_line(&case.name));
    }
    (total, out)
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed => "let through".into(),
        Verdict::Stopped(rule) => rule.clone(),
        Verdict::Refused(status) => format!("refused with {status} before the web ACL"),
    }
}

fn rows(out: &mut String, by: &BTreeMap<String, usize>) {
    for (rule, count) in by {
        let _ = writeln!(out, "    {count:>6}  {rule}");
    }
}

fn row(out: &mut String, indent: usize, name: &str, count: Count) {
    let share = count.percent();
    let width = 40 - indent;
    let _ = writeln!(
        out,
        "{:indent$}{name:<width$}{:>6} of {:>6}  {share:>6.2} %",
        "", count.stopped, count.all
    );
}

fn one_line(text: &str) -> String {
    text.chars().take(400).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_are_counted_by_family_and_rule() {
        let case = |family: &str, group: &str| Case {
            family: family.into(),
            group: group.into(),
            ..Case::default()
        };
        let cases = [case("942", "942100"), case("942", "942110"), case("930", "930100")];
        let verdicts = [Verdict::Stopped("SQLi".into()), Verdict::Passed, Verdict::Refused(400)];
        let (total, text) = attacks(&cases, &verdicts);
        assert_eq!(total, Count { stopped: 2, all: 3 });
        assert!(text.contains("942100") && text.contains("50.00 %"), "{text}");
        let (total, text) = benign(&cases, &verdicts);
        assert_eq!(total.stopped, 2);
        assert!(text.contains("refused with 400"), "{text}");
    }
}
