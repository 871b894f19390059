//! HTTP messages in the words of RFC 9110: request, response, fields, content.

mod arrival;
mod content;
pub(crate) mod field_names;
mod fields;
pub(crate) mod integration_fields;
mod outgoing;
pub(crate) mod spelling;
mod tls;

pub use arrival::{
    Arrival, Inspected, Inspection, Location, Request, Scheme, Seed, Timestamp, Version,
};
pub use content::{Content, ContentId};
pub use field_names::{Names, is_same_name};
pub use fields::{Field, FieldLine, FieldLines, Fields, is_field_name};
pub use outgoing::{EndpointResponse, FieldEdit, FieldEdits, OutgoingFields, Response};
pub use tls::{ClientCertificate, Fingerprints, Tls};
