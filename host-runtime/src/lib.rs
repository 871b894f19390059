//! The native host of Edgeway: does what the pipeline in `gateway-core` decides.

mod activity;
pub mod admin;
mod arrival;
pub mod body;
pub mod commands;
pub mod config;
mod descriptors;
pub mod diagnostic;
pub mod document;
mod drive;
pub mod engine;
mod engine_config;
mod framing;
pub mod functions;
pub mod host;
mod local;
pub mod memory;
pub(crate) mod pace;
pub mod perform;
mod refusal;
pub mod reload;
mod server;
pub mod settings;
pub mod snapshot;
pub mod spelling;
pub mod worker;
