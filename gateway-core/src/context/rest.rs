//! What a REST API reads otherwise than it was sent ("Important notes for REST APIs").

use super::Context;
use crate::definition::ANY;
use crate::message::Request;

/// The field by which a client names another method than it sends: for networks that let through few.
/// Endpoints do not see it: they would read it once more.
pub(crate) const METHOD_OVERRIDE: &str = "x-http-method-override";

impl<'a> Context<'a> {
    /// Makes this the context of a request to a REST API. To be called before a method is looked for: what
    /// protects a method protects it from all who ask for it. The target stays as it was sent, and signed.
    /// `TestInvokeMethod` says by itself which method is invoked.
    pub(crate) fn read_as_rest(&mut self, request: &'a Request) {
        if !self.is_test_invoke
            && let Some(http_method) = overriding(request)
        {
            self.http_method = http_method.into();
        }
        // "The semicolon character (`;`) is not supported for any request URL query string and results in the
        // data being split."
        if self.raw_query.contains(';') {
            self.raw_query = self.raw_query.replace(';', "&").into();
        }
    }

    /// Whether the request is for another method than the one that was sent.
    pub(crate) fn is_overridden(&self, request: &Request) -> bool {
        self.http_method != request.method
    }
}

/// "When sending requests to an API by passing the `X-HTTP-Method-Override` header, API Gateway overrides
/// the method." What names none that resources have, or several, is for no method.
fn overriding(request: &Request) -> Option<&'static str> {
    let mut named = request.fields.all(METHOD_OVERRIDE);
    let first = named.next()?;
    let known = ANY.into_iter().find(|known| *known == first && named.next().is_none());
    Some(known.unwrap_or_default())
}
