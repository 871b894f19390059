//! Invalidations: paths, with `*` at the end.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::path;
use crate::pattern::matches;

/// What is forgotten: AWS's `InvalidationBatch`, its paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidation(Vec<String>);

/// Why a batch is refused, in AWS's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidationError {
    /// There is none, or the number does not say how many there are.
    InconsistentQuantities,
    /// A path that does not begin with a slash, or has `*` elsewhere than at its end.
    InvalidArgument,
    /// More than are taken at once.
    TooMany,
}

/// AWS's quota: "3,000 files" at a time.
const PATHS_MAX: usize = 3000;

impl Invalidation {
    /// The paths, checked.
    ///
    /// # Errors
    /// Why they are refused.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Result<Self, InvalidationError> {
        let paths: Vec<String> = paths.into_iter().map(ToString::to_string).collect();
        if paths.is_empty() {
            return Err(InvalidationError::InconsistentQuantities);
        }
        if paths.len() > PATHS_MAX {
            return Err(InvalidationError::TooMany);
        }
        let is_path = |path: &String| {
            let stars = path.matches('*').count();
            let ends = stars == 0 || stars == 1 && path.ends_with('*');
            ends && (path.starts_with('/') || path == "*") && path.len() <= 4096
        };
        if paths.iter().all(is_path) {
            Ok(Self(paths.into_iter().map(as_keys_have_it).collect()))
        } else {
            Err(InvalidationError::InvalidArgument)
        }
    }

    /// Whether an object at this path is forgotten. AWS: with a query, the path is of that object alone, and
    /// without one of all of them.
    pub fn names(&self, target: &str) -> bool {
        let path = target.split('?').next().unwrap_or(target);
        self.0.iter().any(|one| {
            let is = |text: &str| match one.strip_suffix('*') {
                Some(start) => text.starts_with(start),
                None => {
                    matches(one.as_bytes(), text.as_bytes()) && !one.contains('?') || one == text
                }
            };
            if one.contains('?') { is(target) } else { is(path) || is(target) }
        })
    }
}

/// However it is percent-encoded: keys have each path in one way.
fn as_keys_have_it(one: String) -> String {
    let (path, query) = one.find('?').map_or((&*one, ""), |at| one.split_at(at));
    path::normal(path).map_or_else(|| one.clone(), |path| [&path, query].concat())
}
