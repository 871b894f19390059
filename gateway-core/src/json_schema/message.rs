//! What is wrong with a value, in the words of the real service.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::{Keyword, Types};
use crate::json::{Json, Number, Slashes, decimal, write_string};
use crate::limits::VALIDATION_QUOTE_BYTES_MAX;

/// Why a keyword does not hold for a value, which matched so many of several schemas and has these
/// additional members.
pub(super) fn message(
    keyword: &Keyword,
    value: &Json,
    matched: usize,
    additional: &[&str],
) -> String {
    let found = length(value);
    match keyword {
        Keyword::AdditionalItems(allowed) => format!(
            "schema only allows {allowed} elements in array but instance has {found} elements"
        ),
        Keyword::AdditionalProperties => format!(
            "object instance has properties which are not allowed by the schema: {}",
            list(additional)
        ),
        Keyword::AllOf(schemas) => format!(
            "instance failed to match all required schemas (matched only {matched} out of {})",
            schemas.len()
        ),
        Keyword::AnyOf(schemas) => {
            format!("instance failed to match at least one required schema among {}", schemas.len())
        }
        Keyword::OneOf(schemas) => format!(
            "instance failed to match exactly one schema (matched {matched} out of {})",
            schemas.len()
        ),
        Keyword::Not(_) => "instance matched a schema which it should not have".into(),
        Keyword::Enum(values, _) => {
            let values: Vec<String> = values.iter().map(Json::to_text).collect();
            format!(
                "instance value ({}) not found in enum (possible values: [{}])",
                cut(&value.to_text()),
                values.join(",")
            )
        }
        Keyword::MaxItems(most) => format!(
            "array is too long: must have at most {most} elements but instance has {found} elements"
        ),
        Keyword::MinItems(least) => format!(
            "array is too short: must have at least {least} elements but instance has {found} \
             elements"
        ),
        Keyword::MaxLength(most) => format!(
            "string \"{}\" is too long (length: {found}, maximum allowed: {most})",
            text(value)
        ),
        Keyword::MinLength(least) => format!(
            "string \"{}\" is too short (length: {found}, required minimum: {least})",
            text(value)
        ),
        Keyword::MaxProperties(most) => format!(
            "object has too many properties (found {found} but schema requires at most {most})"
        ),
        Keyword::MinProperties(least) => format!(
            "object has too few properties (found {found} but schema requires at least {least})"
        ),
        Keyword::Maximum(limit) => limited(
            value,
            &limit.number,
            "numeric instance is greater than the required maximum (maximum",
            "numeric instance is not strictly lower than the required maximum",
        ),
        Keyword::Minimum(limit) => limited(
            value,
            &limit.number,
            "numeric instance is lower than the required minimum (minimum",
            "numeric instance is not strictly greater than the required minimum",
        ),
        Keyword::MultipleOf(divisor, ..) => {
            format!("remainder of division is not zero ({} / {})", text(value), divisor.text())
        }
        Keyword::Pattern(source, _) => {
            format!("ECMA 262 regex \"{source}\" does not match input string \"{}\"", text(value))
        }
        Keyword::Required(names) => {
            let missing: Vec<&String> =
                names.iter().filter(|name| value.get(name).is_none()).collect();
            format!("object has missing required properties ({})", list(&missing))
        }
        Keyword::Type(types) => {
            let found = Types::of(value).names().next().unwrap_or_default();
            let allowed: Vec<&str> = types.names().collect();
            format!(
                "instance type ({found}) does not match any allowed primitive type (allowed: {})",
                list(&allowed)
            )
        }
        Keyword::UniqueItems => "array must not contain duplicate elements".into(),
        // Told with the members that are missing.
        Keyword::Dependencies(_) => "object has missing property dependencies".into(),
    }
}

/// Why a member cannot be there without others.
pub(super) fn missing_dependencies(name: &str, needed: &[String], missing: &[&String]) -> String {
    format!(
        "property \"{name}\" of object has missing property dependencies (schema requires {}; \
         missing: {})",
        list(needed),
        list(missing)
    )
}

fn limited(value: &Json, limit: &Number, beyond: &str, at: &str) -> String {
    let is_at = value.as_number().is_some_and(|found| decimal::compare(found, limit).is_eq());
    match is_at {
        true => format!("{at} {}", limit.text()),
        false => format!("{beyond}: {}, found: {})", limit.text(), text(value)),
    }
}

fn length(value: &Json) -> usize {
    match value {
        Json::Array(items) => items.len(),
        Json::Object(object) => object.len(),
        Json::String(text) => text.chars().count(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

/// A string without quotes, or a number as it is written.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => cut(text).into(),
        Json::Number(number) => cut(&number.text()).into(),
        other => cut(&other.to_text()).into(),
    }
}

/// Names as a JSON array.
fn list(names: &[impl ToString]) -> String {
    let mut text = String::from("[");
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if text.len() > VALIDATION_QUOTE_BYTES_MAX {
            text.push_str("...");
            break;
        }
        write_string(cut(&name.to_string()), Slashes::Plain, &mut text);
    }
    text.push(']');
    text
}

/// What a client sent is not repeated without bounds.
fn cut(text: &str) -> &str {
    match text.char_indices().find(|(at, _)| *at >= VALIDATION_QUOTE_BYTES_MAX) {
        Some((at, _)) => &text[..at],
        None => text,
    }
}
