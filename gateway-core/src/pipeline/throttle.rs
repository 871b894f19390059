//! Whether there is a token left for the request in every bucket that it draws from.
//!
//! Refuses with THROTTLED, and with QUOTA_EXCEEDED where the caller's usage plan has nothing left of
//! its quota. Asks for one `TakeTokens` with all buckets: those of the caller's plan, for the method
//! and for all of it, then the method's, if its stage limits it, then the account's. A request that
//! is refused counts nowhere. A store that does not answer stops nobody, or everybody where the
//! configuration says so.

use alloc::{string::String, vec::Vec};

use super::check_api_key::Identified;
use super::integrate::cancelled;
use super::route::{Matched, READ_AS_MAX};
use crate::apart::apart;
use crate::bucket::{BucketTake, Limit};
use crate::definition::{Throttling, WhenAway};
use crate::effect::{EffectError, TakeTokens, Taken};
use crate::exchange::Io;
use crate::gateway::{Gateway, MethodOf, Usable};
use crate::gateway_error::{GatewayError, ResponseType};

/// A request within all limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted<'g> {
    pub(super) of: MethodOf<'g>,
}

/// Takes a token from every bucket.
pub(super) async fn throttle<'g>(
    identified: &Identified<'g>,
    gateway: &Gateway,
    io: &Io,
) -> Result<Admitted<'g>, GatewayError> {
    let of = identified.matched.of;
    let Throttling { retry_after, when_away } = gateway.snapshot.throttling;
    let refused = |response_type, reason: String, wait_ms: Option<u64>| {
        let wait = wait_ms.filter(|_| retry_after).map(seconds);
        GatewayError::new(response_type, reason).with_retry_after(wait)
    };
    match io.perform(tokens(identified, gateway)).await {
        Ok(Taken::All) => Ok(Admitted { of }),
        Ok(Taken::None { empty, retry_after_ms }) => {
            let reason = apart(|| exceeded(identified, gateway, empty as usize));
            Err(refused(ResponseType::Throttled, reason, retry_after_ms))
        }
        Ok(Taken::QuotaExceeded) => {
            let reason = "the key has nothing left of its usage plan's quota".into();
            let wait_ms = apart(|| {
                let quota = identified.usable.as_ref().and_then(|usable| usable.usage().quota);
                quota.map(|quota| quota.next_period_in_ms(io.now()))
            });
            Err(refused(ResponseType::QuotaExceeded, reason, wait_ms))
        }
        Err(EffectError::Cancelled) => Err(cancelled()),
        Err(_) => match when_away {
            // A limit protects the service, and no service is worse than an unlimited one.
            WhenAway::Open => Ok(Admitted { of }),
            WhenAway::Closed => {
                let reason = "the store of tokens does not answer".into();
                Err(refused(ResponseType::Throttled, reason, None))
            }
        },
    }
}

/// Not a moment too early, and never "at once".
fn seconds(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

/// Which limit it was, in the words of the real service's execution logs: that of the method, or of another that its
/// path may be taken for.
fn exceeded(identified: &Identified<'_>, gateway: &Gateway, empty: usize) -> String {
    let (tokens, matched) = (tokens(identified, gateway), identified.matched);
    let bucket = tokens.buckets.get(empty);
    let limit = bucket.map_or(Limit::new(0.0, 0), |bucket| bucket.limit);
    let has_it = |of: &MethodOf<'_>| {
        let matched = Matched { of: *of, read_as: [None; READ_AS_MAX] };
        let own = self::tokens(&Identified { matched, ..*identified }, gateway).buckets;
        bucket.is_none_or(|bucket| own.iter().any(|own| own.key == bucket.key))
    };
    let mut methods = [Some(matched.of)].into_iter().chain(matched.read_as).flatten();
    let of = methods.find(has_it).unwrap_or(matched.of);
    alloc::format!(
        "Key throttle limit exceeded for RestApi {}, Stage {}, Resource {}, HttpMethod {}. \
         Limit: {:.2} Burst: {}",
        of.at.api.id,
        of.at.stage.stage_name,
        of.method.resource_id,
        of.method.http_method,
        limit.rate_microtokens_per_ms as f64 / 1_000.0,
        limit.burst
    )
}

/// From what a request takes, in the order in which AWS applies limits. One that endpoints may take for another
/// method's takes of both: each limit holds however a path is spelt.
fn tokens(identified: &Identified<'_>, gateway: &Gateway) -> TakeTokens {
    let Identified { matched, usable } = identified;
    let methods = [Some(matched.of)].into_iter().chain(matched.read_as).flatten().map(|of| of.plan);
    let plan = usable.iter().flat_map(|usable| usable.buckets(methods.clone()));
    let stage = methods.clone().filter_map(|method| method.throttle.as_ref());
    let stage = stage.map(|(key, limit)| BucketTake { key: key.clone(), limit: *limit, cost: 1 });
    let account =
        BucketTake { key: "account".into(), limit: gateway.snapshot.account_throttle, cost: 1 };
    let buckets: Vec<BucketTake> = plan.chain(stage).chain([account]).collect();
    TakeTokens { buckets, usage: usable.as_ref().map(Usable::usage) }
}
