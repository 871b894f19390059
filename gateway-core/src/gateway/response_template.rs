//! Gateway responses that a definition sets: templates of plain substitution.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use super::expression::{Expression, field_name};
use crate::context::Context;
use crate::definition::GatewayResponse;
use crate::gateway_error::ResponseType;
use crate::message::Timestamp;

/// A gateway response of a stage.
#[derive(Debug)]
pub(crate) struct GatewayResponsePlan {
    pub(crate) response_type: ResponseType,
    pub(crate) status_code: Option<u16>,
    /// Field name → expression.
    pub(crate) parameters: Vec<(String, Expression)>,
    /// Media type → template.
    pub(crate) templates: Vec<(String, Template)>,
}

/// Text with `$context.…` and `$stageVariables.…` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Context(String),
}

impl GatewayResponsePlan {
    pub(super) fn compile(
        response: &GatewayResponse,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let parameters = response.response_parameters.iter().map(|(target, source)| {
            let name = field_name(target, "gatewayresponse.header.")?;
            Ok::<_, String>((name.into(), Expression::parse(source, variables)?))
        });
        let templates = response.response_templates.iter();
        let templates = templates.map(|(media, t)| (media.clone(), Template::parse(t, variables)));
        Ok(Self {
            response_type: response.response_type,
            status_code: response.status_code,
            parameters: parameters.collect::<Result<_, _>>()?,
            templates: templates.collect(),
        })
    }
}

impl Template {
    /// Parses a template; stage variables are filled in at once.
    pub(crate) fn parse(text: &str, variables: &BTreeMap<String, String>) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            plain.push_str(&rest[..dollar]);
            rest = &rest[dollar..];
            match reference(rest) {
                Some(("context", name, after)) => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(core::mem::take(&mut plain)));
                    }
                    parts.push(Part::Context(name.into()));
                    rest = after;
                }
                Some((_, name, after)) => {
                    plain.push_str(variables.get(name).map_or("", String::as_str));
                    rest = after;
                }
                None => {
                    plain.push('$');
                    rest = &rest[1..];
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Self(parts)
    }

    /// The text; what is not known is empty.
    pub(crate) fn render(&self, context: &Context, now: Timestamp) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Context(name) => push_variable(&mut text, name, context, now),
            }
        }
        text
    }
}

fn push_variable(text: &mut String, name: &str, context: &Context, now: Timestamp) {
    match context.lookup(name, now) {
        Some(value) => text.push_str(&value),
        None if name == "error.messageString" => text.push_str("null"),
        None => {}
    }
}

/// JSON text of a message; `null` without one.
pub(crate) fn quoted(message: Option<&str>) -> String {
    serde_json::to_string(&message).unwrap_or_default()
}

/// `$context.a.b`, `${stageVariables.x}` at the start of a text: what it names, and what follows.
fn reference(text: &str) -> Option<(&str, &str, &str)> {
    let (braced, rest) = match text.strip_prefix("${") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('$')?),
    };
    let (root, rest) = ["context", "stageVariables"]
        .iter()
        .find_map(|root| Some((*root, rest.strip_prefix(root)?.strip_prefix('.')?)))?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    // A full stop after a name ends a sentence.
    let name = rest[..end].trim_end_matches('.');
    let after = &rest[name.len()..];
    let after = if braced { after.strip_prefix('}')? } else { after };
    (!name.is_empty()).then_some((root, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<Part> {
        Template::parse(text, &BTreeMap::from([("v".into(), "1".into())])).0
    }

    #[test]
    fn references_are_found_in_braces_or_without() {
        let id = || Part::Context("requestId".into());
        assert_eq!(parse("$context.requestId."), [id(), Part::Text(".".into())]);
        assert_eq!(
            parse("a${context.requestId}b"),
            [Part::Text("a".into()), id(), Part::Text("b".into())]
        );
        assert_eq!(parse("v=$stageVariables.v/$stageVariables.none"), [Part::Text("v=1/".into())]);
    }

    #[test]
    fn other_dollars_stay() {
        for text in ["$", "$5", "$context", "$context.", "${context.a", "$input.body", "$$"] {
            assert_eq!(parse(text), [Part::Text(text.into())], "{text}");
        }
    }
}
