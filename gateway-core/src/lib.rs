//! The decisions of an API gateway that takes AWS API Gateway definitions unchanged.
//!
//! This crate reads no clock, no random source, no socket and no store. A host begins an
//! [`Exchange`](exchange::Exchange) for each request that arrives and does what its steps ask:
//!
//! ```
//! use gateway_core::exchange::{Exchange, Misuse, Next};
//! use gateway_core::effect::{Effect, EffectError, Notice, Outcome};
//! use gateway_core::message::{Arrival, Response, Timestamp};
//! use gateway_core::gateway::Gateway;
//! use std::rc::Rc;
//!
//! fn serve(gateway: Rc<Gateway>, arrival: Arrival) -> Result<Response, Misuse> {
//!     let mut exchange = Exchange::begin(gateway, arrival);
//!     loop {
//!         let turn = exchange.advance()?;
//!         turn.notices.into_iter().for_each(in_background);
//!         match turn.next {
//!             Next::Perform(effect) => exchange.resume(now(), perform(effect))?,
//!             Next::Respond(response) => return Ok(response),
//!         }
//!     }
//! }
//! # fn now() -> Timestamp { Timestamp(0) }
//! # fn in_background(_: Notice) {}
//! # fn perform(effect: Effect) -> Outcome { effect.failed(EffectError::Cancelled) }
//! ```
//!
//! Start reading at [`exchange`] (the machine), then `pipeline.rs` (the story of a request), then
//! [`definition`] (AWS's object model).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod access_log;
pub mod apart;
pub mod bucket;
mod bytes;
mod challenge;
pub mod codec;
pub mod content_coding;
mod content_handling;
pub mod context;
pub mod counted;
pub mod definition;
pub mod effect;
pub mod exchange;
pub mod execution_log;
pub mod failing;
pub mod gateway;
pub mod gateway_error;
pub mod ids;
pub mod json;
pub mod json_path;
pub mod json_schema;
pub mod jwt;
mod lambda;
pub mod limits;
pub mod message;
mod pipeline;
pub mod policy;
pub mod remembered;
pub mod response_stream;
mod sigv4;
pub mod spans;
pub mod stage_cache;
pub mod target;
mod template;
pub mod time;
mod trace_context;
pub mod transcript;
pub mod usage;
