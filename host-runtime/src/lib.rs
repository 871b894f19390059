//! The native host of Edgeway: does what the pipeline in `gateway-core` decides.

mod arrival;
pub mod body;
pub mod document;
mod drive;
pub mod engine;
mod engine_config;
mod framing;
pub mod host;
mod local;
pub mod perform;
mod server;
pub mod spelling;
pub mod worker;
