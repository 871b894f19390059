//! What becomes of a document's base path: AWS's import parameter `basepath`.
//!
//! "Set the OpenAPI basePath property". Swagger 2.0 has `basePath`, OpenAPI 3.0 the server variable
//! of this name, whose default counts whether or not the server's URL mentions it; without one, the path of
//! that URL.

use alloc::{format, string::String};

use super::super::DefinitionError;
use super::super::document::At;
use super::reading::{Dialect, Reading};

/// `basepath`: whether paths begin with the document's base path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BasePathMode {
    /// Paths are as they are written.
    #[default]
    Ignore,
    /// They begin with all of the base path.
    Prepend,
    /// They begin with what of it follows its first segment.
    Split,
}

impl BasePathMode {
    /// The modes by AWS's names.
    pub const ALL: [(&'static str, Self); 3] =
        [("ignore", Self::Ignore), ("prepend", Self::Prepend), ("split", Self::Split)];
}

/// What paths begin with: nothing, or a slash and segments.
pub(super) fn read(reading: &Reading<'_>, mode: BasePathMode) -> String {
    let named = named(reading);
    let in_url = if named.is_none() { in_url(reading) } else { None };
    if mode == BasePathMode::Ignore {
        let of_name = named.map(|at| (at.as_str().unwrap_or_default().into(), at));
        warn_of_ignored(reading, of_name.or(in_url));
        return String::new();
    }
    let segments = match (named, in_url) {
        (Some(at), _) => reading.text(&at).unwrap_or_default().into(),
        (None, Some((path, _))) => path,
        (None, None) => {
            let message = match reading.dialect {
                Dialect::Swagger2 => "there is no `basePath`: paths stay as they are",
                Dialect::OpenApi3 => {
                    "no server has a variable `basePath` with a default, nor the first one a path in its `url`: \
                     paths stay as they are"
                }
            };
            reading.warning(&reading.root, message);
            return String::new();
        }
    };
    let segments = segments.trim_matches('/');
    let segments = match mode {
        BasePathMode::Split => segments.split_once('/').map_or("", |(_, rest)| rest),
        _ => segments,
    };
    if segments.is_empty() { String::new() } else { format!("/{segments}") }
}

/// `basePath`, or the default of the first variable of this name.
fn named<'d>(reading: &Reading<'d>) -> Option<At<'d>> {
    match reading.dialect {
        Dialect::Swagger2 => reading.root.get("basePath"),
        Dialect::OpenApi3 => {
            let servers = reading.root.get("servers");
            servers.iter().flat_map(At::items).find_map(|s| s.find("/variables/basePath/default"))
        }
    }
}

/// "If the API doesn't contain any `basePath` variables, the Import API feature checks the `server.url` string
/// to see if it contains a path beyond `/`." Other variables stand for their defaults, as OpenAPI says.
fn in_url<'d>(reading: &Reading<'d>) -> Option<(String, At<'d>)> {
    let server = reading.root.get("servers")?.items().next()?;
    let at = server.get("url")?;
    let mut url = String::from(at.as_str()?);
    for (name, variable) in server.get("variables").iter().flat_map(At::members) {
        let default = variable.get("default").and_then(|at| at.as_text());
        url = url.replace(&format!("{{{name}}}"), default.unwrap_or_default());
    }
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let path = match url.split_once("//") {
        Some((scheme, rest)) if !scheme.contains('/') => rest.split_once('/')?.1,
        _ => url,
    };
    (!path.trim_matches('/').is_empty()).then(|| (path.into(), at))
}

/// What stands before the paths of an API elsewhere stands before none here. That of an export is its
/// stage, which clients' paths begin with.
fn warn_of_ignored<'d>(reading: &Reading<'d>, base_path: Option<(String, At<'d>)>) {
    let Some((text, at)) = base_path else { return };
    let host = reading.root.get("host");
    let urls = reading.root.get("servers");
    let urls = urls.iter().flat_map(At::items).filter_map(|server| server.get("url"));
    let is_exported =
        urls.chain(host).any(|at| at.as_str().is_some_and(|a| a.contains(".execute-api.")));
    if is_exported || text.trim_matches('/').is_empty() {
        return;
    }
    let message =
        format!("the base path `{text}` is ignored, as AWS's import does unless told otherwise");
    let help = "`basepath: prepend` or `split` (`--basepath` without a configuration) keeps it";
    reading.note(DefinitionError::warning(at.source(), message).help(help));
}

/// A path with what it begins with. The `$default` route has no path.
pub(super) fn join(base_path: &str, path: &str) -> String {
    match path {
        "$default" | "/$default" => path.into(),
        "/" if !base_path.is_empty() => base_path.into(),
        // What is no path is told as it stands.
        _ if !path.starts_with('/') => path.into(),
        _ => format!("{base_path}{path}"),
    }
}
