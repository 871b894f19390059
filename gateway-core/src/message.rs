//! HTTP messages in the words of RFC 9110: request, response, fields, content.

mod arrival;
mod content;
mod fields;
mod outgoing;

pub use arrival::{Arrival, Request, Scheme, Seed, Timestamp, Version};
pub use content::{Content, ContentId};
pub use fields::{Field, Fields};
pub use outgoing::{EndpointResponse, FieldEdit, OutgoingFields, Response};
