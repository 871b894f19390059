//! `requestTemplates` and `passthroughBehavior`: what becomes of the client's content.

use alloc::{string::String, vec::Vec};

use super::media;
use crate::definition::{Integration, PassthroughBehavior};
use crate::template::{MappingTemplate, SyntaxError};

/// A template, or why it is none: AWS imports what cannot be rendered, and answers 500.
pub(crate) type Compiled = Result<MappingTemplate, SyntaxError>;

/// The request templates of an integration.
#[derive(Debug)]
pub(crate) struct RequestTemplates {
    passthrough_behavior: PassthroughBehavior,
    templates: Vec<(String, Option<Compiled>)>,
}

/// What becomes of a request's content.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Choice<'t> {
    /// A template makes the integration request's.
    Template(&'t Compiled),
    /// It goes through as it is.
    Passthrough,
    /// 415.
    Unsupported,
}

impl RequestTemplates {
    pub(super) fn compile(integration: &Integration) -> Self {
        Self {
            passthrough_behavior: integration.passthrough_behavior,
            templates: compile_templates(&integration.request_templates),
        }
    }

    /// Chooses by the request's `Content-Type`; a request without one is `application/json`.
    pub(crate) fn choose(&self, content_type: Option<&str>) -> Choice<'_> {
        match self.place(content_type) {
            // Content of a type that has the empty template is none without a match: it passes, whatever the behavior.
            Some(at) => self.templates[at].1.as_ref().map_or(Choice::Passthrough, Choice::Template),
            None => match self.passthrough_behavior {
                PassthroughBehavior::WhenNoMatch => Choice::Passthrough,
                PassthroughBehavior::WhenNoTemplates if self.templates.is_empty() => {
                    Choice::Passthrough
                }
                PassthroughBehavior::WhenNoTemplates | PassthroughBehavior::Never => {
                    Choice::Unsupported
                }
            },
        }
    }

    /// The media type that the chosen template stands under; empty if there is none.
    pub(crate) fn media_type(&self, content_type: Option<&str>) -> &str {
        self.place(content_type).map_or("", |at| &self.templates[at].0)
    }

    fn place(&self, content_type: Option<&str>) -> Option<usize> {
        let given = content_type.filter(|given| !given.is_empty()).unwrap_or("application/json");
        let place = |name: &str| {
            self.templates.iter().position(|(media_type, _)| media_type.eq_ignore_ascii_case(name))
        };
        place(given).or_else(|| place(media::essence(given))).or_else(|| place("$default"))
    }
}

/// Media type → template. The empty template stands for none: AWS stores `null` for it.
pub(super) fn compile_templates(templates: &[(String, String)]) -> Vec<(String, Option<Compiled>)> {
    let compile = |(media_type, text): &(String, String)| {
        let template = (!text.is_empty()).then(|| MappingTemplate::parse(text));
        (media_type.clone(), template)
    };
    templates.iter().map(compile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::IntegrationType;
    use PassthroughBehavior::{Never, WhenNoMatch, WhenNoTemplates};

    fn templates(behavior: PassthroughBehavior, media_types: &[&str]) -> RequestTemplates {
        RequestTemplates::compile(&Integration {
            passthrough_behavior: behavior,
            request_templates: media_types.iter().map(|m| ((*m).into(), String::new())).collect(),
            ..Integration::new(IntegrationType::Http)
        })
    }

    #[test]
    fn the_content_type_decides_then_the_default() {
        let both = templates(Never, &["$default", "application/json"]);
        for content_type in [None, Some(""), Some("Application/JSON; charset=utf-8")] {
            assert_eq!(both.place(content_type), Some(1));
        }
        assert_eq!(both.place(Some("text/plain")), Some(0));
        let exact = templates(Never, &["application/json", "application/json;v=2"]);
        assert_eq!(exact.place(Some("application/json;v=2")), Some(1));
    }

    #[test]
    fn the_passthrough_behavior_says_what_becomes_of_the_rest() {
        for (behavior, media_types, passes) in [
            (WhenNoMatch, &[][..], true),
            (WhenNoMatch, &["text/xml"], true),
            (WhenNoTemplates, &[], true),
            (WhenNoTemplates, &["text/xml"], false),
            (Never, &[], false),
            (Never, &["text/xml"], false),
        ] {
            let templates = templates(behavior, media_types);
            let choice = templates.choose(None);
            let expected = if passes { "Passthrough" } else { "Unsupported" };
            assert_eq!(alloc::format!("{choice:?}"), expected, "{behavior:?} {media_types:?}");
        }
    }
}
