//! A host made of data, for tests of whole exchanges: no socket, no clock, no thread.
//!
//! A [`World`] performs the effects that exchanges ask for, from tables: endpoints, functions, keys,
//! buckets, a clock that the test moves, and [`Faults`] at chosen positions. Each exchange leaves a
//! [`Run`], which [`check`] holds against what must be true of every exchange, and whose
//! [`Transcript`] can be replayed byte for byte.

// With their paths: found from here too where a fuzz target takes this file for its own.
#[path = "world/api.rs"]
mod api;
#[path = "world/check.rs"]
mod check;
#[path = "world/fault.rs"]
mod fault;
#[path = "world/host.rs"]
mod host;
#[path = "world/random.rs"]
mod random;
#[path = "world/requests.rs"]
mod requests;
#[path = "world/token.rs"]
mod token;
#[path = "world/transcript.rs"]
mod transcript;

pub use api::{LIMITED_BURST, LIMITED_RATE, snapshot};
pub use check::check;
pub use fault::{Fault, Faults};
pub use host::{REASON, Run, World};
pub use random::Random;
pub use requests::{Sample, arrival, samples};
pub use token::{ISSUER, SIGNING_KEYS, is_signed, token};
pub use transcript::Transcript;
