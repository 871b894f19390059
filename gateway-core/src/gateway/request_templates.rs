//! `requestTemplates` and `passthroughBehavior`: what becomes of the client's content.

use alloc::{string::String, vec::Vec};

use super::media;
use crate::definition::{Integration, PassthroughBehavior};

/// The request templates of an integration.
#[derive(Debug)]
pub(crate) struct RequestTemplates {
    passthrough_behavior: PassthroughBehavior,
    templates: Vec<(String, String)>,
}

/// What becomes of a request's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice<'t> {
    /// A template makes the integration request's.
    Template(&'t str),
    /// It goes through as it is.
    Passthrough,
    /// 415.
    Unsupported,
}

impl RequestTemplates {
    pub(super) fn compile(integration: &Integration) -> Self {
        Self {
            passthrough_behavior: integration.passthrough_behavior,
            templates: integration.request_templates.clone(),
        }
    }

    /// Chooses by the request's `Content-Type`; a request without one is `application/json`.
    pub(crate) fn choose(&self, content_type: Option<&str>) -> Choice<'_> {
        let given = content_type.filter(|given| !given.is_empty()).unwrap_or("application/json");
        let template = |name: &str| {
            let found = self.templates.iter().find(|(t, _)| t.eq_ignore_ascii_case(name));
            found.map(|(_, template)| Choice::Template(template))
        };
        let found = template(given).or_else(|| template(media::essence(given)));
        found.or_else(|| template("$default")).unwrap_or(match self.passthrough_behavior {
            PassthroughBehavior::WhenNoMatch => Choice::Passthrough,
            PassthroughBehavior::WhenNoTemplates if self.templates.is_empty() => {
                Choice::Passthrough
            }
            PassthroughBehavior::WhenNoTemplates | PassthroughBehavior::Never => {
                Choice::Unsupported
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::IntegrationType;
    use PassthroughBehavior::{Never, WhenNoMatch, WhenNoTemplates};

    fn templates(behavior: PassthroughBehavior, media_types: &[&str]) -> RequestTemplates {
        RequestTemplates::compile(&Integration {
            passthrough_behavior: behavior,
            request_templates: media_types.iter().map(|m| ((*m).into(), (*m).into())).collect(),
            ..Integration::new(IntegrationType::Http)
        })
    }

    #[test]
    fn the_content_type_decides_then_the_default_then_the_passthrough_behavior() {
        let both = templates(Never, &["$default", "application/json"]);
        for content_type in [None, Some(""), Some("Application/JSON; charset=utf-8")] {
            assert_eq!(both.choose(content_type), Choice::Template("application/json"));
        }
        assert_eq!(both.choose(Some("text/plain")), Choice::Template("$default"));
        let exact = templates(Never, &["application/json", "application/json;v=2"]);
        assert_eq!(
            exact.choose(Some("application/json;v=2")),
            Choice::Template("application/json;v=2")
        );
        for (behavior, media_types, choice) in [
            (WhenNoMatch, &[][..], Choice::Passthrough),
            (WhenNoMatch, &["text/xml"], Choice::Passthrough),
            (WhenNoTemplates, &[], Choice::Passthrough),
            (WhenNoTemplates, &["text/xml"], Choice::Unsupported),
            (Never, &[], Choice::Unsupported),
            (Never, &["text/xml"], Choice::Unsupported),
        ] {
            assert_eq!(templates(behavior, media_types).choose(None), choice, "{behavior:?}");
        }
    }
}
