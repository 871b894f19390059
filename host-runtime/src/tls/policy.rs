//! AWS's security policies: which versions of TLS and which ciphers a client may use.
//!
//! "Supported security policies" of the developer guide. rustls speaks TLS 1.2 and 1.3, and of TLS
//! 1.2 only ciphers with forward secrecy and authenticated encryption: less than some of these
//! policies allow, never more.

use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{NamedGroup, SupportedProtocolVersion};

/// A security policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityPolicy(&'static str);

impl Default for SecurityPolicy {
    fn default() -> Self {
        Self("TLS_1_2")
    }
}

static BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
static ONLY_13: &[&SupportedProtocolVersion] = &[&TLS13];

impl SecurityPolicy {
    /// All that AWS has.
    pub const NAMES: [&str; 12] = [
        "TLS_1_0",
        "TLS_1_2",
        "SecurityPolicy_TLS13_1_3_2025_09",
        "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
        "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_2021_06",
        "SecurityPolicy_TLS13_2025_EDGE",
        "SecurityPolicy_TLS12_PFS_2025_EDGE",
        "SecurityPolicy_TLS12_2018_EDGE",
    ];

    /// The policy of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|known| **known == name).map(|name| Self(name))
    }

    /// Whether it is one of those that ask for an endpoint access mode.
    pub fn is_enhanced(self) -> bool {
        self.0.starts_with("SecurityPolicy_")
    }

    /// What is not honoured to the letter, if anything.
    pub(crate) fn doubt(self) -> Option<&'static str> {
        if self.0 == "TLS_1_0" {
            return Some("TLS 1.0 and 1.1 are not spoken (RFC 8996): TLS 1.2 and 1.3 are");
        }
        let fips =
            "the ciphers are those of the policy, the module that computes them is not validated";
        self.is_fips().then_some(fips)
    }

    fn is_fips(self) -> bool {
        self.0.contains("_FIPS_")
    }

    pub(super) fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        let only_13 = self.0.starts_with("SecurityPolicy_TLS13_1_3_")
            || self.0 == "SecurityPolicy_TLS13_2025_EDGE";
        if only_13 { ONLY_13 } else { BOTH }
    }

    pub(crate) fn provider(self) -> CryptoProvider {
        let mut provider = aws_lc_rs::default_provider();
        if self.is_fips() {
            let is_chacha = |name: &str| name.contains("CHACHA20");
            provider.cipher_suites.retain(|s| !is_chacha(s.suite().as_str().unwrap_or_default()));
            provider.kx_groups.retain(|group| group.name() != NamedGroup::X25519);
        }
        provider
    }
}
