//! A function's answer, read without building a tree: text is borrowed from the payload where it
//! holds no escapes.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::base64;
use super::fields::fate;
use crate::definition::Protocol;
use crate::limits::FIELDS_BYTES_MAX;
use crate::message::integration_fields::{Fate, REMAPPED};
use crate::message::{Content, Fields};

/// What a function returned, if that is a JSON object. Mistakes in members are kept apart, because
/// format 2.0 takes an object without `statusCode` as it is, whatever its members are.
#[derive(Debug, Default)]
pub(super) struct Answer<'a> {
    /// Absent and `null` are the same.
    pub(super) status_code: Option<Scalar<'a>>,
    pub(super) headers: Vec<(Cow<'a, str>, Scalar<'a>)>,
    pub(super) multi_value_headers: Vec<(Cow<'a, str>, Vec<Scalar<'a>>)>,
    pub(super) cookies: Vec<Scalar<'a>>,
    pub(super) body: Option<Scalar<'a>>,
    pub(super) is_base64_encoded: bool,
    /// The first member that no function of a REST API may answer.
    pub(super) unknown: Option<Cow<'a, str>>,
    /// The first member that is not what it must be.
    pub(super) mistake: Option<&'static str>,
}

/// A JSON string, number or boolean; the last two as their text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number(f64, String),
    Boolean(bool),
}

impl Scalar<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Number(_, text) => text,
            Self::Boolean(true) => "true",
            Self::Boolean(false) => "false",
        }
    }
}

/// The status code: a number without fraction, or a string of digits. What no final response of
/// HTTP can carry is a mistake; AWS shows that for 0. None is above 599 (RFC 9110 §15, and API Gateway's own
/// type `StatusCode`, `[1-5]\d\d`), and not every host could send it.
pub(super) fn status(code: &Scalar<'_>) -> Result<u16, &'static str> {
    const MISTAKE: &str = "statusCode is not a status code";
    let status = match code {
        Scalar::Number(number, _) => {
            let whole = *number as u16;
            if f64::from(whole) != *number {
                return Err(MISTAKE);
            }
            whole
        }
        Scalar::Text(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().map_err(|_| MISTAKE)?
        }
        _ => return Err(MISTAKE),
    };
    if (200..=599).contains(&status) { Ok(status) } else { Err(MISTAKE) }
}

/// Adds a field of the answer to the response, under the name that the client sees.
pub(super) fn push_field(
    fields: &mut Fields,
    name: &str,
    value: &str,
    protocol: Protocol,
) -> Result<(), &'static str> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("a header's name is not a token");
    }
    // A line break would let the function's input write further fields.
    let value = value.trim_matches([' ', '\t']);
    if value.bytes().any(|b| b < b' ' && b != b'\t' || b == 0x7f) {
        return Err("a header's value holds a control character");
    }
    match fate(name, protocol) {
        Fate::Keep => fields.push(name, value),
        Fate::Remap => fields.push(alloc::format!("{REMAPPED}{name}"), value),
        Fate::Drop => {}
    }
    Ok(())
}

/// The body, decoded if `decodes`.
pub(super) fn content(body: Option<Scalar<'_>>, decodes: bool) -> Option<Content> {
    let bytes = match body {
        None => return Some(Content::Empty),
        Some(body) if decodes => base64::decode(body.as_str())?,
        Some(Scalar::Text(text)) => text.into_owned().into_bytes(),
        Some(other) => other.as_str().into(),
    };
    Some(if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) })
}

/// Which members an answer has: those of the other format are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// 1.0
    V1,
    /// 2.0
    V2,
    /// The metadata of a streamed answer.
    Stream,
}

impl Format {
    /// Reads a payload; `None` if it is not a JSON object.
    pub(super) fn read(self, payload: &[u8]) -> Option<Answer<'_>> {
        let mut deserializer = serde_json::Deserializer::from_slice(payload);
        let answer = deserializer.deserialize_map(AnswerVisitor(self)).ok()?;
        deserializer.end().ok()?;
        Some(answer)
    }
}

struct AnswerVisitor(Format);

