//! A compiled template.

use alloc::{string::String, vec::Vec};

use crate::ast::{Names, Nodes, Slot};
use crate::{Bounds, RenderError, Scope, SyntaxError, parse, render};

/// Whose templates these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Apache Velocity 1.7 with its default configuration. A reference to nothing prints itself.
    Velocity17,
    /// AWS API Gateway's mapping templates: a reference to nothing, and one to null, is the empty string.
    ApiGateway,
}

/// A compiled template: immutable, rendered as often as wanted.
#[derive(Debug)]
pub struct Template {
    pub(crate) dialect: Dialect,
    pub(crate) nodes: Nodes,
    /// What `#define` defines.
    pub(crate) blocks: Vec<Nodes>,
    pub(crate) names: Names,
    pub(crate) foreach: ForeachSlots,
}

/// The variables that a loop sets, where the template mentions them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ForeachSlots {
    pub(crate) scope: Option<Slot>,
    pub(crate) count: Option<Slot>,
    pub(crate) has_next: Option<Slot>,
}

impl Template {
    /// Reads a template.
    ///
    /// ```
    /// use velocity::{Dialect, Template};
    /// let error = Template::parse("{\n #if($a }", Dialect::ApiGateway).unwrap_err();
    /// assert_eq!((error.position.line, error.position.column), (2, 9));
    /// ```
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, SyntaxError> {
        parse::template(text, dialect)
    }

    /// Whether a variable of this name is mentioned: one that is not need not be in the scope.
    pub fn mentions(&self, name: &str) -> bool {
        self.names.find(name).is_some()
    }

    /// Renders it with the variables of a scope, within bounds.
    pub fn render(&self, scope: &Scope, bounds: &Bounds) -> Result<String, RenderError> {
        render::render(self, scope, bounds)
    }
}
