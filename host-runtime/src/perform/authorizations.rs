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

    /// Forgets what authorizers said at a stage.
    pub fn forget_stage(&self, api_id: &str, stage_name: &str) {
        self.lock().forget_stage(api_id, stage_name);
    }

    fn lock(&self) -> MutexGuard<'_, RememberedAuthorizations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
