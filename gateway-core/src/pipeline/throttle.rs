//! Whether there is a token left for the request in every bucket that it draws from.
//!
//! Refuses with THROTTLED, and with QUOTA_EXCEEDED where the caller's usage plan has nothing left of
//! its quota. Asks for one `TakeTokens` with all buckets: those of the caller's plan, for the method
//! and for all of it, then the method's, if its stage limits it, then the account's. A request that
//! is refused counts nowhere. A store that does not answer stops nobody.

use alloc::vec::Vec;

use super::check_api_key::Identified;
use super::integrate::cancelled;
use crate::bucket::BucketTake;
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
    let of = identified.of;
    match io.perform(tokens(identified, gateway)).await {
        Ok(Taken::All) => Ok(Admitted { of }),
        Ok(Taken::None { empty }) => {
            let reason = alloc::format!("bucket {empty} is empty");
            Err(GatewayError::new(ResponseType::Throttled, reason))
        }
        Ok(Taken::QuotaExceeded) => {
            let reason = "the key has nothing left of its usage plan's quota";
            Err(GatewayError::new(ResponseType::QuotaExceeded, reason))
        }
        Err(EffectError::Cancelled) => Err(cancelled()),
        // Fails open: a limit protects the service, and no service is worse than an unlimited one.
        Err(_) => Ok(Admitted { of }),
    }
}

/// From what a request takes, in the order in which AWS applies limits.
fn tokens(identified: &Identified<'_>, gateway: &Gateway) -> TakeTokens {
    let Identified { of, usable } = identified;
    let plan = usable.iter().flat_map(|usable| usable.buckets(*of));
    let method = of.plan.throttle.as_ref();
    let method = method.map(|(key, limit)| BucketTake { key: key.clone(), limit: *limit, cost: 1 });
    let account =
        BucketTake { key: "account".into(), limit: gateway.snapshot.account_throttle, cost: 1 };
    let buckets: Vec<BucketTake> = plan.chain(method).chain([account]).collect();
    TakeTokens { buckets, usage: usable.as_ref().map(Usable::usage) }
}
