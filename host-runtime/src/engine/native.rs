//! The core, linked into the host: the oracle for the component, and the yardstick of its price.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use gateway_core::definition::Snapshot;
use gateway_core::effect::Outcome;
use gateway_core::exchange::{Exchange, Misuse, Next, Turn};
use gateway_core::gateway::Gateway;
use gateway_core::message::{Arrival, Timestamp};

use super::{Broken, EngineError, broken_turn};

/// The core, linked in.
pub struct NativeEngine {
    gateway: RefCell<Rc<Gateway>>,
}

/// An exchange of the native engine.
pub struct NativeExchange {
    /// `None` once it ended.
    running: Option<Exchange>,
    gateway: Rc<Gateway>,
    arrival: Rc<Arrival>,
}

impl NativeEngine {
    /// Compiles the snapshot for this thread.
    ///
    /// # Errors
    /// When the snapshot is damaged or cannot be served.
    pub fn start(snapshot: &[u8]) -> Result<Self, EngineError> {
        Ok(Self { gateway: RefCell::new(Rc::new(compile(snapshot)?)) })
    }

    /// Compiles another snapshot, and serves the one before on.
    ///
    /// # Errors
    /// When the snapshot is refused.
    pub fn prepare(&self, snapshot: &[u8]) -> Result<Rc<Gateway>, EngineError> {
        compile(snapshot).map(Rc::new)
    }

    /// Serves this from now on; exchanges in flight hold the one they began with.
    pub fn commit(&self, prepared: Rc<Gateway>) {
        *self.gateway.borrow_mut() = prepared;
    }

    /// Begins an exchange.
    pub fn begin(&self, arrival: Arrival) -> (NativeExchange, Turn) {
        let gateway = Rc::clone(&self.gateway.borrow());
        let mut exchange = NativeExchange { running: None, gateway, arrival: Rc::new(arrival) };
        let (gateway, arrival) = (Rc::clone(&exchange.gateway), Rc::clone(&exchange.arrival));
        let now = arrival.now;
        let turn = exchange.run(now, || {
            let mut running = Exchange::begin(gateway, arrival);
            let turn = running.advance()?;
            Ok((running, turn))
        });
        (exchange, turn)
    }

    /// Goes on with an exchange.
    pub fn resume(&self, exchange: &mut NativeExchange, now: Timestamp, outcome: Outcome) -> Turn {
        // Taken out for the call: a panic leaves it half-way, and it must not run again. What has
        // ended has been recorded.
        let Some(mut running) = exchange.running.take() else { return broken_turn() };
        exchange.run(now, || {
            running.resume(now, outcome)?;
            let turn = running.advance()?;
            Ok((running, turn))
        })
    }
}

impl NativeExchange {
    fn run(
        &mut self,
        now: Timestamp,
        call: impl FnOnce() -> Result<(Exchange, Turn), Misuse>,
    ) -> Turn {
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok((running, turn))) => {
                if let Next::Perform(_) = turn.next {
                    self.running = Some(running);
                }
                return turn;
            }
            Ok(Err(misuse)) => tracing::error!(?misuse, "an exchange cannot go on"),
            Err(_) => tracing::error!("an exchange panicked; its client is answered 500"),
        }
        let broken = || Exchange::break_off(&self.gateway, &self.arrival, now);
        catch_unwind(AssertUnwindSafe(broken)).unwrap_or_else(|_| {
            tracing::error!("a lost exchange has no access log entry");
            Broken { arrived: self.arrival.now, now }.turn()
        })
    }
}

fn compile(snapshot: &[u8]) -> Result<Gateway, EngineError> {
    let snapshot = Snapshot::from_bytes(snapshot).map_err(|e| EngineError(e.to_string()))?;
    Gateway::compile(snapshot).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        EngineError(lines.join("\n"))
    })
}
