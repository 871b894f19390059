//! A compiled template.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

use crate::ast::{Names, Node, Nodes, Slot};
use crate::{Bounds, Noted, RenderError, Scope, SyntaxError, parse, render};

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
    /// Methods that are called with one text, and the texts.
    pub(crate) calls: Vec<(Box<str>, Arc<str>)>,
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

    /// The text that it is, if it is nothing else: that is rendered, whatever the scope.
    ///
    /// ```
    /// use velocity::{Dialect, Template};
    /// let literal = |text| Some(Template::parse(text, Dialect::ApiGateway).ok()?.literal()?.to_owned());
    /// assert_eq!(literal("{\"statusCode\": 200}").unwrap(), "{\"statusCode\": 200}");
    /// assert_eq!(literal("$a"), None);
    /// ```
    pub fn literal(&self) -> Option<&str> {
        match &self.nodes[..] {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The texts that methods of this name are called with, where a text is all that they are called with:
    /// what can be made of it is made once.
    ///
    /// ```
    /// use velocity::{Dialect, Template};
    /// let template = "$a.get('x') #if($a.get(\"$.y\"))$a.get(\"$b\")$a.put('z')#end";
    /// let template = Template::parse(template, Dialect::ApiGateway).unwrap();
    /// let texts: Vec<&str> = template.texts_of_calls("get").map(|text| &**text).collect();
    /// assert_eq!(texts, ["x", "$.y"]);
    /// ```
    pub fn texts_of_calls(&self, method: &str) -> impl Iterator<Item = &Arc<str>> {
        self.calls.iter().filter(move |(name, _)| **name == *method).map(|(_, text)| text)
    }

    /// Renders it with the variables of a scope, within bounds.
    pub fn render(&self, scope: &Scope, bounds: &Bounds) -> Result<String, RenderError> {
        render::render(self, scope, bounds, None)
    }

    /// As [`Template::render`], with what the template read and set on the way: which values made the
    /// output, or were there before the error. Of a template that reads much it is the beginning and the end.
    ///
    /// ```
    /// use velocity::{Bounds, Dialect, Scope, Template};
    /// let template = Template::parse("#set($b = $a)$b $none", Dialect::ApiGateway).unwrap();
    /// let mut scope = Scope::new();
    /// scope.set("a", 7);
    /// let (rendered, noted) = template.render_noting(&scope, &Bounds::default());
    /// assert_eq!(rendered.unwrap(), "7 ");
    /// let noted: Vec<_> = noted.iter().map(|n| (n.is_set, &*n.reference, n.value.as_deref())).collect();
    /// let seven = Some("7");
    /// assert_eq!(
    ///     noted,
    ///     [(false, "$a", seven), (true, "$b", seven), (false, "$b", seven), (false, "$none", None)]
    /// );
    /// ```
    pub fn render_noting(
        &self,
        scope: &Scope,
        bounds: &Bounds,
    ) -> (Result<String, RenderError>, Vec<Noted>) {
        let mut noted = Vec::new();
        let rendered = render::render(self, scope, bounds, Some(&mut noted));
        (rendered, noted)
    }
}
