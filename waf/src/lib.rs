#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod acl;
mod detect;
mod doubts;
mod evaluate;
mod field;
mod file;
mod fingerprint;
mod forwarded;
mod ip;
mod json;
mod log;
mod managed;
mod marks;
mod matched;
mod pattern;
mod pre_parse;
mod problem;
mod rate;
mod read;
mod request;
#[cfg(test)]
mod samples;
mod seen;
mod shell;
mod sql;
mod statement;
mod text;
mod transform;
mod xss;

pub use acl::{CustomResponse, Resource, WebAcl};
pub use evaluate::{Counting, Decision, Evaluation, Match, Step, Tokens, Verdict};
pub use fingerprint::{CLIENT_HELLO_BYTES_MAX, Fingerprints};
pub use ip::IpSet;
pub use log::{Logging, Origin, Sampled};
pub use managed::address_lists;
pub use matched::Found;
pub use problem::{Document, Problem, Unknown};
pub use rate::Window;
pub use request::{Location, Request};
pub use seen::Seen;
pub use transform::Transformation;
