//! Messages that the host sends, as changes to what it already holds.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Content, Field, Fields};

/// One change to a header section. Names are compared without case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FieldEdit {
    /// Takes away every line of this name.
    Remove(alloc::string::String),
    /// Gives every line of this name (first) the other name, in place.
    Rename(alloc::string::String, alloc::string::String),
    /// Makes this the only line of its name.
    Set(Field),
    /// Adds a line at the end.
    Append(Field),
}

/// The header section of an outgoing message.
///
/// A proxied message keeps nearly all of its fields, so only the changes cross back to the host:
/// that costs half of what the whole section does (measured in `docs/decisions/0003`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OutgoingFields {
    /// Exactly these lines.
    Complete(Fields),
    /// For a request: the arrival's lines. For a response: the last endpoint response's lines.
    /// With these changes, in this order.
    Edited(Vec<FieldEdit>),
}

impl OutgoingFields {
    /// The lines, given the section that edits refer to.
    pub fn resolve(self, base: &Fields) -> Fields {
        match self {
            Self::Complete(fields) => fields,
            Self::Edited(edits) => {
                let mut fields = base.clone();
                edits.into_iter().for_each(|edit| edit.apply(&mut fields));
                fields
            }
        }
    }
}

impl FieldEdit {
    /// Makes this change.
    pub fn apply(self, fields: &mut Fields) {
        match self {
            Self::Remove(name) => fields.remove(&name),
            Self::Rename(from, to) => {
                for field in fields.0.iter_mut().filter(|f| f.name.eq_ignore_ascii_case(&from)) {
                    field.name.clone_from(&to);
                }
            }
            Self::Set(field) => fields.set(field.name, field.value),
            Self::Append(field) => fields.0.push(field),
        }
    }
}

/// What an HTTP endpoint answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointResponse {
    /// The final status code (1xx are the host's affair).
    pub status: u16,
    /// The header section.
    pub fields: Fields,
    /// The content, held by the host.
    pub content: Content,
}

/// What the client is answered.
///
/// The host frames it: it adds `Content-Length` or chunked coding, `Date` where the core gave
/// none, and leaves the content out for HEAD, 204 and 304.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The status code, 100–999 after what functions may ask for; the host answers 502 to what HTTP cannot carry.
    pub status: u16,
    /// The header section.
    pub fields: OutgoingFields,
    /// The content.
    pub content: Content,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_order() {
        let base: Fields = [Field::new("Date", "d"), Field::new("Via", "v"), Field::new("A", "1")]
            .into_iter()
            .collect();
        let edits = alloc::vec![
            FieldEdit::Rename("date".into(), "x-amzn-remapped-date".into()),
            FieldEdit::Remove("via".into()),
            FieldEdit::Set(Field::new("a", "2")),
            FieldEdit::Append(Field::new("a", "3")),
        ];
        let got = OutgoingFields::Edited(edits).resolve(&base);
        assert_eq!(
            got.0,
            [Field::new("x-amzn-remapped-date", "d"), Field::new("a", "2"), Field::new("a", "3")]
        );
    }
}
