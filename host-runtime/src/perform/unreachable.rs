//! Endpoints that cannot be reached and authorizers that come to no answer, told on the log: now and then, however many
//! requests they fail.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_core::effect::{AuthorizerFailure, EffectError, IntegrationFailure};
use gateway_core::failing::{FailingEndpoints, Telling};
use http::uri::Authority;

use crate::body::BodyError;
use crate::drive::now;

/// Tells why an endpoint gave no answer, unless that was the client's doing or the gateway's.
pub(super) fn tell(authority: &Authority, error: &EffectError) {
    let endpoint = authority.as_str();
    let telling = told().note(endpoint, error, now());
    let Some(Telling { reason, failed }) = telling else { return };
    match failed {
        0 => tracing::warn!(endpoint, reason, "an endpoint gives no answer"),
        failed => tracing::warn!(endpoint, reason, failed, "an endpoint still gives no answer"),
    }
}

/// Tells why a distribution's origin cannot be asked, on the same terms: what its endpoint is called, its document says.
pub(crate) fn tell_of_origin(distribution: &str, origin: &str, error: &EffectError) {
    let telling = told().note(&format!("origin {distribution}/{origin}"), error, now());
    let Some(Telling { reason, failed }) = telling else { return };
    match failed {
        0 => tracing::warn!(distribution, origin, reason, "an origin gives no answer"),
        failed => {
            tracing::warn!(distribution, origin, reason, failed, "an origin still gives no answer");
        }
    }
}

/// Tells why an answer that has begun has no end, which nothing else tells.
pub(super) fn broken_off(authority: &Authority, error: EffectError) -> BodyError {
    let endpoint = authority.as_str();
    let telling = told().note(&format!("content of {endpoint}"), &error, now());
    let message = "an endpoint breaks off in the middle of its content";
    match telling {
        None => {}
        Some(Telling { reason, failed: 0 }) => tracing::warn!(endpoint, reason, "{message}"),
        Some(Telling { reason, failed }) => {
            tracing::warn!(endpoint, reason, failed, "{message}");
        }
    }
    BodyError::Broken(error)
}

fn told() -> MutexGuard<'static, FailingEndpoints> {
    static TOLD: Mutex<FailingEndpoints> = Mutex::new(FailingEndpoints::new());
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells why an authorizer came to no answer.
pub(crate) fn tell_of_authorizer(failure: &AuthorizerFailure) {
    static TOLD: Mutex<FailingEndpoints> = Mutex::new(FailingEndpoints::new());
    let AuthorizerFailure { api_id: api, stage, authorizer, reason } = failure;
    let whose = format!("{api}/{stage}/{authorizer}");
    let failed = TOLD.lock().unwrap_or_else(PoisonError::into_inner).count(&whose, reason, now());
    let Some(failed) = failed else { return };
    let message = "an authorizer comes to no answer: 500";
    match failed {
        0 => tracing::warn!(api, stage, authorizer, reason, "{message}"),
        failed => tracing::warn!(api, stage, authorizer, reason, failed, "{message}"),
    }
}

/// Tells why an integration cannot be called at its stage.
pub(crate) fn tell_of_integration(failure: &IntegrationFailure) {
    static TOLD: Mutex<FailingEndpoints> = Mutex::new(FailingEndpoints::new());
    let IntegrationFailure { api_id: api, stage, route_key: route, reason } = failure;
    let whose = format!("{api}/{stage}/{route}");
    let failed = TOLD.lock().unwrap_or_else(PoisonError::into_inner).count(&whose, reason, now());
    let Some(failed) = failed else { return };
    let message = "an integration cannot be called at this stage: 500";
    match failed {
        0 => tracing::warn!(api, stage, route, reason, "{message}"),
        failed => tracing::warn!(api, stage, route, reason, failed, "{message}"),
    }
}
