//! `requestParameters` of REST APIs: what is mapped to the integration request's header fields,
//! query and path.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use super::expression::{Expression, Sources};
use super::field_rules::FieldRules;
use crate::definition::Integration;
use crate::message::is_field_name;
use crate::target;

/// The mappings of an integration.
#[derive(Debug)]
pub(crate) struct RequestParameters {
    headers: Vec<(String, Expression)>,
    query: Vec<(String, Expression)>,
    path: Vec<(String, Expression)>,
    rules: FieldRules,
}

/// What is mapped, of one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mapped {
    pub(crate) headers: Vec<(String, String)>,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Percent-encoded.
    pub(crate) path: Vec<(String, String)>,
}

/// The name of a header field that may not be mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forbidden(pub(crate) String);

impl RequestParameters {
    /// The error says what is wrong with the definition.
    pub(super) fn compile(
        integration: &Integration,
        variables: &BTreeMap<String, String>,
        rules: FieldRules,
    ) -> Result<Self, String> {
        let (mut headers, mut query, mut path) = (Vec::new(), Vec::new(), Vec::new());
        for (target, source) in &integration.request_parameters {
            let expression = Expression::parse(source, variables)?;
            let place = target.strip_prefix("integration.request.").and_then(|r| r.split_once('.'));
            let (mappings, name) = match place {
                Some(("header", name)) if is_field_name(name) => (&mut headers, name),
                Some(("querystring", name)) => (&mut query, name),
                Some(("path", name)) => (&mut path, name),
                _ => return Err(alloc::format!("`{target}` is not the target of a mapping")),
            };
            mappings.push((name.into(), expression));
        }
        Ok(Self { headers, query, path, rules })
    }

    /// Whether a mapping takes something from the client's content.
    pub(crate) fn reads_body(&self) -> bool {
        let all = self.headers.iter().chain(&self.query).chain(&self.path);
        all.into_iter().any(|(_, expression)| expression.reads_request_body())
    }

    /// What the header fields of this kind of integration may be.
    pub(crate) fn rules(&self) -> FieldRules {
        self.rules
    }

    /// The mappings of a request. A source that is missing skips its mapping.
    pub(crate) fn map(&self, sources: &Sources<'_>) -> Result<Mapped, Forbidden> {
        let mut mapped = Mapped { headers: self.headers(sources)?, ..Mapped::default() };
        for (name, expression) in &self.query {
            for value in expression.values(sources) {
                let value = match expression.is_encoded() {
                    true => target::decode(&value).into_owned(),
                    false => value.into_owned(),
                };
                mapped.query.push((name.clone(), value));
            }
        }
        for (name, expression) in &self.path {
            for value in expression.values(sources) {
                mapped.path.push((name.clone(), encoded_path(expression.is_encoded(), &value)));
            }
        }
        Ok(mapped)
    }

    /// Whether a mapping sets a field that may not be set, for an integration that takes nothing
    /// from its mappings.
    pub(crate) fn check(&self, sources: &Sources<'_>) -> Result<(), Forbidden> {
        self.headers(sources).map(drop)
    }

    /// The mappings to header fields alone, without those that are dropped.
    fn headers(&self, sources: &Sources<'_>) -> Result<Vec<(String, String)>, Forbidden> {
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, expression) in &self.headers {
            for value in expression.values(sources) {
                if self.rules.forbids(name) {
                    return Err(Forbidden(name.clone()));
                }
                if !self.rules.drops(name) {
                    headers.push((name.clone(), value.into_owned()));
                }
            }
        }
        Ok(headers)
    }
}

fn encoded_path(is_encoded: bool, value: &str) -> String {
    if is_encoded {
        return value.into();
    }
    let mut encoded = String::with_capacity(value.len());
    target::encode_path(value, &mut encoded);
    encoded
}
