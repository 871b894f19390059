//! Lines of header sections on their way out: where they stand, and the pipeline's edits of them.
//!
//! Nothing is copied: what stays stands where it was received, what is set stands in the edit.

use gateway_core::message::{FieldEdit, FieldEdits, FieldLine, Names, is_field_name, is_same_name};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// A field line, where it stands.
pub(crate) type Line<'a> = (&'a str, &'a [u8]);

/// The lines of what hyper parsed.
pub(crate) fn lines_of(headers: &HeaderMap) -> Vec<Line<'_>> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// [`FieldEdits::apply`], without copies.
///
/// # Errors
/// What HTTP cannot carry, in words.
pub(crate) fn edited<'a>(edits: &'a FieldEdits, lines: &mut Vec<Line<'a>>) -> Result<(), String> {
    edits.iter().try_for_each(|edit| apply(edit, lines))
}

fn apply<'a>(edit: FieldEdit<'a>, lines: &mut Vec<Line<'a>>) -> Result<(), String> {
    match edit {
        FieldEdit::Remove(removed) => remove(removed, lines),
        FieldEdit::Rename(from, to) => {
            for (name, _) in lines.iter_mut().filter(|(name, _)| is_same(name, from)) {
                *name = checked_name(to)?;
            }
        }
        FieldEdit::Set(field) => {
            remove(field.name, lines);
            lines.push(checked(field)?);
        }
        FieldEdit::Append(field) => lines.push(checked(field)?),
    }
    Ok(())
}

/// Takes away every line of this name.
pub(crate) fn remove(removed: &str, lines: &mut Vec<Line<'_>>) {
    lines.retain(|(name, _)| !is_same(name, removed));
}

/// Takes away what `Connection` lists in a message that was received, before any edit: it speaks of that
/// message's own fields, and must not take away what the gateway sets (RFC 9110 §7.6.1).
pub(crate) fn remove_connection_options(lines: &mut Vec<Line<'_>>) {
    // A message without the first three could be taken for another one: no connection may take them away.
    // The others are nobody's fields, and all that most ever list.
    const KEPT: Names =
        Names::of(&["host", "content-length", "content-type", "connection", "keep-alive", "close"]);
    let values = lines.iter().filter(|(name, _)| is_same(name, "connection"));
    let listed = values.filter_map(|(_, value)| std::str::from_utf8(value).ok());
    let listed = listed.flat_map(|value| value.split(',')).map(str::trim);
    let listed: Vec<&str> = listed.filter(|name| !KEPT.contains(name)).collect();
    listed.into_iter().for_each(|name| remove(name, lines));
}

/// A line as it is set.
///
/// # Errors
/// What HTTP cannot carry, in words.
pub(crate) fn checked(field: FieldLine<'_>) -> Result<Line<'_>, String> {
    let value = field.value.as_bytes();
    // RFC 9110 §5.5: visible characters, bytes over 127, and white space between them.
    let is_value = |b: u8| b == b'\t' || b >= b' ' && b != 0x7f;
    match value.iter().all(|b| is_value(*b)) {
        true => Ok((checked_name(field.name)?, value)),
        false => Err(format!("the value of {}", field.name)),
    }
}

fn checked_name(name: &str) -> Result<&str, String> {
    if is_field_name(name) { Ok(name) } else { Err(format!("{name:?} as a field name")) }
}

fn is_same(one: &str, other: &str) -> bool {
    is_same_name(one.as_bytes(), other.as_bytes())
}

/// As hyper has header sections.
///
/// # Errors
/// What HTTP cannot carry, in words.
pub(crate) fn header_map(lines: &[Line<'_>]) -> Result<HeaderMap, String> {
    // With room for what is added: a map that grows is made anew.
    let mut headers = HeaderMap::with_capacity(lines.len() + 2);
    for (line_name, value) in lines {
        let value = HeaderValue::from_bytes(value);
        headers.append(name(line_name)?, value.map_err(|_| format!("the value of {line_name}"))?);
    }
    Ok(headers)
}

fn name(name: &str) -> Result<HeaderName, String> {
    // What nearly every response has is found quicker than it is parsed.
    static OFTEN: [(&str, HeaderName); 14] = [
        ("date", header::DATE),
        ("server", header::SERVER),
        ("connection", header::CONNECTION),
        ("content-type", header::CONTENT_TYPE),
        ("content-length", header::CONTENT_LENGTH),
        ("x-amzn-requestid", HeaderName::from_static("x-amzn-requestid")),
        ("x-amz-apigw-id", HeaderName::from_static("x-amz-apigw-id")),
        ("apigw-requestid", HeaderName::from_static("apigw-requestid")),
        ("x-amzn-trace-id", HeaderName::from_static("x-amzn-trace-id")),
        ("x-amzn-errortype", HeaderName::from_static("x-amzn-errortype")),
        ("x-amzn-remapped-date", HeaderName::from_static("x-amzn-remapped-date")),
        ("x-amzn-remapped-server", HeaderName::from_static("x-amzn-remapped-server")),
        ("x-amzn-remapped-connection", HeaderName::from_static("x-amzn-remapped-connection")),
        (
            "x-amzn-remapped-content-length",
            HeaderName::from_static("x-amzn-remapped-content-length"),
        ),
    ];
    let is_it = |known: &str| is_same_name(known.as_bytes(), name.as_bytes());
    if let Some((_, known)) = OFTEN.iter().find(|(known, _)| is_it(known)) {
        return Ok(known.clone());
    }
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} as a field name"))
}
