//! `paths`: resources or routes, and their methods.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use super::super::Method;
use super::super::document::At;
use super::base_path;
use super::method::{self, Parts};
use super::reading::Reading;
use super::resource_id::ResourceIds;
use crate::limits::RESOURCE_DEPTH_MAX;

/// Reads every method of every path; all of them begin with `base_path`.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    base_path: &str,
    parts: &Parts<'_, 'd>,
) -> Vec<Method> {
    let Some(paths) = reading.required(&reading.root, "paths").and_then(|at| reading.object(at))
    else {
        return Vec::new();
    };
    let mut read = Vec::new();
    let mut siblings = Siblings::default();
    let mut ids = ResourceIds::default();
    for (name, item) in paths.members() {
        if name.starts_with("x-") {
            continue;
        }
        let Some(item) = reading.object(item) else { continue };
        let name = base_path::join(base_path, name);
        let path = ResourcePath::parse(reading, &item, &name);
        reading.members_ignored(&item, &ITEM_MEMBERS);
        if let Some(reference) = item.get("$ref") {
            reading.error(&reference, "API Gateway does not follow references to whole paths");
        }
        if reading.is_rest() {
            siblings.check(reading, &item, &path);
        }
        let resource_id = ids.of(&path.text);
        for (member, http_method) in METHODS {
            let Some(operation) = item.get(member) else { continue };
            siblings.check_route(reading, &operation, &path, http_method);
            let place = method::Place { path: &path, http_method, resource_id: &resource_id };
            siblings.check_id(reading, &operation);
            read.extend(method::read(reading, &item, operation, &place, parts));
        }
        if let Some(trace) = item.get("trace") {
            reading.error(&trace, "API Gateway has no TRACE method");
        }
    }
    read
}

/// The path of a resource or a route.
#[derive(Debug)]
pub(super) struct ResourcePath {
    /// `/products/{productId}`, `$default`
    pub(super) text: String,
    /// The names of its variables, without `+`.
    pub(super) variables: Vec<String>,
}

impl ResourcePath {
    /// Checks a path's form. What stands under one without it is read all the same.
    fn parse<'d>(reading: &Reading<'d>, at: &At<'d>, name: &str) -> Self {
        if name == "/$default" || name == "$default" {
            let text = match reading.is_rest() {
                true => {
                    reading.error(at, "a REST API has no `$default` route");
                    "/$default"
                }
                false => "$default",
            };
            return Self { text: text.into(), variables: Vec::new() };
        }
        let rest = name.strip_prefix('/').unwrap_or_else(|| {
            let message = format!("the path `{name}` does not begin with `/`");
            reading.error_with(at, message, format!("write `/{name}`"));
            name
        });
        let mut text = name;
        let mut segments: Vec<&str> = rest.split('/').collect();
        if rest.is_empty() {
            segments.clear();
        } else if reading.is_rest() && segments.last() == Some(&"") {
            segments.pop();
            text = name.trim_end_matches('/');
            reading.warning(at, format!("a resource has no trailing slash: `{name}` is `{text}`"));
        }
        if segments.len() > RESOURCE_DEPTH_MAX {
            reading.error(at, format!("the path has more than {RESOURCE_DEPTH_MAX} segments"));
            segments.truncate(RESOURCE_DEPTH_MAX);
        }
        let mut variables: Vec<String> = Vec::new();
        let count = segments.len();
        for (i, segment) in segments.into_iter().enumerate() {
            let is_last = i + 1 == count;
            let parsed = Segment::parse(segment, reading.is_rest());
            if matches!(parsed, Ok(Segment::Greedy(_))) && !is_last {
                let help = "nothing can follow a variable that takes the rest of the path";
                let message =
                    format!("the greedy path variable `{segment}` is not at the end of `{name}`");
                reading.error_with(at, message, help);
            }
            match parsed {
                Ok(Segment::Literal) => {}
                // An HTTP API tells `/a/` from `/a`.
                Err(_) if segment.is_empty() && is_last && !reading.is_rest() => {}
                Ok(Segment::Variable(variable) | Segment::Greedy(variable)) => {
                    if variables.iter().any(|v| v == variable) {
                        let message =
                            format!("the path variable `{variable}` stands twice in `{name}`");
                        reading.error(at, message);
                    }
                    variables.push(variable.into());
                }
                Err(reason) => reading.error(at, format!("the path `{name}`: {reason}")),
            }
        }
        Self { text: text.into(), variables }
    }
}

