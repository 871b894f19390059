//! Whether there is a token left for the request in every bucket that it draws from.
//!
//! Refuses with THROTTLED. Asks for one `TakeTokens` with all buckets: the method's, if its stage
//! limits it, then the account's. A store that does not answer stops nobody.

use alloc::vec::Vec;

use super::authorize::Authorized;
use super::integrate::cancelled;
use crate::bucket::BucketTake;
use crate::effect::{EffectError, TakeTokens, Taken};
use crate::exchange::Io;
use crate::gateway::{Gateway, MethodOf};
use crate::gateway_error::{GatewayError, ResponseType};

/// A request within all limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted<'g> {
    pub(super) of: MethodOf<'g>,
}

/// Takes a token from every bucket.
pub(super) async fn throttle<'g>(
    authorized: Authorized<'g>,
    gateway: &Gateway,
    io: &Io,
) -> Result<Admitted<'g>, GatewayError> {
    let of = authorized.of();
    let method = of.plan.throttle.as_ref();
    let method = method.map(|(key, limit)| BucketTake { key: key.clone(), limit: *limit, cost: 1 });
    let account =
        BucketTake { key: "account".into(), limit: gateway.snapshot.account_throttle, cost: 1 };
    let buckets: Vec<BucketTake> = method.into_iter().chain([account]).collect();
    match io.perform(TakeTokens { buckets }).await {
        Ok(Taken::All) => Ok(Admitted { of }),
        Ok(Taken::None { empty }) => {
            let reason = alloc::format!("bucket {empty} is empty");
            Err(GatewayError::new(ResponseType::Throttled, reason))
        }
        Err(EffectError::Cancelled) => Err(cancelled()),
        // Fails open: a limit protects the service, and no service is worse than an unlimited one.
        Err(_) => Ok(Admitted { of }),
    }
}
