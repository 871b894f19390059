//! Declared request parameters.

use alloc::vec::Vec;

use super::super::RequestParameter;
use super::super::document::At;
use super::paths::ResourcePath;
use super::reading::Reading;

/// The parameters of an operation: its own, and those of its path that it does not declare anew.
///
/// HTTP APIs do not look at them.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    item: &At<'d>,
    operation: &At<'d>,
    path: &ResourcePath,
) -> Vec<RequestParameter> {
    let mut read: Vec<RequestParameter> = Vec::new();
    if !reading.is_rest() {
        return read;
    }
    for declared in [operation, item].into_iter().filter_map(|at| at.get("parameters")) {
        for parameter in reading.array(&declared) {
            let Some(parameter) = parameter_of(reading, parameter, path) else { continue };
            let is_same = |p: &&RequestParameter| {
                p.location == parameter.location && p.name == parameter.name
            };
            if read.iter().find(is_same).is_none() {
                read.push(parameter);
            }
        }
    }
    read
}

fn parameter_of<'d>(
    reading: &Reading<'d>,
    at: At<'d>,
    path: &ResourcePath,
) -> Option<RequestParameter> {
    let at = reading.resolve(at).and_then(|at| reading.object(at))?;
    let place = reading.required(&at, "in")?;
    let locations = [
        ("path", Some("path")),
        ("query", Some("querystring")),
        ("header", Some("header")),
        // AWS does not look at these.
        ("cookie", None),
        ("body", None),
        ("formData", None),
    ];
    let location = reading.word(&place, &locations)??;
    let name = reading.required(&at, "name")?;
    let text = reading.string(&name)?;
    let required = at.get("required").and_then(|at| reading.boolean(&at)).unwrap_or(false);
    if location == "path" && !path.variables.iter().any(|variable| variable == text) {
        let message = alloc::format!("`{}` has no path variable `{text}`", path.text);
        reading.warning(&name, message);
    }
    Some(RequestParameter { location: location.into(), name: text.into(), required })
}
