//! `RecallAuthorization` and its notice: results of Lambda authorizers, in the memory of this process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_core::effect::{AuthorizationKey, Bytes};
use gateway_core::message::Timestamp;
use gateway_core::remembered::RememberedAuthorizations;

/// The results that all threads share.
#[derive(Debug, Default)]
pub struct Authorizations(Mutex<RememberedAuthorizations>);

impl Authorizations {
    /// What was remembered by this key, unless its time is over.
    pub fn recall(&self, key: &AuthorizationKey, now: Timestamp) -> Option<Bytes> {
        self.lock().recall(key, now)
    }

    /// Remembers a result.
    pub fn remember(&self, key: AuthorizationKey, grant: Bytes, until: Timestamp, now: Timestamp) {
        self.lock().remember(key, grant, until, now);
    }

    fn lock(&self) -> MutexGuard<'_, RememberedAuthorizations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
