//! Variables: the host's environment, and behind it what `edgeway deploy` found in the configuration.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use wasip2::cli::environment::get_environment;

use crate::snapshot;

thread_local! {
    static VARIABLES: OnceCell<BTreeMap<String, String>> = const { OnceCell::new() };
}

/// The text of a variable, if it is there and not empty.
pub(crate) fn text(name: &str) -> Option<String> {
    let find = |variables: &BTreeMap<String, String>| {
        variables.get(name).filter(|text| !text.is_empty()).cloned()
    };
    VARIABLES.with(|variables| find(variables.get_or_init(read)))
}

fn read() -> BTreeMap<String, String> {
    let mut variables = snapshot::variables();
    variables.extend(get_environment());
    variables
}
