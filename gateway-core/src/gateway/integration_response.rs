//! Integration responses: which of them answers, and what the method response is made of.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use regex_lite::{Regex, RegexBuilder};

use super::expression::{Expression, field_name};
use super::media;
use super::request_templates::{Compiled, compile_templates};
use crate::definition::{ContentHandling, IntegrationResponse};
use crate::limits::PATTERN_BYTES_MAX;

/// The responses of an integration in the order of selection.
#[derive(Debug)]
pub(crate) struct Responses {
    responses: Vec<ResponsePlan>,
}

/// One integration response.
#[derive(Debug)]
pub(crate) struct ResponsePlan {
    /// `None` for the default.
    pattern: Option<Regex>,
    pub(crate) status_code: u16,
    /// Field name → expression.
    pub(crate) parameters: Vec<(String, Expression)>,
    /// Media type → template.
    templates: Vec<(String, Compiled)>,
    pub(crate) content_handling: Option<ContentHandling>,
}

impl ResponsePlan {
    /// The template for a client with this `Accept`.
    pub(crate) fn template(&self, accept: Option<&str>) -> Option<&Compiled> {
        let chosen = media::choose(accept, self.templates.iter().map(|(media, _)| media.as_str()))?;
        self.templates.iter().find(|(media, _)| media == chosen).map(|(_, template)| template)
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

    /// The first response whose pattern matches the whole text, else the default.
    pub(crate) fn select(&self, text: &str) -> Option<&ResponsePlan> {
        let matches = |r: &&ResponsePlan| r.pattern.as_ref().is_some_and(|p| p.is_match(text));
        let default = || self.responses.iter().find(|r| r.pattern.is_none());
        self.responses.iter().find(matches).or_else(default)
    }
}

/// A selection pattern: it is matched with the whole text, as Java's `matches` does, and its `.` is
/// anything but the end of a line.
pub(crate) fn pattern_of_all(pattern: &str) -> Result<Regex, String> {
    let compile = |text: &str| {
        RegexBuilder::new(text).crlf(true).size_limit(PATTERN_BYTES_MAX as usize).build()
    };
    // By itself first: what closes the group that is put around it must not pass.
    compile(pattern)
        .and_then(|_| compile(&alloc::format!("^(?:{pattern})$")))
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
        pattern: pattern.map(pattern_of_all).transpose()?,
        status_code: response.status_code,
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
        let status = |text| responses.select(text).map(|r| r.status_code);
        assert_eq!(
            [status("404"), status("40"), status("4041")],
            [Some(400), Some(404), Some(200)]
        );
    }

    #[test]
    fn without_a_default_nothing_may_be_selected() {
        let responses =
            Responses::compile(&[response(Some("200"), 200)], &BTreeMap::new()).unwrap();
        assert!(responses.select("404").is_none());
    }
}
