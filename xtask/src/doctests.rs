//! The examples in the documentation.
//!
//! Before rustdoc reads a package to find that it has none, cargo builds it with everything that its tests need: of the host
//! that is wasmtime and all the network, minutes for nothing. So those packages are asked that have some.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

/// Runs them all.
pub(crate) fn run() -> Result<()> {
    let metadata = shell::output(shell::cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--no-deps",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("reading cargo's metadata")?;
    let packages = metadata["packages"].as_array().context("cargo's metadata has no packages")?;
    let mut test = shell::cargo();
    test.args(["test", "--doc", "--quiet"]);
    for package in packages {
        if has_examples(package)? {
            test.args(["--package", package["name"].as_str().context("a package has a name")?]);
        }
    }
    shell::run(&mut test)
}

/// Whether a package's library has examples.
fn has_examples(package: &Value) -> Result<bool> {
    let targets = package["targets"].as_array().into_iter().flatten();
    let libraries = targets.filter(|target| target["doctest"] == Value::Bool(true));
    for file in libraries.filter_map(|target| target["src_path"].as_str()) {
        let folder = Path::new(file).parent().context("a library is in a folder")?;
        if any_source(folder, &|text| text.lines().any(may_be_example))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A line of documentation that begins code, by a fence or by its indentation (CommonMark §4.4), or that is read from
/// elsewhere. Once too often is no harm.
fn may_be_example(line: &str) -> bool {
    let line = line.trim_start();
    let doc = ["///", "//!", "/**", "/*!"].iter().find_map(|begin| line.strip_prefix(begin));
    let is_code =
        |doc: &str| doc.contains("```") || doc.contains("~~~") || doc.starts_with("     ");
    doc.is_some_and(is_code) || line.contains("[doc = ")
}

fn any_source(folder: &Path, is_it: &dyn Fn(&str) -> bool) -> Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let found = match path.extension() {
            _ if path.is_dir() => any_source(&path, is_it)?,
            Some(extension) if extension == "rs" => is_it(&std::fs::read_to_string(&path)?),
            _ => false,
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_with_code_in_it_may_be_an_example() {
        let code = [
            "//! ```",
            "    /// ```no_run",
            "///     let a = 1;",
            "#![doc = include_str!(\"a.md\")]",
        ];
        assert!(code.iter().all(|line| may_be_example(line)));
        let prose = ["/// Of `a` one.", "///   - a list", "// ```", "let fence = \"```\";"];
        assert!(!prose.iter().any(|line| may_be_example(line)));
    }

    #[test]
    fn the_packages_with_examples_are_found_and_no_others() {
        let package = |name: &str| {
            let file = shell::root().join(name).join("src/lib.rs");
            serde_json::json!({"targets": [{"doctest": true, "src_path": file}]})
        };
        let all = ["gateway-core", "velocity", "host-runtime", "waf", "http-cache", "tests"];
        let with: Vec<_> =
            all.iter().filter(|name| has_examples(&package(name)).unwrap()).collect();
        assert_eq!(with, [&"gateway-core", &"velocity", &"waf", &"http-cache"]);
        assert!(!has_examples(&serde_json::json!({"targets": [{"doctest": false}]})).unwrap());
    }
}
