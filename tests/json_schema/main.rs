//! The validator of models against the published draft-4 suite, and against the crate `jsonschema`.

mod oracle;
mod suite;
