//! What runs the pipeline: one engine for each worker thread, never failing.
//!
//! Whatever goes wrong inside (a trap, a panic, a misused exchange) ends in a [`Turn`] that answers
//! 500 to that exchange alone; the engine and all other exchanges go on.

mod native;

use std::fmt;
use std::sync::Arc;

use gateway_core::effect::Outcome;
use gateway_core::exchange::{Next, Turn};
use gateway_core::message::{Arrival, Content, Field, OutgoingFields, Response, Timestamp};

pub use native::{NativeEngine, NativeExchange};

/// Which engine runs the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// The Wasm component under wasmtime.
    #[default]
    Component,
    /// The same core, linked into this program.
    Native,
}

/// Why an engine cannot start, or refuses a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError(pub String);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EngineError {}

/// The pipeline, ready to serve one thread.
pub enum Engine {
    /// Linked in.
    Native(NativeEngine),
}

/// An exchange under way. It ends with the turn that responds; dropping it earlier abandons it.
pub enum ExchangeHandle {
    /// In the native engine.
    Native(NativeExchange),
}

impl Engine {
    /// An engine that serves this snapshot ([`gateway_core::definition::Snapshot::to_bytes`]).
    ///
    /// # Errors
    /// When the engine is not built in, or the snapshot is refused.
    pub fn start(kind: EngineKind, snapshot: Arc<[u8]>) -> Result<Self, EngineError> {
        match kind {
            EngineKind::Native => NativeEngine::start(&snapshot).map(Self::Native),
            EngineKind::Component => Err(EngineError(
                "this edgeway was built without its component: run `cargo xtask component` and build again".into(),
            )),
        }
    }

    /// Begins an exchange and runs it to its first effect or its response.
    pub fn begin(&self, arrival: Arrival) -> (ExchangeHandle, Turn) {
        match self {
            Self::Native(engine) => {
                let (exchange, turn) = engine.begin(arrival);
                (ExchangeHandle::Native(exchange), turn)
            }
        }
    }

    /// Answers the effect that the exchange waits for, and runs it on.
    pub fn resume(&self, exchange: &mut ExchangeHandle, now: Timestamp, outcome: Outcome) -> Turn {
        match (self, exchange) {
            (Self::Native(engine), ExchangeHandle::Native(exchange)) => {
                engine.resume(exchange, now, outcome)
            }
        }
    }

    /// Serves another snapshot from now on. Exchanges in flight finish on the one they began with.
    ///
    /// # Errors
    /// When the snapshot is refused; the engine goes on with the one it has.
    pub fn deploy(&self, snapshot: Arc<[u8]>) -> Result<(), EngineError> {
        match self {
            Self::Native(engine) => engine.deploy(&snapshot),
        }
    }
}

/// The answer to an exchange that cannot go on: AWS's 500.
pub(crate) fn broken_turn() -> Turn {
    let fields = [
        Field::new("Content-Type", "application/json"),
        Field::new("x-amzn-ErrorType", "InternalServerErrorException"),
    ];
    Turn {
        notices: Vec::new(),
        next: Next::Respond(Response {
            status: 500,
            fields: OutgoingFields::Complete(fields.into_iter().collect()),
            content: Content::Bytes(br#"{"message": "Internal server error"}"#.to_vec()),
        }),
    }
}