enum Segment<'p> {
    Literal,
    Variable(&'p str),
    Greedy(&'p str),
}

impl<'p> Segment<'p> {
    fn parse(segment: &'p str, is_rest: bool) -> Result<Self, String> {
        if segment.is_empty() {
            return Err("an empty segment".into());
        }
        if !segment.contains(['{', '}']) {
            // RFC 3986 §3.3: pchar.
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&b);
            // "Important notes for REST APIs", and `$` as its import and its console do (aws-cdk#27083).
            let is_of_rest = |b: u8| b.is_ascii_alphanumeric() || b"-._:,$".contains(&b);
            return match segment.bytes().all(is_plain) {
                // AWS's words.
                true if is_rest && !segment.bytes().all(is_of_rest) => Err(
                    "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable \
                     and curly braces at the beginning and the end"
                        .into(),
                ),
                true => Ok(Self::Literal),
                false => Err(format!("`{segment}` has a character that must be percent-encoded")),
            };
        }
        let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            return Err(format!("a variable takes a whole segment, unlike `{segment}`"));
        };
        let (variable, is_greedy) = match name.strip_suffix('+') {
            Some(variable) => (variable, true),
            None => (name, false),
        };
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._:$".contains(&b);
        if variable.is_empty() || !variable.bytes().all(is_name) {
            return Err(format!("`{variable}` is not the name of a variable"));
        }
        Ok(if is_greedy { Self::Greedy(variable) } else { Self::Variable(variable) })
    }
}

/// What stands where, to find resources and routes that cannot be told apart.
#[derive(Default)]
struct Siblings {
    /// Parent → the variable.
    variables: BTreeMap<String, String>,
    routes: BTreeSet<(String, &'static str)>,
    resources: BTreeSet<String>,
    operation_ids: BTreeSet<String>,
}

impl Siblings {
    /// A REST resource has one child with a variable, whether a greedy one or not.
    fn check<'d>(&mut self, reading: &Reading<'d>, at: &At<'d>, path: &ResourcePath) {
        if !self.resources.insert(path.text.clone()) {
            reading.error(at, format!("the resource `{}` stands twice", path.text));
        }
        let mut parent = String::new();
        for segment in path.text.split('/').skip(1) {
            if segment.starts_with('{') {
                let place = self.variables.entry(parent.clone());
                let first = place.or_insert_with(|| segment.to_owned());
                if first != segment {
                    // AWS's words.
                    let message = format!(
                        "A sibling ({first}) of this resource already has a variable path part -- \
                         only one unique variable path part is allowed"
                    );
                    reading.error(at, message);
                    return;
                }
            }
            parent.push('/');
            parent.push_str(segment);
        }
    }

    /// "The id MUST be unique among all operations": logs could not tell these apart.
    fn check_id<'d>(&mut self, reading: &Reading<'d>, operation: &At<'d>) {
        let Some(at) = operation.get("operationId") else { return };
        let Some(id) = at.as_str() else { return };
        if !self.operation_ids.insert(id.into()) {
            reading.warning(&at, format!("the operation id `{id}` stands twice"));
        }
    }

    /// No request could tell two routes apart whose paths differ only in the names of variables.
    fn check_route<'d>(
        &mut self,
        reading: &Reading<'d>,
        at: &At<'d>,
        path: &ResourcePath,
        http_method: &'static str,
    ) {
        let shape = path.text.split('/').map(|segment| match segment {
            greedy if greedy.starts_with('{') && greedy.ends_with("+}") => "{+}",
            variable if variable.starts_with('{') => "{}",
            literal => literal,
        });
        let shape = shape.collect::<Vec<_>>().join("/");
        // REST resources are compared by their siblings.
        if !self.routes.insert((shape, http_method)) && !reading.is_rest() {
            let message =
                format!("another route takes the same requests as `{http_method} {}`", path.text);
            reading.error_with(at, message, "their paths differ only in the names of variables");
        }
    }
}

const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    ("x-amazon-apigateway-any-method", "ANY"),
];

const ITEM_MEMBERS: [&str; 13] = [
    "$ref",
    "summary",
    "description",
    "servers",
    "parameters",
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
];
