//! `cargo xtask waf-suite`: how many attacks a web ACL with the managed rule groups stops, and how many requests that
//! are none.
//!
//! The corpora are somebody else's and lie beside the project: a checkout of the OWASP Core Rule Set, folders of benign
//! values. The project's own cases (`tests/waf`) are run without any, and among the tests.

use anyhow::{Context, Result, bail};

use crate::shell;

/// `cargo xtask waf-suite`.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let mut passed_on: Vec<String> = Vec::new();
    let mut arguments = rest.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--benign" | "--attacks" => {
                let folder =
                    arguments.next().with_context(|| format!("{argument} takes a folder"))?;
                passed_on.extend([argument.clone(), folder.clone()]);
            }
            "--engine" => {
                let engine = arguments.next().context("--engine takes `native` or `component`")?;
                passed_on.extend([argument.clone(), engine.clone()]);
            }
            option if option.starts_with('-') => bail!(
                "unknown argument `{option}`: `waf-suite [--engine ENGINE] [--benign FOLDER]… [--attacks FOLDER]… [CORERULESET]`"
            ),
            checkout => passed_on.push(checkout.to_owned()),
        }
    }
    if passed_on.is_empty() {
        let own = ["--attacks", "tests/waf/attacks", "--benign", "tests/waf/benign"];
        passed_on.extend(own.map(str::to_owned));
    }
    shell::say("building the gateway and the suite");
    let mut build = shell::cargo();
    build.args(["build", "--package", "host-runtime", "--package", "tests"]);
    shell::run(build.args(["--bin", "edgeway", "--bin", "waf-suite"]))?;
    let built = shell::target_dir().join("debug");
    let mut suite = shell::command(built.join("waf-suite"));
    shell::run(suite.args(passed_on).env("EDGEWAY_BIN", built.join("edgeway")))
}
