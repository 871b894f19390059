//! Integration responses: which of them answers, and what the method response is made of.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use velocity::Pattern;

use super::expression::{Expression, field_name};
use super::media;
use super::request_templates::{Compiled, compile_templates};
use crate::definition::{ContentHandling, IntegrationResponse};
use crate::limits::SELECTION_STEPS_MAX;

/// The responses of an integration in the order of selection.
#[derive(Debug)]
pub(crate) struct Responses {
    responses: Vec<ResponsePlan>,
}

/// A pattern and a text for which matching takes more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManySteps;

/// One integration response.
#[derive(Debug)]
pub(crate) struct ResponsePlan {
    /// `None` for the default.
    pattern: Option<Pattern>,
    pub(crate) status_code: u16,
    /// Whether the method has a response of this status.
    pub(crate) has_method_response: bool,
    /// Field name → expression.
    pub(crate) parameters: Vec<(String, Expression)>,
    /// Media type → template.
    templates: Vec<(String, Option<Compiled>)>,
    pub(crate) content_handling: Option<ContentHandling>,
}

impl ResponsePlan {
    /// The template for a client with this `Accept`.
    pub(crate) fn template(&self, accept: Option<&str>) -> Option<&Compiled> {
        let chosen = media::choose(accept, self.templates.iter().map(|(media, _)| media.as_str()))?;
        self.templates.iter().find(|(media, _)| media == chosen)?.1.as_ref()
    }

    /// The media type that the template for a client with this `Accept` stands under.
    pub(crate) fn media_type(&self, accept: Option<&str>) -> &str {
        let offered = self.templates.iter().map(|(media, _)| media.as_str());
        media::choose(accept, offered).unwrap_or_default()
    }

    /// Whether a mapping takes something from the endpoint's content.
    pub(crate) fn maps_body(&self) -> bool {
        self.parameters.iter().any(|(_, expression)| expression.reads_response_body())
    }
}

impl Responses {
    /// Compiles the responses; the error says what is wrong or not supported.
    pub(crate) fn compile(
        responses: &[IntegrationResponse],
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let responses = responses.iter().map(|response| compile(response, variables));
        Ok(Self { responses: responses.collect::<Result<_, _>>()? })
    }

    /// Which of the definition's it is.
    pub(crate) fn index(&self, response: &ResponsePlan) -> Option<usize> {
        self.responses.iter().position(|other| core::ptr::eq(other, response))
    }

    /// The first response whose pattern matches the whole text, else the default.
    pub(crate) fn select(&self, text: &str) -> Result<Option<&ResponsePlan>, TooManySteps> {
        for response in &self.responses {
            if let Some(pattern) = &response.pattern
                && pattern.matches(text, SELECTION_STEPS_MAX).ok_or(TooManySteps)?
            {
                return Ok(Some(response));
            }
        }
        Ok(self.responses.iter().find(|response| response.pattern.is_none()))
    }
}

/// A selection pattern; the error says what is wrong with it.
pub(crate) fn selection_pattern(pattern: &str) -> Result<Pattern, String> {
    Pattern::parse(pattern)
        .map_err(|error| alloc::format!("`{pattern}` is not a regular expression: {error}"))
}

fn compile(
    response: &IntegrationResponse,
    variables: &BTreeMap<String, String>,
) -> Result<ResponsePlan, String> {
    let pattern = response.selection_pattern.as_deref().filter(|p| !p.is_empty());
    let parameters = response.response_parameters.iter().map(|(target, source)| {
        let name = field_name(target, "method.response.header.")?;
        Ok::<_, String>((name.into(), Expression::parse(source, variables)?))
    });
    Ok(ResponsePlan {
        pattern: pattern.map(selection_pattern).transpose()?,
        status_code: response.status_code,
        has_method_response: response.has_method_response,
        parameters: parameters.collect::<Result<_, _>>()?,
        templates: compile_templates(&response.response_templates),
        content_handling: response.content_handling,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(pattern: Option<&str>, status_code: u16) -> IntegrationResponse {
        IntegrationResponse {
            selection_pattern: pattern.map(Into::into),
            ..IntegrationResponse::new(status_code)
        }
    }

    #[test]
    fn the_first_pattern_that_matches_the_whole_text_selects() {
        let responses =
            [response(None, 200), response(Some("4\\d{2}"), 400), response(Some("40|404"), 404)];
        let responses = Responses::compile(&responses, &BTreeMap::new()).unwrap();
        let status = |text| responses.select(text).unwrap().map(|r| r.status_code);
        assert_eq!(
            [status("404"), status("40"), status("4041")],
            [Some(400), Some(404), Some(200)]
        );
    }

    #[test]
    fn without_a_default_nothing_may_be_selected() {
        let responses =
            Responses::compile(&[response(Some("200"), 200)], &BTreeMap::new()).unwrap();
        assert!(responses.select("404").unwrap().is_none());
    }

    #[test]
    fn matching_is_bounded() {
        let responses = [response(Some("(a+)+b"), 400)];
        let responses = Responses::compile(&responses, &BTreeMap::new()).unwrap();
        assert_eq!(responses.select(&"a".repeat(100)).map(drop), Err(TooManySteps));
    }
}
