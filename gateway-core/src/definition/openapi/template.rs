//! Mapping templates: whether they can be rendered, and what those of gateway responses refer to.

use alloc::{format, string::String, vec::Vec};

use super::super::DefinitionError;
use super::super::document::At;
use super::reading::Reading;
use crate::limits::TEMPLATE_BYTES_MAX;
use crate::template::MappingTemplate;

/// What AWS's exports have in the place of a template that is `null`.
pub(super) const PASSTHROUGH: &str = "__passthrough__";

/// Media type → template of an integration request or response; empty where content passes through.
///
/// An empty template makes no empty content. `put-integration-response --response-templates
/// application/json=""` is answered `"application/json": null` (aws/aws-cli#1610), which is a media type
/// without a template.
pub(super) fn read_rendered<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<(String, String)> {
    let mut templates = read(reading, at, as_rendered, |template, text| {
        if let Err(error) = MappingTemplate::parse(text) {
            let message = format!("every request is answered 500: the template's {error}");
            reading.warning(template, message);
        }
    });
    for (_, text) in &mut templates {
        if text == PASSTHROUGH {
            text.clear();
        }
    }
    templates
}

fn as_rendered<'d>(reading: &Reading<'d>, template: &At<'d>) -> Option<&'d str> {
    if template.is_null() { Some("") } else { reading.string(template) }
}

/// Media type → template of a gateway response, in which variables are replaced and nothing else.
pub(super) fn read_substituted<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<(String, String)> {
    read(reading, at, Reading::string, |template, text| {
        for name in references(text) {
            if !matches!(name, "context" | "stageVariables" | "method") {
                // "The templates are not processed by the VTL engine."
                let help =
                    "a gateway response may refer to $context, $stageVariables and $method.request";
                let message = format!("`${name}` is sent as it stands");
                reading.note(DefinitionError::warning(template.source(), message).help(help));
            }
        }
    })
}

fn read<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    text: impl Fn(&Reading<'d>, &At<'d>) -> Option<&'d str>,
    check: impl Fn(&At<'d>, &str),
) -> Vec<(String, String)> {
    let Some(templates) = reading.object(at.clone()) else { return Vec::new() };
    let mut read = Vec::new();
    for (media_type, template) in templates.members() {
        if media_type != "$default" && !media_type.contains('/') {
            reading.error(&template, format!("`{media_type}` is not a media type"));
        }
        if let Some(text) = text(reading, &template) {
            if text.len() > TEMPLATE_BYTES_MAX {
                let bytes = text.len();
                let message = format!("the template has {bytes} bytes, of {TEMPLATE_BYTES_MAX}");
                reading.error(&template, message);
            }
            check(&template, text);
            read.push((media_type.into(), text.into()));
        }
    }
    read
}

/// The names that references begin with.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('!').unwrap_or(rest);
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic());
        is_name.then(|| &rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_by_their_first_name() {
        let text = "$context.error.messageString ${stageVariables.a} $!input.body $5 $";
        let names: Vec<&str> = references(text).collect();
        assert_eq!(names, ["context", "stageVariables", "input"]);
    }
}
