//! Typed values of a configuration, and the mistakes that are found on the way.

use std::cell::RefCell;
use std::net::{SocketAddr, ToSocketAddrs};

use gateway_core::definition::document::{At, Value};
use gateway_core::definition::openapi::did_you_mean;
use gateway_core::definition::{DefinitionError, Source};
use gateway_core::transcript::shown_url;
use http::uri::Authority;

/// Keys of AWS's that later versions will know. Ignoring one would be worse than refusing it.
const NOT_YET: &[(&str, &str)] = &[
    ("plugins", "plugins"),
    ("clientCertificateId", "client certificates"),
    ("deploymentId", "deployments apart from the definition (leave it out)"),
];

/// Keys that are known elsewhere, each with what to write here.
pub(super) struct Elsewhere {
    /// What they are for, in the plural.
    pub(super) of: &'static str,
    pub(super) keys: &'static [(&'static str, &'static str)],
}

/// The mistakes found so far. A reader that finds one notes it and answers `None`.
#[derive(Default)]
pub(super) struct Reading(RefCell<Vec<DefinitionError>>);

impl Reading {
    pub(super) fn finish(self) -> Vec<DefinitionError> {
        let mut errors = self.0.into_inner();
        errors.sort_by_key(|error| error.source.line);
        // Some keys are read for several purposes.
        errors.dedup();
        errors
    }

    pub(super) fn error(&self, at: &At<'_>, message: impl Into<String>) {
        self.0.borrow_mut().push(DefinitionError::error(at.source(), message));
    }

    pub(super) fn error_with(
        &self,
        at: &At<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.0.borrow_mut().push(DefinitionError::error(at.source(), message).help(help));
    }

    /// Something that is served, but probably not meant.
    pub(super) fn warning_with(
        &self,
        at: &At<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.0.borrow_mut().push(DefinitionError::warning(at.source(), message).help(help));
    }

    fn wrong_type(&self, at: &At<'_>, wanted: &str) {
        self.error(at, format!("{} must be {wanted}", key(&at.source())));
    }

    /// Notes every key that is not known here.
    pub(super) fn keys(&self, at: &At<'_>, known: &[&str]) {
        self.keys_besides(at, known, &Elsewhere { of: "", keys: &[] });
    }

    /// The same, where something else of the kind has other keys.
    pub(super) fn keys_besides(&self, at: &At<'_>, known: &[&str], elsewhere: &Elsewhere) {
        for (name, at) in self.object(at) {
            if known.contains(&name) {
                continue;
            }
            if let Some((_, help)) = elsewhere.keys.iter().find(|(other, _)| *other == name) {
                self.error_with(&at, format!("`{name}` is for {} alone", elsewhere.of), *help);
                continue;
            }
            if let Some((_, feature)) = NOT_YET.iter().find(|(later, _)| *later == name) {
                self.error(&at, format!("`{name}` is not supported yet: {feature}"));
                continue;
            }
            let near = did_you_mean(name, known.iter().copied());
            let help = near.unwrap_or_else(|| format!("the keys here are {}", known.join(", ")));
            self.error_with(&at, format!("unknown key `{name}`"), help);
        }
    }

