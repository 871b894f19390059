//! The native host of Edgeway: does what the pipeline in `gateway-core` decides.

pub mod engine;
pub mod perform;
