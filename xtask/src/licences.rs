//! `cargo xtask licences`: every crate in the graph against `deny.toml`, from cargo's own metadata.
//!
//! Reads the lists that cargo-deny reads, `licenses.allow` and `sources.allow-registry`, and the exceptions. cargo-deny does more (advisories, duplicates)
//! but takes minutes to install; where it is there, `cargo deny check` works with the same file.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell;

/// Fails with the list of all crates whose licence is not allowed.
pub(crate) fn check() -> Result<()> {
    let rules = Rules::read(
        &std::fs::read_to_string(shell::root().join("deny.toml")).context("reading deny.toml")?,
    )?;
    let metadata = shell::output(shell::cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--all-features",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("reading cargo's metadata")?;
    let packages = metadata["packages"].as_array().context("cargo's metadata has no packages")?;

    let mut refused = Vec::new();
    let mut counts = BTreeMap::new();
    for package in packages {
        let text = |key: &str| package[key].as_str();
        let name = text("name").unwrap_or("?");
        let crate_and_version = format!("{name} {}", text("version").unwrap_or("?"));
        match text("license") {
            Some(licence) if rules.allows(name, licence) => {
                *counts.entry(licence.to_string()).or_insert(0) += 1
            }
            Some(licence) => refused.push(format!(
                "{crate_and_version}: licence `{licence}` is not allowed by deny.toml"
            )),
            None => refused.push(format!("{crate_and_version}: names no licence")),
        }
        if let Some(source) = text("source").filter(|source| !source.starts_with("registry+")) {
            refused.push(format!("{crate_and_version}: comes from {source}, not from a registry"));
        }
    }
    for (licence, count) in &counts {
        println!("{count:>5}  {licence}");
    }
    if !refused.is_empty() {
        bail!(
            "{} of {} crates are refused:\n{}",
            refused.len(),
            packages.len(),
            refused.join("\n")
        );
    }
    println!("{} crates, every licence allowed", packages.len());
    Ok(())
}

/// What `deny.toml` says about licences.
#[derive(Debug, Default)]
struct Rules {
    allow: Vec<String>,
    /// Licences allowed to one crate only.
    exceptions: Vec<(String, String)>,
}

impl Rules {
    /// Reads the two lists. The rest of the file is cargo-deny's business, and TOML needs no parser for this much.
    fn read(toml: &str) -> Result<Self> {
        let section = toml
            .split("\n[")
            .find_map(|section| section.trim_start_matches('[').strip_prefix("licenses]"))
            .context("deny.toml has no section [licenses]")?;
        let allow =
            strings(list(section, "allow").context("deny.toml's [licenses] has no list `allow`")?);
        let mut exceptions = Vec::new();
        for entry in list(section, "exceptions").unwrap_or("").split('}') {
            let words = strings(entry);
            if let Some((name, licences)) = words.split_first() {
                exceptions.extend(licences.iter().map(|licence| (name.clone(), licence.clone())));
            }
        }
        Ok(Self { allow, exceptions })
    }

    /// Whether the SPDX expression can be satisfied with allowed licences alone.
    fn allows(&self, package: &str, expression: &str) -> bool {
        // "A/B" is the older way of writing "A OR B".
        let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut rest = words.as_slice();
        let satisfied = self.any(package, &mut rest);
        satisfied && rest.is_empty()
    }

    fn any(&self, package: &str, rest: &mut &[&str]) -> bool {
        let mut satisfied = self.all(package, rest);
        while rest.first() == Some(&"OR") {
            *rest = &rest[1..];
            satisfied |= self.all(package, rest);
        }
        satisfied
    }

    fn all(&self, package: &str, rest: &mut &[&str]) -> bool {
        let mut satisfied = self.one(package, rest);
        while rest.first() == Some(&"AND") {
            *rest = &rest[1..];
            satisfied &= self.one(package, rest);
        }
        satisfied
    }

    fn one(&self, package: &str, rest: &mut &[&str]) -> bool {
        let Some((word, after)) = rest.split_first() else { return false };
        *rest = after;
        if *word == "(" {
            let satisfied = self.any(package, rest);
            if rest.first() == Some(&")") {
                *rest = &rest[1..];
            }
            return satisfied;
        }
        let mut licence = word.to_string();
        if let [with, exception, after @ ..] = rest
            && *with == "WITH"
        {
            licence = format!("{word} WITH {exception}");
            *rest = after;
        }
        self.allow.contains(&licence)
            || self.exceptions.iter().any(|(name, allowed)| name == package && *allowed == licence)
    }
}

/// The text between the brackets of `key = [ … ]`; brackets inside are followed.
fn list<'a>(section: &'a str, key: &str) -> Option<&'a str> {
    let start = section.match_indices(key).find_map(|(at, _)| {
        let is_line_start = section[..at].trim_end_matches(' ').ends_with('\n');
        let after = section[at + key.len()..]
            .trim_start()
            .strip_prefix('=')?
            .trim_start()
            .strip_prefix('[')?;
        is_line_start.then_some(section.len() - after.len())
    })?;
    let mut depth = 1;
    for (at, byte) in section[start..].bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&section[start..start + at]);
        }
    }
    None
}

/// All quoted strings, comments left out.
fn strings(text: &str) -> Vec<String> {
    text.lines()
        .flat_map(|line| line.split('#').next().unwrap_or("").split('"').skip(1).step_by(2))
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::read(
            "[graph]\nx = 1\n[licenses]\nallow = [\n \"MIT\", # \"GPL-2.0\"\n \"Apache-2.0\",\n \"Apache-2.0 WITH LLVM-exception\",\n]\n\
             exceptions = [{ crate = \"ring\", allow = [\"OpenSSL\"] }]\n[bans]\nallow = [\"no\"]\n",
        )
        .unwrap()
    }

    #[test]
    fn a_choice_needs_one_allowed_licence_and_a_sum_needs_all() {
        for allowed in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "(GPL-3.0 OR MIT) AND Apache-2.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
            "MIT AND (Apache-2.0 OR (GPL-3.0))",
        ] {
            assert!(rules().allows("any", allowed), "{allowed}");
        }
        for refused in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND GPL-3.0",
            "GPL-2.0",
            "",
            "MIT WITH LLVM-exception",
            "no",
        ] {
            assert!(!rules().allows("any", refused), "{refused}");
        }
    }

    #[test]
    fn an_exception_is_for_its_crate_only() {
        assert!(rules().allows("ring", "MIT AND OpenSSL"));
        assert!(!rules().allows("rang", "MIT AND OpenSSL"));
    }

    #[test]
    fn a_file_without_a_list_is_refused() {
        assert!(Rules::read("[bans]\n").is_err());
        assert!(Rules::read("[licenses]\nunused = []\n").is_err());
    }
}