    /// The members of an object.
    pub(super) fn object<'d>(&self, at: &At<'d>) -> Vec<(&'d str, At<'d>)> {
        if !matches!(at.node.value, Value::Object(_)) {
            self.wrong_type(at, "a map of keys and values");
        }
        at.members().collect()
    }

    /// The items of an array.
    pub(super) fn array<'d>(&self, at: &At<'d>) -> Vec<At<'d>> {
        if !matches!(at.node.value, Value::Array(_)) {
            self.wrong_type(at, "a list");
        }
        at.items().collect()
    }

    /// A member that must be there.
    pub(super) fn required<'d>(&self, at: &At<'d>, name: &str) -> Option<At<'d>> {
        let member = at.get(name);
        if member.is_none() && matches!(at.node.value, Value::Object(_)) {
            self.error(at, format!("`{name}` is missing"));
        }
        member
    }

    /// A text that is not empty.
    pub(super) fn text<'d>(&self, at: &At<'d>) -> Option<&'d str> {
        let text = at.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.wrong_type(at, "a text");
        }
        text
    }

    /// A text, which may be empty, or a number or truth value as it is written: what variables hold.
    pub(super) fn scalar(&self, at: &At<'_>) -> Option<String> {
        match &at.node.value {
            Value::String(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            _ => {
                self.wrong_type(at, "a text");
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, at: &At<'_>) -> Option<bool> {
        let value = at.as_bool();
        if value.is_none() {
            self.wrong_type(at, "true or false");
        }
        value
    }

    /// One of these texts.
    pub(super) fn one_of<'d>(&self, at: &At<'d>, known: &[&str]) -> Option<&'d str> {
        let text = self.text(at)?;
        let is_known = known.contains(&text);
        if !is_known {
            self.unknown(at, &format!("`{text}` is not known here"), text, known);
        }
        is_known.then_some(text)
    }

    /// Notes a word that is none of those that are known, with the nearest, or all of them.
    pub(super) fn unknown(&self, at: &At<'_>, message: &str, word: &str, known: &[&str]) {
        let near = did_you_mean(word, known.iter().copied());
        self.error_with(
            at,
            message,
            near.unwrap_or_else(|| format!("one of {}", known.join(", "))),
        );
    }

    /// A map of texts.
    pub(super) fn variables(
        &self,
        at: Option<At<'_>>,
    ) -> std::collections::BTreeMap<String, String> {
        let Some(at) = at else { return Default::default() };
        let read = |(name, at): (&str, At<'_>)| Some((name.to_owned(), self.scalar(&at)?));
        self.object(&at).into_iter().filter_map(read).collect()
    }

    /// Stage variables, with AWS's names and lengths.
    pub(super) fn stage_variables(
        &self,
        at: Option<At<'_>>,
    ) -> std::collections::BTreeMap<String, String> {
        if let Some(at) = at.as_ref().filter(|at| self.object(at).len() > 100) {
            self.error(at, "a stage has at most 100 variables");
        }
        for (name, at) in at.iter().flat_map(|at| self.object(at)) {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
                let help = "letters, digits and underscores, at most 64";
                self.error_with(&at, format!("`{name}` cannot be a stage variable's name"), help);
            } else if at.as_text().is_some_and(|value| value.chars().count() > 512) {
                self.error(&at, format!("the value of `{name}` has more than 512 characters"));
            }
        }
        self.variables(at)
    }

    /// `HOST:PORT`.
    pub(super) fn address(&self, at: &At<'_>) -> Option<SocketAddr> {
        // A port alone is a number to YAML.
        let text = match at.as_text() {
            Some(text) => text,
            None => self.text(at)?,
        };
        let address = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        if address.is_none() {
            self.error_with(
                at,
                format!("`{text}` is not an address"),
                "write HOST:PORT, such as 127.0.0.1:8080",
            );
        }
        address
    }

    /// An http or https URL without query.
    pub(super) fn url(&self, at: &At<'_>) -> Option<String> {
        let text = self.text(at)?;
        let refused = refused_endpoint(text);
        if let Some(reason) = &refused {
            self.error(at, reason.as_str());
        }
        refused.is_none().then(|| text.trim_end_matches('/').to_owned())
    }

    /// Requests a second.
    pub(super) fn rate(&self, at: &At<'_>) -> Option<f64> {
        let rate = number(at).and_then(|text| text.parse::<f64>().ok());
        let rate = rate.filter(|rate| rate.is_finite() && *rate >= 0.0);
        if rate.is_none() {
            self.wrong_type(at, "a number of requests a second, 0 or more");
        }
        rate
    }

    /// A whole number.
    pub(super) fn whole(&self, at: &At<'_>) -> Option<u32> {
        // `100.0` is what some exporters make of 100.
        let whole =
            number(at).and_then(|text| text.strip_suffix(".0").unwrap_or(text).parse().ok());
        if whole.is_none() {
            self.wrong_type(at, "a whole number, 0 or more");
        }
        whole
    }
}

/// What is wrong with the URL of an endpoint, an http or https URL without query.
pub(crate) fn refused_endpoint(text: &str) -> Option<String> {
    let url: Option<http::Uri> = text.parse().ok();
    let usable = url.is_some_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https"))
            && url.authority().is_some_and(|a| !a.host().is_empty() && has_port_or_none(a))
            && url.query().is_none()
    });
    (!usable).then(|| format!("`{}` is not an http or https URL", refused_url(text)))
}

/// RFC 3986 §3.2.3: digits or nothing. `http::Uri` takes anything, a password that a slash ends too.
fn has_port_or_none(authority: &Authority) -> bool {
    let text = authority.as_str();
    let after_user = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let after_host = after_user.strip_prefix(authority.host()).unwrap_or(after_user);
    matches!(after_host, "" | ":") || authority.port_u16().is_some()
}

/// A URL that is none as it may be shown. Where its user information ends is not known, so that it goes up to
/// the last `@`.
fn refused_url(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('@') => (format!("{scheme}://"), rest),
        _ => (String::new(), text),
    };
    match rest.rfind('@') {
        Some(at) => format!("{scheme}*****{}", shown_url(&rest[at..])),
        None => shown_url(text),
    }
}

fn number<'d>(at: &At<'d>) -> Option<&'d str> {
    if let Value::Number(text) = &at.node.value { Some(text) } else { None }
}

/// The last part of a pointer, for a sentence.
fn key(source: &Source) -> String {
    match source.pointer.rsplit_once('/') {
        Some((_, key)) => format!("`{}`", key.replace("~1", "/").replace("~0", "~")),
        None => "the configuration".into(),
    }
}
