//! Models and request validators (REST).

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::Source;

/// What content is like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its name, by which others refer to it.
    pub name: String,
    /// A JSON schema (draft-4), as text.
    pub schema: String,
    /// Where it stands in the definition.
    pub source: Source,
}

/// What of a request is validated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestValidator {
    /// Its name.
    pub name: String,
    /// Whether content must satisfy its model.
    pub validate_request_body: bool,
    /// Whether required parameters must be there.
    pub validate_request_parameters: bool,
}
