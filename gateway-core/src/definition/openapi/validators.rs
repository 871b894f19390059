//! Request validators of REST APIs.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{DefinitionError, RequestParameter};
use super::paths::ResourcePath;
use super::reading::{Dialect, Reading};
use super::suggest::did_you_mean;
use super::unsupported::Feature;

/// The validators that a definition names, and which one holds unless an operation says otherwise.
pub(super) struct Validators<'d> {
    validators: Vec<(&'d str, Validator)>,
    default: Option<At<'d>>,
}

#[derive(Debug, Clone, Copy)]
struct Validator {
    validates_parameters: bool,
    validates_body: bool,
}

impl<'d> Validators<'d> {
    /// Reads `x-amazon-apigateway-request-validators` and `-request-validator`.
    pub(super) fn read(reading: &Reading<'d>) -> Self {
        let mut read = Self { validators: Vec::new(), default: None };
        if !reading.is_rest() {
            return read;
        }
        let validators = reading.root.get("x-amazon-apigateway-request-validators");
        for (name, at) in validators.and_then(|at| reading.object(at)).iter().flat_map(At::members)
        {
            let Some(at) = reading.object(at) else { continue };
            reading.members_known(&at, &["validateRequestBody", "validateRequestParameters"]);
            let flag = |name| at.get(name).and_then(|at| reading.boolean(&at)).unwrap_or(false);
            let validator = Validator {
                validates_parameters: flag("validateRequestParameters"),
                validates_body: flag("validateRequestBody"),
            };
            read.validators.push((name, validator));
        }
        if let Some(default) = reading.root.get("x-amazon-apigateway-request-validator") {
            read.find(reading, &default);
            read.default = Some(default);
        }
        read
    }

    /// Notes a validator that would find something to check on an operation.
    pub(super) fn check(
        &self,
        reading: &Reading<'d>,
        operation: &At<'d>,
        parameters: &[RequestParameter],
        path: &ResourcePath,
    ) {
        let own = operation.get("x-amazon-apigateway-request-validator");
        let Some(name) = own.or_else(|| self.default.clone()).filter(|_| reading.is_rest()) else {
            return;
        };
        let Some(validator) = self.find(reading, &name) else { return };
        // A variable of the path is there whenever the route matches.
        let may_be_missing = |p: &RequestParameter| {
            p.required && !(p.location == "path" && path.variables.contains(&p.name))
        };
        let checks_parameters =
            validator.validates_parameters && parameters.iter().any(may_be_missing);
        if checks_parameters || validator.validates_body && has_model(reading, operation) {
            let at = if operation.get("x-amazon-apigateway-request-validator").is_some() {
                name
            } else {
                operation.clone()
            };
            reading.unsupported(&at, Feature::RequestValidation);
        }
    }

    fn find(&self, reading: &Reading<'d>, at: &At<'d>) -> Option<Validator> {
        let name = reading.string(at)?;
        let found = self.validators.iter().find(|(known, _)| *known == name);
        if found.is_none() {
            let message = format!("there is no request validator `{name}`");
            let help: Option<String> = did_you_mean(name, self.validators.iter().map(|(n, _)| *n));
            reading.note(DefinitionError { help, ..DefinitionError::error(at.source(), message) });
        }
        found.map(|(_, validator)| *validator)
    }
}

/// Whether a model tells what a request's body is like.
fn has_model<'d>(reading: &Reading<'d>, operation: &At<'d>) -> bool {
    match reading.dialect {
        Dialect::OpenApi3 => operation.get("requestBody").is_some_and(|body| {
            let content = reading.resolve(body).and_then(|body| body.get("content"));
            content.is_some_and(|content| {
                content.members().any(|(_, media)| media.get("schema").is_some())
            })
        }),
        Dialect::Swagger2 => operation.get("parameters").is_some_and(|parameters| {
            parameters.items().any(|at| {
                let parameter = reading.resolve(at);
                let place = parameter.and_then(|parameter| parameter.get("in"));
                place.is_some_and(|place| place.as_str() == Some("body"))
            })
        }),
    }
}
