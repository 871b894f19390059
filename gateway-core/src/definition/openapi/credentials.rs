//! `credentials`: whose call an integration or an authorizer is.

use alloc::{format, string::String};

use super::super::document::At;
use super::super::is_of_caller;
use super::reading::Reading;

/// A role to call with, which the host decides whether to assume, or the caller's own credentials.
pub(super) fn of_integration<'d>(reading: &Reading<'d>, at: &At<'d>) -> Option<String> {
    match reading.string(at)? {
        text if is_of_caller(text) => Some(text.into()),
        _ => role(reading, at),
    }
}

/// A role to call with.
pub(super) fn role<'d>(reading: &Reading<'d>, at: &At<'d>) -> Option<String> {
    let credentials = reading.string(at)?;
    if is_of_caller(credentials) {
        let message = "an authorizer is called before it is known who calls";
        reading.error_with(at, message, "write the ARN of a role");
        return None;
    }
    if !credentials.starts_with("arn:") && !credentials.starts_with("${stageVariables.") {
        reading.error(at, format!("`{credentials}` is not the ARN of a role"));
        return None;
    }
    Some(credentials.into())
}
