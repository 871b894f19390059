//! What the pipeline asks for, done: a file per family of effects.

pub mod keys;
pub mod signature;
