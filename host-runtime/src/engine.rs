//! What runs the pipeline: one engine for each worker thread, never failing.
//!
//! Whatever goes wrong inside (a trap, a panic, a misused exchange) ends in a [`Turn`] that answers
//! 500 to that exchange alone; the engine and all other exchanges go on.

mod component;
#[cfg(test)]
pub(crate) mod fixture;
mod native;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use gateway_core::effect::{Effect, Notice, Outcome, RequestRecord};
use gateway_core::exchange::{Next, Turn};
use gateway_core::message::{Arrival, Content, Field, OutgoingFields, Response, Timestamp};

pub use component::{ComponentEngine, ComponentExchange, PreparedComponent};
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

/// Answers effects that need not wait, while the pipeline runs. `None`: it has to wait, and becomes a step.
///
/// Only [kinds that may be](gateway_core::effect::EffectKind::may_be_at_once) are asked. Must not call into an engine.
pub type AtOnce = Box<dyn Fn(&Effect) -> Option<(Timestamp, Outcome)>>;

/// The pipeline, ready to serve one thread.
pub enum Engine {
    /// The component.
    Component(ComponentEngine),
    /// Linked in.
    Native(NativeEngine),
}

/// An exchange under way. It ends with the turn that responds; dropping it earlier abandons it.
pub enum ExchangeHandle {
    /// In an instance of the component.
    Component(ComponentExchange),
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
            EngineKind::Component => ComponentEngine::start(snapshot).map(Self::Component),
        }
    }

    /// Has effects answered while the pipeline runs, where a step costs more than that: in the component. Without this
    /// all are steps. What is told first stays.
    pub fn answer_at_once(&self, answers: AtOnce) {
        match self {
            Self::Component(engine) => engine.answer_at_once(answers),
            Self::Native(_) => {}
        }
    }

    /// Begins an exchange and runs it to its first effect or its response.
    pub fn begin(&self, arrival: Arrival) -> (ExchangeHandle, Turn) {
        match self {
            Self::Component(engine) => {
                let (exchange, turn) = engine.begin(arrival);
                (ExchangeHandle::Component(exchange), turn)
            }
            Self::Native(engine) => {
                let (exchange, turn) = engine.begin(arrival);
                (ExchangeHandle::Native(exchange), turn)
            }
        }
    }

    /// Answers the effect that the exchange waits for, and runs it on.
    pub fn resume(&self, exchange: &mut ExchangeHandle, now: Timestamp, outcome: Outcome) -> Turn {
        match (self, exchange) {
            (Self::Component(engine), ExchangeHandle::Component(exchange)) => {
                engine.resume(exchange, now, outcome)
            }
            (Self::Native(engine), ExchangeHandle::Native(exchange)) => {
                engine.resume(exchange, now, outcome)
            }
            // An exchange of another engine: it has ended here, and its own engine forgets it.
            _ => Broken::new(now).turn(),
        }
    }

    /// Gives memory back that nothing under way needs. To be called now and then.
    pub fn tend(&self) {
        match self {
            Self::Component(engine) => engine.tend(),
            Self::Native(_) => {}
        }
    }

    /// Compiles another snapshot, and serves the one before on until it is committed.
    ///
    /// # Errors
    /// When the snapshot is refused.
    pub fn prepare(&self, snapshot: Arc<[u8]>) -> Result<Prepared, EngineError> {
        match self {
            Self::Component(engine) => engine.prepare(snapshot).map(Prepared::Component),
            Self::Native(engine) => engine.prepare(&snapshot).map(Prepared::Native),
        }
    }

    /// Serves this from now on. Exchanges in flight finish on the one they began with.
    pub fn commit(&self, prepared: Prepared) {
        match (self, prepared) {
            (Self::Component(engine), Prepared::Component(prepared)) => engine.commit(prepared),
            (Self::Native(engine), Prepared::Native(prepared)) => engine.commit(prepared),
            _ => tracing::error!("a snapshot was prepared by another engine"),
        }
    }

    /// Serves another snapshot from now on, where one engine is all there is.
    ///
    /// # Errors
    /// When the snapshot is refused; the engine goes on with the one it has.
    pub fn deploy(&self, snapshot: Arc<[u8]>) -> Result<(), EngineError> {
        self.commit(self.prepare(snapshot)?);
        Ok(())
    }
}

/// A snapshot that is compiled, and not served yet.
pub enum Prepared {
    /// Loaded by an instance of the component.
    Component(PreparedComponent),
    /// Compiled here.
    Native(std::rc::Rc<gateway_core::gateway::Gateway>),
}

/// What is known of an exchange that cannot go on: enough to end it.
#[derive(Debug, Clone, Copy)]
struct Broken {
    arrived: Timestamp,
    now: Timestamp,
}

impl Broken {
    fn new(arrived: Timestamp) -> Self {
        Self { arrived, now: arrived }
    }

    /// [`broken_turn`], counted like any other answer. Which API it was for is lost with the exchange.
    fn turn(&self) -> Turn {
        let latency_ms = self.now.0.saturating_sub(self.arrived.0);
        let counted = Notice::RecordRequest(RequestRecord {
            status: 500,
            latency_ms: u32::try_from(latency_ms).unwrap_or(u32::MAX),
            ..RequestRecord::default()
        });
        Turn { notices: vec![counted], ..broken_turn() }
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
