//! That the core needs no `std`: it would run where there is none, but for what is named here.
//!
//! A build for a target without `std` would show it, and cannot be made: regex-lite refuses to be compiled without its
//! feature of that name (docs/decisions/0018). So cargo is asked which features a build of the core alone turns on.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::shell;

/// What has it all the same: it takes a mutex and a hash map of it, and imports nothing on wasm32.
const EXCEPTED: [&str; 1] = ["regex-lite"];

/// Fails with the names of all other crates in the core that have their feature `std` on.
pub(crate) fn check() -> Result<()> {
    let tree = shell::output(shell::cargo().args([
        "tree",
        "--locked",
        "--package",
        "gateway-core",
        // What runs: neither build scripts nor macros, which are the compiler's machine's.
        "--edges",
        "normal,no-proc-macro",
        "--target",
        "all",
        "--no-dedupe",
        "--prefix",
        "none",
        "--format",
        "{p}|{f}",
    ]))?;
    let with_std = with_std(&tree);
    let others: Vec<&str> =
        with_std.iter().copied().filter(|name| !EXCEPTED.contains(name)).collect();
    if !others.is_empty() {
        bail!(
            "the core is built with `std` of {}: have `default-features = false` and no feature `std` for it, or for \
             what turns it on (`cargo tree --package gateway-core --edges features,normal --invert CRATE` tells)",
            others.join(", ")
        );
    }
    if let Some(needless) = EXCEPTED.iter().find(|name| !with_std.contains(*name)) {
        bail!(
            "{needless} does without `std` now: take it out of xtask/src/no_std.rs and docs/decisions/0018"
        );
    }
    println!("without `std` in the core, but for {}", EXCEPTED.join(", "));
    Ok(())
}

/// The crates of a tree, a line each (`NAME vVERSION|FEATURE,FEATURE`), that have a feature of `std` on.
fn with_std(tree: &str) -> BTreeSet<&str> {
    let has_std = |features: &str| features.split(',').any(|feature| feature == "std");
    let lines = tree.lines().filter_map(|line| line.split_once('|'));
    lines
        .filter(|(_, features)| has_std(features.trim_end_matches(" (*)")))
        .filter_map(|(package, _)| package.split(' ').next())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_with_its_feature_std_is_found_however_deep_it_is() {
        let tree = "gateway-core v0.1.0 (/x y/gateway-core)|\nserde v1.0.0|alloc,derive\n\
                    regex-lite v0.1.0|std,string\nmemchr v2.0.0|alloc,std (*)\nitoa v1.0.0|\nsha2 v0.1.0|std-like\n";
        assert_eq!(Vec::from_iter(with_std(tree)), ["memchr", "regex-lite"]);
    }
}
