//! `account`: what all APIs together may do, and how throttled clients are answered.

use gateway_core::bucket::Limit;
use gateway_core::definition::Throttling;
use gateway_core::definition::document::At;
use gateway_core::limits::{
    ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT, INTEGRATION_MS_MAX, REST_INTEGRATION_MS_DEFAULT,
};

use super::reading::Reading;

pub(super) fn read(reading: &Reading, at: &At<'_>) -> (Limit, Throttling) {
    let mut throttling = Throttling::default();
    let mut limit = Limit::new(ACCOUNT_RATE_DEFAULT, ACCOUNT_BURST_DEFAULT);
    let Some(at) = at.get("account") else { return (limit, throttling) };
    reading.keys(&at, &["throttleSettings", "retryAfter", "maximumIntegrationTimeoutInMillis"]);
    if let Some(at) = at.get("retryAfter") {
        throttling.retry_after = reading.boolean(&at).unwrap_or_default();
    }
    if let Some(at) = at.get("throttleSettings") {
        reading.keys(&at, &["rateLimit", "burstLimit"]);
        let rate = at.get("rateLimit").and_then(|at| reading.rate(&at));
        let burst = at.get("burstLimit").and_then(|at| reading.whole(&at));
        let rate = rate.unwrap_or(ACCOUNT_RATE_DEFAULT);
        limit = Limit::new(rate, burst.unwrap_or(ACCOUNT_BURST_DEFAULT));
    }
    (limit, throttling)
}

/// AWS raises the quota for Regional and private APIs.
pub(super) fn integration_ms_max(reading: &Reading, at: &At<'_>) -> u32 {
    let at = at.get("account").and_then(|at| at.get("maximumIntegrationTimeoutInMillis"));
    let Some((at, millis)) = at.and_then(|at| Some((at.clone(), reading.whole(&at)?))) else {
        return REST_INTEGRATION_MS_DEFAULT;
    };
    if !(REST_INTEGRATION_MS_DEFAULT..=INTEGRATION_MS_MAX).contains(&millis) {
        let range = format!("{REST_INTEGRATION_MS_DEFAULT} and {INTEGRATION_MS_MAX}");
        reading.error(&at, format!("{millis} is not between {range}"));
    }
    millis
}
