//! Integration URIs: `https://${stageVariables.host}/items/{id}?kind=a`.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use crate::target;

/// A URI whose stage variables are filled in, and whose path parameters are filled in per request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UriTemplate {
    /// `https://host:port`
    origin: String,
    path: Vec<Part>,
    query: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder(String),
}

impl UriTemplate {
    /// Parses a URI in which [`fill_stage_variables`] was done. The error says what is wrong with it.
    pub(crate) fn parse(uri: &str) -> Result<Self, String> {
        let (scheme, rest) = uri.split_once("://").ok_or("not an absolute URL")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return Err(alloc::format!("`{scheme}` is neither http nor https"));
        }
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(authority_end);
        if authority.is_empty()
            || authority.starts_with(':')
            || !authority.bytes().all(is_authority)
        {
            return Err(match authority {
                "" => "there is no host".into(),
                _ => alloc::format!("`{authority}` is no host"),
            });
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self {
            origin: alloc::format!("{}://{authority}", scheme.to_ascii_lowercase()),
            path: parts(path),
            query: parts(query),
        })
    }

    /// `https://host:port`, which every URL of [`UriTemplate::expand`] begins with.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether it has a query of its own.
    pub(crate) fn has_query(&self) -> bool {
        !self.query.is_empty()
    }

    /// The URL of a request. `parameter` gives a path parameter percent-encoded; `below` is a path
    /// to append (the request's own, for `$default`); `client_query` is taken over as it is, and
    /// `mapped` parameters follow.
    pub(crate) fn expand<'v>(
        &self,
        parameter: impl Fn(&str) -> Option<&'v str>,
        below: &str,
        client_query: &str,
        mapped: &[(String, String)],
    ) -> String {
        let size = self.origin.len() + 64 + below.len() + client_query.len();
        let mut url = String::with_capacity(size);
        url.push_str(&self.origin);
        for part in &self.path {
            match part {
                Part::Text(text) => target::encode_rest(text, &mut url),
                Part::Placeholder(name) => match parameter(name) {
                    // A parameter cannot end the path that it stands in.
                    Some(value) => value.split('?').enumerate().for_each(|(i, piece)| {
                        url.push_str(if i > 0 { "%3F" } else { "" });
                        target::encode_rest(piece, &mut url);
                    }),
                    None => target::encode_path(&alloc::format!("{{{name}}}"), &mut url),
                },
            }
        }
        if !below.is_empty() {
            let slash_twice = url.len() > self.origin.len() && url.ends_with('/');
            target::encode_rest(if slash_twice { &below[1..] } else { below }, &mut url);
        }
        if url.len() == self.origin.len() {
            url.push('/');
        }
        let path_end = url.len();
        for part in &self.query {
            match part {
                Part::Text(text) => target::encode_rest(text, &mut url),
                Part::Placeholder(name) => match parameter(name) {
                    Some(value) => target::encode_query(&target::decode(value), &mut url),
                    None => target::encode_query(&alloc::format!("{{{name}}}"), &mut url),
                },
            }
        }
        separate(&mut url, path_end, client_query);
        target::encode_rest(client_query, &mut url);
        for (name, value) in mapped {
            separate(&mut url, path_end, name);
            target::encode_query(name, &mut url);
            url.push('=');
            target::encode_query(value, &mut url);
        }
        if url.len() > path_end {
            url.insert(path_end, '?');
        }
        url
    }
}

/// `${stageVariables.name}` anywhere becomes its value, or nothing if the stage has none of that
/// name; any other `${…}` stays.
pub(crate) fn fill_stage_variables(text: &str, variables: &BTreeMap<String, String>) -> String {
    const OPEN: &str = "${stageVariables.";
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        filled.push_str(before);
        match after.split_once('}') {
            Some((name, after)) => {
                filled.push_str(variables.get(name).map_or("", String::as_str));
                rest = after;
            }
            None => {
                filled.push_str(OPEN);
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// What is wrong with a URI, with the variable that stands for nothing in it, if one does.
pub(crate) fn with_not_set(
    uri: &str,
    variables: &BTreeMap<String, String>,
    reason: String,
) -> String {
    let named = uri.split("${stageVariables.").skip(1);
    let mut named = named.filter_map(|rest| Some(rest.split_once('}')?.0));
    match named.find(|name| variables.get(*name).is_none_or(String::is_empty)) {
        Some(name) => {
            alloc::format!("{reason}: the stage has no variable `{name}`, which its URI names")
        }
        None => reason,
    }
}

/// An `&` before more of the query, if there is something on both sides of it.
fn separate(url: &mut String, query_start: usize, more: &str) {
    if url.len() > query_start && !more.is_empty() {
        url.push('&');
    }
}

fn is_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte)
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            parts.push(Part::Text(before.into()));
        }
        parts.push(Part::Placeholder(name.into()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.into()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(uri: &str, below: &str, query: &str, mapped: &[(String, String)]) -> String {
        let parameter = |name: &str| match name {
            "id" => Some("a%2Fb"),
            "proxy" => Some("x/y"),
            "trick" => Some("a?b#c"),
            _ => None,
        };
        UriTemplate::parse(uri).unwrap().expand(parameter, below, query, mapped)
    }

    #[test]
    fn parameters_stay_encoded_and_unknown_ones_stay_as_they_are() {
        assert_eq!(expand("http://h/{id}/{proxy}", "", "", &[]), "http://h/a%2Fb/x/y");
        assert_eq!(expand("http://h/{what}", "", "", &[]), "http://h/%7Bwhat%7D");
        assert_eq!(expand("http://h/q?i={id}", "", "", &[]), "http://h/q?i=a%2Fb");
    }

    #[test]
    fn a_parameter_cannot_end_the_path() {
        assert_eq!(expand("http://h/{trick}", "", "", &[]), "http://h/a%3Fb%23c");
    }

    #[test]
    fn the_query_is_the_uris_then_the_clients_then_what_is_mapped() {
        let mapped = [("m".into(), "1 2".into())];
        assert_eq!(
            expand("http://h?a=1", "", "b=2&a=%203", &mapped),
            "http://h/?a=1&b=2&a=%203&m=1%202"
        );
        assert_eq!(expand("http://h/", "", "", &mapped), "http://h/?m=1%202");
    }

    #[test]
    fn the_default_route_appends_the_whole_path() {
        assert_eq!(expand("http://h/base/", "/a/b", "", &[]), "http://h/base/a/b");
        assert_eq!(expand("http://h/base", "/a", "", &[]), "http://h/base/a");
        assert_eq!(expand("http://h", "/", "x", &[]), "http://h/?x");
    }

    #[test]
    fn stage_variables_are_filled_in_everywhere() {
        let variables = BTreeMap::from([("h".into(), "example.com".into())]);
        let fill = |text| fill_stage_variables(text, &variables);
        assert_eq!(
            fill("http://${stageVariables.h}/${stageVariables.none}${x}"),
            "http://example.com/${x}"
        );
        assert_eq!(fill("${stageVariables.open"), "${stageVariables.open");
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for uri in ["http:///?", "ftp://h/", "h/a", "http://:80/", "http://user@h/", "http://h{x}/"]
        {
            assert!(UriTemplate::parse(uri).is_err(), "{uri}");
        }
    }
}
