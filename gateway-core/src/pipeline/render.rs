//! What a mapping template makes of a message, and what is told of it.

use alloc::{format, string::String, string::ToString, vec::Vec};

use super::integrate::misconfigured;
use crate::definition::Source;
use crate::exchange::Io;
use crate::gateway::request_templates::Compiled;
use crate::gateway_error::GatewayError;
use crate::template::{Inputs, Noted, Overrides};
use crate::transcript::{Event, Message, Recorder, Variable};

/// Which template it is.
pub(super) struct Rendering<'r, S> {
    /// What it makes the content of: the endpoint request or the method response.
    pub(super) message: Message,
    /// The media type that it stands under.
    pub(super) media_type: &'r str,
    /// Where it stands.
    pub(super) source: S,
}

impl<S: FnOnce() -> Source> Rendering<'_, S> {
    /// Renders the template; one that cannot be is a mistake of the API.
    pub(super) fn render(
        self,
        template: &Compiled,
        inputs: &Inputs<'_>,
        overrides: &Overrides,
        io: &Io,
    ) -> Result<String, GatewayError> {
        let of = if self.message == Message::EndpointRequest { "request" } else { "response" };
        let failed = |error: String| misconfigured(&format!("Unable to transform {of}: {error}"));
        if !io.is_explaining() {
            let template = template.as_ref().map_err(|error| failed(error.to_string()))?;
            let rendered = template.render(inputs, overrides).map_err(|error| error.to_string());
            return once(rendered, overrides).map_err(failed);
        }
        let (rendered, noted) = match template {
            Ok(template) => {
                let (rendered, noted) = template.render_noting(inputs, overrides);
                (once(rendered.map_err(|error| error.to_string()), overrides), noted)
            }
            Err(error) => (Err(error.to_string()), Vec::new()),
        };
        let event = || Event::Rendered {
            message: self.message,
            media_type: self.media_type.into(),
            result: rendered.clone().unwrap_or_default(),
            overrides: overrides.shown(),
            variables: noted.into_iter().map(variable).collect(),
            error: rendered.clone().err(),
        };
        io.trace_rule(&(self.source)(), event);
        rendered.map_err(failed)
    }
}

/// What was rendered, unless the template overrides something twice.
fn once(rendered: Result<String, String>, overrides: &Overrides) -> Result<String, String> {
    match (&rendered, overrides.set_again()) {
        (Ok(_), Some(name)) => Err(format!("`{name}` is set twice")),
        _ => rendered,
    }
}

fn variable(noted: Noted) -> Variable {
    let Noted { is_set, reference, value, position } = noted;
    let value = value.map(|value| Recorder::shown_value(&reference, value));
    Variable { reference, value, is_set, line: position.line }
}
