//! What is stale in the place of an origin that fails.

use http_cache::{Decision, Unusable, stale_on_error};

use super::origin::time;
use super::store::Objects;
use super::together::{Key, There};

/// What is stale in the place of an origin that answered so, or not at all.
pub(super) fn stand_in(key: &Key<'_>, objects: &Objects, answered: Option<u16>) -> Option<usize> {
    let policy = key.matched.policy(200);
    stale_on_error(&policy, &key.request(), &objects.stored(), answered, time())
}

/// Which of them is stale, and stood in for an origin that failed so lately that it is not asked again: CloudFront
/// serves what is in its cache as long as it would keep the error ("error caching minimum TTL").
pub(super) fn still_stands_in(key: &Key<'_>, there: &There, decision: &Decision) -> Option<usize> {
    let (Decision::Validate { why, .. } | Decision::Forward(why)) = decision else { return None };
    let objects = there.objects.as_ref().filter(|_| *why == Unusable::Stale)?;
    stand_in(key, objects, None).filter(|index| objects.objects[*index].stands_in(time()))
}
