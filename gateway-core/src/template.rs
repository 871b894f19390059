//! Mapping templates: the template language bound to what a request and its answer know.
//!
//! A template is compiled with the definition and rendered with [`Inputs`]. What it sets in
//! `$context.requestOverride` and `$context.responseOverride` is found in [`Overrides`], which one
//! exchange has for all of its templates: the request's template may set what the response's reads.
//!
//! "API Gateway mapping template and access logging variable reference".

mod context;
mod convert;
mod input;
mod overrides;
mod paths;
mod util;

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use velocity::{Bounds, Dialect, Scope, Value};
pub(crate) use velocity::{Noted, RenderError, SyntaxError};

pub(crate) use overrides::Overrides;
use paths::Paths;
pub(crate) use util::escape_java_script;

use crate::context::Context;
use crate::limits::{
    PAYLOAD_BYTES_MAX, TEMPLATE_ITERATIONS_MAX, TEMPLATE_MEMORY_BYTES_MAX, TEMPLATE_STEPS_MAX,
};
use crate::message::{Request, Timestamp};

/// A compiled mapping template.
#[derive(Debug)]
pub(crate) struct MappingTemplate {
    template: velocity::Template,
    /// Whether `$input.params` may be asked for.
    takes_parameters: bool,
    paths: Arc<Paths>,
}

/// What a template renders.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'i> {
    /// `$input.body`: the request's content, or the endpoint's answer's; empty for a `MOCK`'s.
    pub(crate) content: &'i str,
    /// The method request: `$input.params` reads it in templates of responses too.
    pub(crate) request: &'i Request,
    /// `$context`, and the path parameters.
    pub(crate) context: &'i Context<'i>,
    /// `$stageVariables`.
    pub(crate) stage_variables: &'i BTreeMap<String, String>,
    /// What latencies in `$context` are counted to.
    pub(crate) now: Timestamp,
}

impl MappingTemplate {
    /// Compiles a template; the error has the template's own line and column.
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let template = velocity::Template::parse(text, Dialect::ApiGateway)?;
        let paths =
            if template.mentions("input") { Paths::of(&template) } else { Paths::default() };
        let paths = Arc::new(paths);
        Ok(Self { template, takes_parameters: text.contains("arams"), paths })
    }

    /// Whether it may ask for content.
    pub(crate) fn reads_content(&self) -> bool {
        self.template.mentions("input")
    }

    /// Renders it. The overrides are those of the exchange so far; the template may add to them.
    ///
    /// An error is the real service's "Unable to transform request" or "… response": 500,
    /// API_CONFIGURATION_ERROR.
    pub(crate) fn render(
        &self,
        inputs: &Inputs<'_>,
        overrides: &Overrides,
    ) -> Result<String, RenderError> {
        self.template.render(&self.scope(inputs, overrides), &BOUNDS)
    }

    /// As [`MappingTemplate::render`], with what it read and set.
    pub(crate) fn render_noting(
        &self,
        inputs: &Inputs<'_>,
        overrides: &Overrides,
    ) -> (Result<String, RenderError>, Vec<Noted>) {
        self.template.render_noting(&self.scope(inputs, overrides), &BOUNDS)
    }

    fn scope(&self, inputs: &Inputs<'_>, overrides: &Overrides) -> Scope {
        match self.template.literal() {
            Some(_) => Scope::new(),
            None => self.variables(inputs, overrides),
        }
    }

    /// What the template reads.
    #[inline(never)] // a Worker whose templates are texts has not to compile it
    fn variables(&self, inputs: &Inputs<'_>, overrides: &Overrides) -> Scope {
        let mut scope = Scope::new();
        if self.template.mentions("input") {
            let input = input::Input::new(inputs, self.takes_parameters, self.paths.clone());
            scope.set("input", Value::Object(Rc::new(input)));
        }
        if self.template.mentions("util") {
            scope.set("util", Value::Object(Rc::new(util::Util::default())));
        }
        if self.template.mentions("context") {
            let context = context::ContextObject::new(inputs, overrides);
            scope.set("context", Value::Object(Rc::new(context)));
        }
        if self.template.mentions("stageVariables") {
            let variables = inputs.stage_variables.iter();
            scope.set("stageVariables", convert::string_map(variables));
        }
        scope
    }
}

const BOUNDS: Bounds = Bounds {
    output_bytes_max: PAYLOAD_BYTES_MAX as usize,
    memory_bytes_max: TEMPLATE_MEMORY_BYTES_MAX,
    steps_max: TEMPLATE_STEPS_MAX,
    iterations_max: TEMPLATE_ITERATIONS_MAX,
    depth_max: 64,
};

#[cfg(test)]
mod tests;
