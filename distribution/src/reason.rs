//! Why a viewer is refused, which the operator alone is told.

use alloc::string::String;
use core::fmt;

/// What is wrong with what is signed, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// What is signed and what is fetched would have two names.
    DotSegments,
    /// Not the id of a key that its behaviour trusts.
    UnknownKey(String),
    /// Neither SHA1 nor SHA256.
    HashAlgorithm,
    /// There is none.
    NoSignature,
    /// There is neither a policy nor a time.
    NoPolicy,
    /// A part of this name is not in CloudFront's base64.
    NoBase64(&'static str),
    /// The time of this name is none, or is not there.
    NoTime(&'static str),
    /// The policy is none.
    NoJson,
    /// The policy has none, or several.
    NoStatement,
    /// The policy has a condition of this name, which there is not.
    UnknownCondition(String),
    /// It counted until then.
    Expired {
        /// Until when, seconds since 1970.
        at: u64,
        /// The time.
        now_s: u64,
    },
    /// It counts from then on.
    NotYet {
        /// From when on, seconds since 1970.
        after: u64,
        /// The time.
        now_s: u64,
    },
    /// It is for others.
    Address {
        /// For whom.
        range: String,
        /// Who asks.
        ip: String,
    },
    /// It is for something else. Values of queries may be secrets: both are without.
    Resource {
        /// For what.
        signed: String,
        /// What is asked for.
        asked: String,
    },
    /// Another key's, or over something else.
    NotOfItsKey {
        /// The URL, without its query, where the policy is the canned one for it.
        canned_for: Option<String>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DotSegments => {
                f.write_str("its path has dot segments, and what is signed has one name")
            }
            Self::UnknownKey(id) => {
                write!(f, "the key pair id `{id}` is none of those that its behavior trusts")
            }
            Self::HashAlgorithm => f.write_str("its `Hash-Algorithm` is neither SHA1 nor SHA256"),
            Self::NoSignature => f.write_str("there is no `Signature`"),
            Self::NoPolicy => f.write_str("there is neither `Policy` nor `Expires`"),
            Self::NoBase64(name) => write!(
                f,
                "its `{name}` is not in CloudFront's base64 (`-` for `+`, `_` for `=`, `~` for `/`)"
            ),
            Self::NoTime(name) => write!(f, "its `{name}` is no time in seconds since 1970"),
            Self::NoJson => f.write_str("its policy is no JSON"),
            Self::NoStatement => f.write_str("its policy has not one `Statement`"),
            Self::UnknownCondition(name) => {
                write!(f, "its policy has a condition `{name}`, which there is not")
            }
            Self::Expired { at, now_s } => {
                write!(f, "it expired at {at}, and it is {now_s} (seconds since 1970)")
            }
            Self::NotYet { after, now_s } => {
                write!(f, "it counts from {after} on, and it is {now_s} (seconds since 1970)")
            }
            Self::Address { range, ip } => write!(f, "it is for `{range}`, and the viewer is {ip}"),
            Self::Resource { signed, asked } => {
                write!(f, "its policy is for `{signed}`, and `{asked}` is asked for")
            }
            Self::NotOfItsKey { canned_for: Some(url) } => {
                write!(f, "the signature is not that of its key over the canned policy for {url}")
            }
            Self::NotOfItsKey { canned_for: None } => {
                f.write_str("the signature is not that of its key over its policy")
            }
        }
    }
}
