//! Gateway responses that a definition sets: templates of plain substitution.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use super::expression::{Expression, Sources, field_name};
use crate::definition::GatewayResponse;
use crate::gateway_error::ResponseType;

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

/// Text with `$context.…`, `$stageVariables.…` and `$method.request.…` in it.
#[derive(Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    /// What has no value is empty.
    Value(Expression),
    /// `$context.error.messageString`, which is JSON, also without a message.
    MessageString,
    /// `$context.error.validationErrorString`, which stands between the template's own quotes.
    ValidationErrorString,
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
                Some((expression, after)) => {
                    match part(expression, variables) {
                        Some(Part::Text(text)) => plain.push_str(&text),
                        Some(part) => {
                            if !plain.is_empty() {
                                parts.push(Part::Text(core::mem::take(&mut plain)));
                            }
                            parts.push(part);
                        }
                        None => {}
                    }
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
    pub(crate) fn render(&self, sources: &Sources<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Value(expression) => {
                    expression.values(sources).iter().for_each(|value| text.push_str(value));
                }
                Part::MessageString => {
                    let error = sources.context.error.as_ref();
                    text.push_str(&quoted(error.and_then(|error| error.message.as_deref())));
                }
                Part::ValidationErrorString => {
                    let error = sources.context.error.as_ref();
                    let what = error.and_then(|error| error.validation_error.as_deref());
                    text.push_str(&escaped(what.unwrap_or_default()));
                }
            }
        }
        text
    }
}

/// What a reference stands for; `None` for nothing, whatever the request is.
fn part(expression: &str, variables: &BTreeMap<String, String>) -> Option<Part> {
    if expression == "context.error.messageString" {
        return Some(Part::MessageString);
    }
    if expression == "context.error.validationErrorString" {
        return Some(Part::ValidationErrorString);
    }
    match Expression::parse(expression, variables).ok()? {
        Expression::Text(text) => Some(Part::Text(text)),
        Expression::Missing => None,
        expression => Some(Part::Value(expression)),
    }
}

/// JSON text of a message; `null` without one.
pub(crate) fn quoted(message: Option<&str>) -> String {
    serde_json::to_string(&message).unwrap_or_default()
}

/// A text as it stands within quotes in JSON.
///
/// Names of properties stand in quotes in what validation says, and a template that has the variable in
/// quotes answers JSON all the same: `{"message":"$context.error.validationErrorString"}` makes
/// `{"message": "[object has missing required properties ([\"medication\"])]"}` (aws-samples/
/// serverless-samples, apigw-eventbridge-schema-validation). No other variable is known to be escaped.
fn escaped(text: &str) -> String {
    let mut json = quoted(Some(text));
    json.pop();
    json.split_off(1.min(json.len()))
}

/// `$context.a.b`, `${stageVariables.x}`, `$method.request.header.y` at the start of a text: the
/// mapping expression, and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (braced, rest) = match text.strip_prefix("${") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('$')?),
    };
    let root = ["context.", "stageVariables.", "method.request."]
        .into_iter()
        .find(|root| rest.starts_with(root))?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    // A full stop after a name ends a sentence.
    let expression = rest[..end].trim_end_matches('.');
    let after = &rest[expression.len()..];
    let after = if braced { after.strip_prefix('}')? } else { after };
    (expression.len() > root.len()).then_some((expression, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn parts(text: &str) -> Vec<String> {
        let template = Template::parse(text, &BTreeMap::from([("v".into(), "1".into())]));
        let shown = template.0.into_iter().map(|part| match part {
            Part::Text(text) => text,
            Part::MessageString => "<message>".into(),
            Part::ValidationErrorString => "<validation>".into(),
            Part::Value(Expression::Context(_)) => "<context>".into(),
            Part::Value(Expression::Header(name)) => alloc::format!("<header {name}>"),
            Part::Value(other) => alloc::format!("{other:?}"),
        });
        shown.collect()
    }

    #[test]
    fn references_are_found_in_braces_or_without() {
        assert_eq!(parts("$context.requestId."), ["<context>", "."]);
        assert_eq!(parts("a${context.requestId}b"), ["a", "<context>", "b"]);
        assert_eq!(parts("v=$stageVariables.v/$stageVariables.none"), ["v=1/"]);
        assert_eq!(parts("$context.error.messageString"), ["<message>"]);
        assert_eq!(parts("$method.request.header.X-Id!"), ["<header X-Id>", "!"]);
        assert_eq!(parts("a${context.nothing}b"), ["ab"]);
    }

    #[test]
    fn other_dollars_stay() {
        for text in ["$", "$5", "$context", "$context.", "${context.a", "$input.body", "$$"] {
            assert_eq!(parts(text), vec![text], "{text}");
        }
    }
}
