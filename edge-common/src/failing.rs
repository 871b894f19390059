//! Whoever gives no answer, told on the platform's log with the reason: now and then, however many requests fail.

use std::cell::RefCell;

use gateway_core::effect::{AuthorizerFailure, EffectError, IntegrationFailure};
use gateway_core::failing::FailingEndpoints;
use gateway_core::message::Timestamp;

thread_local! {
    static TOLD: RefCell<FailingEndpoints> = const { RefCell::new(FailingEndpoints::new()) };
}

/// What the log is to say of an endpoint that gave no answer, if it is time to.
pub fn endpoint(url: &str, error: &EffectError, now: Timestamp) -> Option<String> {
    line(&format!("the endpoint `{}`", authority(url)), error, now)
}

/// The same of a function.
pub fn function(name: &str, error: &EffectError, now: Timestamp) -> Option<String> {
    line(&format!("the function `{name}`"), error, now)
}

/// The same of an origin of a distribution.
pub fn origin(
    distribution: &str,
    origin: &str,
    error: &EffectError,
    now: Timestamp,
) -> Option<String> {
    line(&format!("the origin `{origin}` of the distribution `{distribution}`"), error, now)
}

/// The same of an authorizer that came to none.
pub fn authorizer(failure: &AuthorizerFailure, now: Timestamp) -> Option<String> {
    let AuthorizerFailure { api_id, stage, authorizer, reason } = failure;
    let whose = format!("the authorizer `{authorizer}` of API {api_id}, stage {stage}");
    let failed = TOLD.with_borrow_mut(|told| told.count(&whose, reason, now))?;
    Some(told(&whose, reason, failed))
}

/// The same of an integration that its stage cannot call.
pub fn integration(failure: &IntegrationFailure, now: Timestamp) -> Option<String> {
    let IntegrationFailure { api_id, stage, route_key, reason } = failure;
    let whose = format!("the integration of `{route_key}` of API {api_id}, stage {stage}");
    let failed = TOLD.with_borrow_mut(|told| told.count(&whose, reason, now))?;
    Some(told(&whose, reason, failed))
}

fn line(whose: &str, error: &EffectError, now: Timestamp) -> Option<String> {
    TOLD.with_borrow_mut(|noted| {
        let telling = noted.note(whose, error, now)?;
        Some(told(whose, telling.reason, telling.failed))
    })
}

fn told(whose: &str, reason: &str, failed: u64) -> String {
    let reason = without_secrets(reason);
    match failed {
        0 => format!("no answer of {whose}: {reason}"),
        failed => format!("still no answer of {whose}: {reason} ({failed} requests failed since)"),
    }
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Platforms repeat URLs in what they say. Paths, queries and user names may be secrets.
fn without_secrets(reason: &str) -> String {
    let words = reason.split(' ').map(|word| match word.split_once("://") {
        Some(_) => authority(word),
        None => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_once_a_minute_who_gave_no_answer_and_why_without_secrets() {
        let refused = EffectError::Unavailable("cannot load http://u:p@orders:8080/k?t=s".into());
        let told = |seconds: u64| {
            endpoint("http://u:p@orders:8080/k?t=s", &refused, Timestamp(seconds * 1_000))
        };
        let first = "no answer of the endpoint `orders:8080`: cannot load orders:8080";
        assert_eq!(told(100).as_deref(), Some(first));
        assert_eq!(told(101), None);
        let again = "still no answer of the endpoint `orders:8080`: cannot load orders:8080 (2 requests failed since)";
        assert_eq!(told(160).as_deref(), Some(again));
        let origin = origin("shop", "web", &refused, Timestamp(0));
        let expected =
            "no answer of the origin `web` of the distribution `shop`: cannot load orders:8080";
        assert_eq!(origin.as_deref(), Some(expected));
        let function = function("orders", &EffectError::TimedOut, Timestamp(0));
        let expected = "no answer of the function `orders`: it does not answer in time";
        assert_eq!(function.as_deref(), Some(expected));
    }

    #[test]
    fn the_log_says_once_a_minute_which_authorizer_came_to_no_answer() {
        let failure = AuthorizerFailure {
            api_id: "products".into(),
            stage: "prod".into(),
            authorizer: "who".into(),
            reason: "`policyDocument` is missing".into(),
        };
        let told = |seconds: u64| authorizer(&failure, Timestamp(seconds * 1_000));
        let whose = "no answer of the authorizer `who` of API products, stage prod: `policyDocument` is missing";
        assert_eq!(told(100).as_deref(), Some(whose));
        assert_eq!(told(159), None);
        let again = format!("still {whose} (2 requests failed since)");
        assert_eq!(told(160), Some(again));
    }
}
