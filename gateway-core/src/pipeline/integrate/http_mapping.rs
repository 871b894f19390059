//! Request parameter mappings of HTTP APIs, applied.

use alloc::string::String;
use alloc::vec::Vec;

use crate::context::Context;
use crate::exchange::Io;
use crate::gateway::MethodOf;
use crate::gateway::http_proxy::HttpProxy;
use crate::gateway::parameter_mapping::{Change, Source};
use crate::message::{Field, FieldEdit, Request};
use crate::pipeline::respond::field_value;
use crate::target;

/// Adds what is mapped to header fields.
///
/// What is overwritten with nothing is gone: a client must not be able to send for itself what the
/// endpoint takes for the gateway's word (a claim, say).
pub(super) fn map_fields(
    proxy: &HttpProxy,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context,
    io: &Io,
    edits: &mut Vec<FieldEdit>,
) {
    let mappings = &proxy.request_mappings;
    if mappings.headers.is_empty() {
        return;
    }
    let path_parameters: Vec<(&str, &str)> =
        of.path_parameters(&context.resource_request_path).collect();
    let source = source(request, context, &path_parameters, io);
    for (change, name) in &mappings.headers {
        let field = |value: String| Field::new(name.as_str(), field_value(&value));
        match change {
            Change::Remove => edits.push(FieldEdit::Remove(name.clone())),
            Change::Overwrite(value) => edits.push(match value.text(source) {
                Some(value) => FieldEdit::Set(field(value)),
                None => FieldEdit::Remove(name.clone()),
            }),
            Change::Append(value) => {
                edits.extend(value.text(source).map(|value| FieldEdit::Append(field(value))));
            }
        }
    }
}

/// The URL with what is mapped to its path and its query.
pub(super) fn map_url(
    url: String,
    proxy: &HttpProxy,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context,
    io: &Io,
) -> String {
    let mappings = &proxy.request_mappings;
    if mappings.path.is_none() && mappings.query.is_empty() {
        return url;
    }
    let path_parameters: Vec<(&str, &str)> =
        of.path_parameters(&context.resource_request_path).collect();
    let source = source(request, context, &path_parameters, io);
    let (before, query) = url.split_once('?').unwrap_or((&url, ""));
    let mut mapped = match mappings.path.as_ref().and_then(|path| path.path(source)) {
        Some(path) => alloc::format!("{}{path}", proxy.uri.origin()),
        None => before.into(),
    };
    let is_changed = |piece: &str| {
        let name = target::decode_query(piece.split('=').next().unwrap_or_default());
        let goes =
            |(change, n): &(Change, String)| *n == name && !matches!(change, Change::Append(_));
        mappings.query.iter().any(goes)
    };
    let mut separator = '?';
    for piece in query.split('&').filter(|piece| !piece.is_empty() && !is_changed(piece)) {
        mapped.push(separator);
        mapped.push_str(piece);
        separator = '&';
    }
    for (change, name) in &mappings.query {
        let (Change::Overwrite(value) | Change::Append(value)) = change else { continue };
        let Some(value) = value.text(source) else { continue };
        mapped.push(separator);
        target::encode_query(name, &mut mapped);
        mapped.push('=');
        target::encode_query(&value, &mut mapped);
        separator = '&';
    }
    mapped
}

fn source<'r>(
    request: &'r Request,
    context: &'r Context,
    path_parameters: &'r [(&'r str, &'r str)],
    io: &Io,
) -> Source<'r> {
    Source { fields: &request.fields, context, path_parameters, now: io.now() }
}