impl<'de> Visitor<'de> for AnswerVisitor {
    type Value = Answer<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer<'de>, A::Error> {
        let mut answer = Answer::default();
        let mut bytes_left = FIELDS_BYTES_MAX;
        while let Some(Text(name)) = map.next_key()? {
            let mistake = &mut answer.mistake;
            match &*name {
                "statusCode" => match map.next_value()? {
                    Value::Null => answer.status_code = None,
                    Value::Scalar(code) => answer.status_code = Some(code),
                    _ => {
                        // There is one, so format 2.0 must not take the object for a body.
                        answer.status_code = Some(Scalar::Boolean(false));
                    }
                },
                "headers" => {
                    answer.headers.clear();
                    for (name, value) in map.next_value_seed(Members(&mut bytes_left))?.0 {
                        match value {
                            Value::Scalar(value) => answer.headers.push((name, value)),
                            Value::Null => {}
                            _ => note(mistake, "headers is not an object of strings"),
                        }
                    }
                }
                "multiValueHeaders" if self.0 != Format::V2 => {
                    answer.multi_value_headers.clear();
                    for (name, value) in map.next_value_seed(Members(&mut bytes_left))?.0 {
                        match value {
                            Value::Array(values) => answer.multi_value_headers.push((name, values)),
                            Value::Null => {}
                            _ => note(mistake, "multiValueHeaders is not an object of arrays"),
                        }
                    }
                }
                "cookies" if self.0 != Format::V1 => {
                    match map.next_value_seed(Bounded(&mut bytes_left))? {
                        Value::Array(cookies) => answer.cookies = cookies,
                        Value::Null => answer.cookies = Vec::new(),
                        _ => note(mistake, "cookies is not an array of strings"),
                    }
                }
                "body" if self.0 != Format::Stream => match map.next_value()? {
                    Value::Null => answer.body = None,
                    Value::Scalar(body) => answer.body = Some(body),
                    _ => note(mistake, "body is not a string"),
                },
                "isBase64Encoded" if self.0 != Format::Stream => match map.next_value()? {
                    Value::Null => answer.is_base64_encoded = false,
                    Value::Scalar(Scalar::Boolean(flag)) => answer.is_base64_encoded = flag,
                    Value::Scalar(Scalar::Text(text)) if text == "true" || text == "false" => {
                        answer.is_base64_encoded = text == "true";
                    }
                    _ => note(mistake, "isBase64Encoded is not a boolean"),
                },
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    answer.unknown.get_or_insert(name);
                }
            }
        }
        if bytes_left == 0 {
            note(&mut answer.mistake, "more headers than a response may have");
        }
        Ok(answer)
    }
}

fn note(mistake: &mut Option<&'static str>, what: &'static str) {
    mistake.get_or_insert(what);
}

/// A string, borrowed if it can be.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Scalar(Scalar::Text(text)) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a name that is no string")),
        }
    }
}

/// Any JSON value, as far as an answer's members need it.
#[derive(Debug)]
enum Value<'a> {
    Null,
    Scalar(Scalar<'a>),
    /// Of scalars alone.
    Array(Vec<Scalar<'a>>),
    Members(Vec<(Cow<'a, str>, Value<'a>)>),
    /// Something else, or more than is allowed.
    Other,
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // No array or object is wanted here, so none is kept.
        deserializer.deserialize_any(ValueVisitor { bytes_left: &mut 0, keeps_members: false })
    }
}

/// A value whose names, items and values take from a budget: an array is kept as far as it goes.
struct Bounded<'b>(&'b mut usize);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(ValueVisitor { bytes_left: self.0, keeps_members: false })
    }
}

/// The members of an object, none of `null`; anything else is one member that is a mistake.
struct Members<'b>(&'b mut usize);
struct MembersOf<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = MembersOf<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let visitor = ValueVisitor { bytes_left: self.0, keeps_members: true };
        Ok(MembersOf(match deserializer.deserialize_any(visitor)? {
            Value::Members(members) => members,
            Value::Null => Vec::new(),
            _ => alloc::vec![("".into(), Value::Other)],
        }))
    }
}

struct ValueVisitor<'b> {
    bytes_left: &'b mut usize,
    keeps_members: bool,
}

impl<'de> Visitor<'de> for ValueVisitor<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Scalar(Scalar::Boolean(value)))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Scalar(Scalar::Number(value as f64, value.to_string())))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Scalar(Scalar::Number(value as f64, value.to_string())))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Scalar(Scalar::Number(value, value.to_string())))
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Scalar(Scalar::Text(value.into())))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::Scalar(Scalar::Text(String::from(value).into())))
    }
    fn visit_string<E>(self, value: String) -> Result<Value<'de>, E> {
        Ok(Value::Scalar(Scalar::Text(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let (mut items, mut is_plain) = (Vec::new(), *self.bytes_left > 0);
        while is_plain {
            match seq.next_element()? {
                Some(Value::Scalar(item)) => {
                    // Each item is a field line of its own, however short.
                    *self.bytes_left = self.bytes_left.saturating_sub(item.as_str().len() + 1);
                    is_plain = *self.bytes_left > 0;
                    items.push(item);
                }
                Some(Value::Null) => {}
                Some(_) => is_plain = false,
                None => return Ok(Value::Array(items)),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Value<'de>)> = Vec::new();
        while self.keeps_members && *self.bytes_left > 0 {
            let Some(Text(name)) = map.next_key()? else { return Ok(Value::Members(members)) };
            let value = map.next_value_seed(Bounded(self.bytes_left))?;
            let length = match &value {
                Value::Scalar(value) => value.as_str().len(),
                _ => 0,
            };
            *self.bytes_left = self.bytes_left.saturating_sub(name.len() + length + 1);
            // A name that stands twice means its last value.
            match members.iter_mut().find(|(n, _)| *n == name) {
                Some(member) => member.1 = value,
                None => members.push((name, value)),
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}
