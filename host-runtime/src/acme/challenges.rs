//! `tls-alpn-01`: handshakes that prove whose a domain name is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::ClientHello;

/// The protocol of these handshakes, and of nothing else (RFC 8737 §6.2).
pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";

/// What authorities are shown that ask for a proof, by domain name.
#[derive(Default)]
pub struct Challenges(RwLock<BTreeMap<String, Arc<ServerConfig>>>);

impl fmt::Debug for Challenges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenges").finish_non_exhaustive() // there are keys in it
    }
}

impl Challenges {
    /// What a client is shown that asks for nothing but a proof.
    pub(crate) fn find(&self, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
        let mut protocols = hello.alpn()?;
        if protocols.next() != Some(PROTOCOL) || protocols.next().is_some() {
            return None;
        }
        let name = hello.server_name()?.to_ascii_lowercase();
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned()
    }

    /// Shows this for a domain name until the guard is dropped.
    pub(super) fn show<'c>(&'c self, domain_name: &str, config: Arc<ServerConfig>) -> Shown<'c> {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shown.insert(domain_name.into(), config);
        Shown { challenges: self, domain_name: domain_name.into() }
    }
}

pub(super) struct Shown<'c> {
    challenges: &'c Challenges,
    domain_name: String,
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        let mut shown = self.challenges.0.write().unwrap_or_else(PoisonError::into_inner);
        shown.remove(&self.domain_name);
    }
}
