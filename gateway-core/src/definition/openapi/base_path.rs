//! What becomes of a document's base path: AWS's import parameter `basepath`.
//!
//! "Set the OpenAPI basePath property". Swagger 2.0 has `basePath`, OpenAPI 3.0 the server variable
//! of this name, whose default counts whether or not the server's URL mentions it.

use alloc::{format, string::String};

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
    if mode == BasePathMode::Ignore {
        return String::new();
    }
    let at = match reading.dialect {
        Dialect::Swagger2 => reading.root.get("basePath"),
        Dialect::OpenApi3 => {
            let servers = reading.root.get("servers");
            servers.iter().flat_map(At::items).find_map(|s| s.find("/variables/basePath/default"))
        }
    };
    let Some(at) = at else {
        let message = match reading.dialect {
            Dialect::Swagger2 => "there is no `basePath`: paths stay as they are",
            Dialect::OpenApi3 => {
                "no server has a variable `basePath` with a default: paths stay as they are"
            }
        };
        reading.warning(&reading.root, message);
        return String::new();
    };
    let segments = reading.text(&at).unwrap_or_default().trim_matches('/');
    let segments = match mode {
        BasePathMode::Split => segments.split_once('/').map_or("", |(_, rest)| rest),
        _ => segments,
    };
    if segments.is_empty() { String::new() } else { format!("/{segments}") }
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
