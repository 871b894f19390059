//! What to do about what is wrong with a distribution's documents.

use distribution::{MANAGED, ManagedPolicy, Named, Problem, Unknown};
use gateway_core::definition::DefinitionError;
use gateway_core::definition::openapi::did_you_mean;

/// Most names that are told of those that there are.
const SHOWN_MAX: usize = 10;

/// A mistake with what to do about it.
pub(super) fn with_help(error: DefinitionError, problem: &Problem) -> DefinitionError {
    match problem.unknown.as_ref().and_then(help) {
        Some(help) => error.help(help),
        None => error,
    }
}

/// What may be meant by a name that nothing has.
fn help(unknown: &Unknown) -> Option<String> {
    let of_aws = || MANAGED.iter().filter(|policy| policy.kind == unknown.what);
    if let Some(other) = MANAGED.iter().find(|policy| policy.id == unknown.name) {
        let ManagedPolicy { id, name, kind } = other;
        return Some(format!("`{id}` is AWS's {} `{name}`", word(*kind)));
    }
    // `get-cache-policy` prints this before AWS's names.
    let name = unknown.name.strip_prefix("Managed-").unwrap_or(&unknown.name);
    let near = |policy: &&ManagedPolicy| did_you_mean(name, [policy.name].into_iter()).is_some();
    let is_it = |policy: &&ManagedPolicy| policy.name.eq_ignore_ascii_case(name);
    if let Some(ManagedPolicy { id, name, .. }) =
        of_aws().find(is_it).or_else(|| of_aws().find(near))
    {
        return Some(format!("policies are named by their ids: AWS's `{name}` is `{id}`"));
    }
    let known = || unknown.known.iter().map(String::as_str);
    let near = did_you_mean(&unknown.name, known().chain(of_aws().map(|policy| policy.id)));
    // Of words the message tells all; of members there are many.
    let is_told = unknown.what == Named::Word || unknown.known.is_empty();
    near.or_else(|| {
        (!is_told).then(|| {
            let shown: Vec<String> =
                known().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect();
            format!("those that are there: {}", shown.join(", "))
        })
    })
}

fn word(kind: Named) -> &'static str {
    match kind {
        Named::CachePolicy => "cache policy",
        Named::OriginRequestPolicy => "origin request policy",
        _ => "response headers policy",
    }
}
