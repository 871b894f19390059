//! Request validators of REST APIs.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{DefinitionError, RequestValidator};
use super::reading::Reading;

/// The validators that a definition names, and which one holds unless an operation says otherwise.
pub(super) struct Validators {
    pub(super) validators: Vec<RequestValidator>,
    default: Option<u32>,
}

impl Validators {
    /// Reads `x-amazon-apigateway-request-validators` and `-request-validator`.
    pub(super) fn read(reading: &Reading<'_>) -> Self {
        let mut read = Self { validators: Vec::new(), default: None };
        if !reading.is_rest() {
            return read;
        }
        let validators = reading.root.get("x-amazon-apigateway-request-validators");
        for (name, at) in validators.and_then(|at| reading.object(at)).iter().flat_map(At::members)
        {
            let Some(at) = reading.object(at) else { continue };
            reading.members_ignored(&at, &["validateRequestBody", "validateRequestParameters"]);
            let flag = |name| at.get(name).and_then(|at| reading.boolean(&at)).unwrap_or(false);
            read.validators.push(RequestValidator {
                name: name.into(),
                validate_request_body: flag("validateRequestBody"),
                validate_request_parameters: flag("validateRequestParameters"),
            });
        }
        if let Some(default) = reading.root.get("x-amazon-apigateway-request-validator") {
            read.default = read.find(reading, &default);
        }
        read
    }

    /// The validator of an operation, by index.
    pub(super) fn of<'d>(&self, reading: &Reading<'d>, operation: &At<'d>) -> Option<u32> {
        match operation.get("x-amazon-apigateway-request-validator") {
            Some(name) if reading.is_rest() => self.find(reading, &name),
            _ => self.default,
        }
    }

    fn find<'d>(&self, reading: &Reading<'d>, at: &At<'d>) -> Option<u32> {
        let name = reading.string(at)?;
        let found = self.validators.iter().position(|validator| validator.name == name);
        if found.is_none() {
            let message = format!("there is no request validator `{name}`");
            let names = self.validators.iter().map(|validator| validator.name.as_str());
            let help: Option<String> = reading.suggest(name, names);
            reading.note(DefinitionError { help, ..DefinitionError::error(at.source(), message) });
        }
        found.and_then(|at| u32::try_from(at).ok())
    }
}
