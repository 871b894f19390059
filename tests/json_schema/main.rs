//! The validator of models against the published draft-4 suite.

mod suite;
