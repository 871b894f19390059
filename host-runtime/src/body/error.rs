//! Why content breaks off.

use gateway_core::effect::EffectError;

/// Why content broke off.
#[derive(Debug, Clone)]
pub enum BodyError {
    /// More than the limit.
    TooLarge,
    /// Nothing came from an endpoint for a long time, or not all in time.
    Idle,
    /// Nothing came from the client for too long.
    Stalled,
    /// As much content is held as may be.
    Overloaded,
    /// The connection broke or sent nonsense; what that means to the pipeline.
    Broken(EffectError),
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge => f.write_str("more content than is allowed"),
            Self::Idle | Self::Stalled => f.write_str("no content came for too long"),
            Self::Overloaded => f.write_str("too much content is held for others"),
            Self::Broken(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {}
