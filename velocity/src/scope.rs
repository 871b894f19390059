//! The variables that a template begins with.

use alloc::{borrow::Cow, vec::Vec};

use crate::Value;

/// The variables that a template begins with, by their names without `$`.
///
/// A rendering leaves them as they are: what a template sets is its own, except for what it changes within lists, maps
/// and objects, which are shared.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    variables: Vec<(Cow<'static, str>, Value)>,
}

impl Scope {
    /// Without variables.
    pub fn new() -> Self {
        Self::default()
    }
    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.variables.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((name, value)),
        }
    }
    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }
}
