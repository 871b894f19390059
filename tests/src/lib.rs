//! The harness of Edgeway's tests above unit level.
//!
//! A *case* ([`case::Case`]) is a definition, the backends behind it and the exchanges of a client with
//! it. [`run::run`] starts the backends, starts a gateway ([`target::Target`]), sends the exchanges byte
//! for byte as the case writes them, and returns what differs from the case's expectations.
//!
//! [`world`] is a host without a network, for tests of whole exchanges in memory.

pub mod backend;
pub mod case;
pub mod client;
pub mod differences;
pub mod function;
pub mod issuer;
pub mod json;
pub mod matcher;
pub mod mmdb;
pub mod percent;
pub mod ports;
pub mod python;
pub mod ratchet;
pub mod run;
pub mod score;
pub mod setup;
pub mod sigv4;
pub mod target;
pub mod waf;
pub mod wire;
pub mod world;
