//! JSON Schema draft-4.

pub(crate) mod pattern;
