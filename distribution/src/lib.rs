#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod answer;
mod bucket;
mod compress;
mod cookies;
mod countries;
mod finish;
mod invalidation;
mod key;
mod log;
mod managed;
mod model;
mod origin_request;
mod own_fields;
mod path;
mod pattern;
mod place;
mod problem;
mod public_key;
mod query;
mod read;
mod reason;
mod route;
mod signed;

pub use answer::Answer;
pub use compress::Compression;
pub use finish::CacheResult;
pub use invalidation::{Invalidation, InvalidationError};
pub use log::{LogRecord, log_header, without_secrets};
pub use managed::{MANAGED, ManagedPolicy};
pub use model::{Bucket, Distribution, Options, Origin, ProtocolPolicy};
pub use origin_request::OriginRequest;
pub use place::Place;
pub use problem::{Document, Named, Problem, Unknown};
pub use public_key::public_key_der;
pub use read::check::Checked;
pub use reason::Reason;
pub use route::{Matched, Viewer};
pub use signed::{Digest, Signature, ecdsa_p256_raw};

#[cfg(test)]
mod tests;
