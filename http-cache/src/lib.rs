#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod age;
mod cache_status;
mod collapse;
mod conditions;
mod connection;
mod date;
mod decide;
mod directives;
mod fields;
mod invalidate;
mod list;
mod parts;
mod policy;
mod ranges;
mod receive;
mod respond;
mod store;
mod tags;
mod update;
mod vary;

pub use age::Timestamp;
pub use cache_status::{CacheStatus, ForwardReason};
pub use collapse::{Wish, unconditional};
pub use connection::remove_hop_by_hop;
pub use date::{civil_date, format_date, parse_date};
pub use decide::{Decision, Unusable, look_up, stale_on_error};
pub use directives::{RequestDirectives, ResponseDirectives};
pub use fields::{Field, Fields};
pub use invalidate::{Invalidated, invalidated, is_safe};
pub use list::members;
pub use parts::{Part, join};
pub use policy::Policy;
pub use ranges::{ByteRange, ContentRange, RANGES_MAX, bound_range};
pub use receive::{Received, receive, would_be_stored};
pub use respond::{Content, Served, respond, respond_to_head};
pub use store::{NotStored, Request, Response, Stored};
pub use update::update;
pub use vary::VARY_MAX;

#[cfg(test)]
mod tests;
