//! The core, linked into the host: the oracle for the component, and the yardstick of its price.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use gateway_core::definition::Snapshot;
use gateway_core::effect::Outcome;
use gateway_core::exchange::{Exchange, Turn};
use gateway_core::gateway::Gateway;
use gateway_core::message::{Arrival, Timestamp};

use super::{Broken, EngineError};

/// The core, linked in.
pub struct NativeEngine {
    gateway: RefCell<Rc<Gateway>>,
}

/// An exchange of the native engine.
pub struct NativeExchange {
    /// `None` once it ended badly.
    running: Option<Exchange>,
    broken: Broken,
}

impl NativeEngine {
    /// Compiles the snapshot for this thread.
    ///
    /// # Errors
    /// When the snapshot is damaged or cannot be served.
    pub fn start(snapshot: &[u8]) -> Result<Self, EngineError> {
        Ok(Self { gateway: RefCell::new(Rc::new(compile(snapshot)?)) })
    }

    /// Serves another snapshot from now on; exchanges in flight hold the one they began with.
    ///
    /// # Errors
    /// When the snapshot is refused.
    pub fn deploy(&self, snapshot: &[u8]) -> Result<(), EngineError> {
        *self.gateway.borrow_mut() = Rc::new(compile(snapshot)?);
        Ok(())
    }

    /// Begins an exchange.
    pub fn begin(&self, arrival: Arrival) -> (NativeExchange, Turn) {
        let broken = Broken::new(arrival.now);
        let gateway = Rc::clone(&self.gateway.borrow());
        let begun = catch_unwind(AssertUnwindSafe(|| {
            let mut exchange = Exchange::begin(gateway, arrival);
            let turn = exchange.advance();
            (exchange, turn)
        }));
        match begun {
            Ok((exchange, Ok(turn))) => (NativeExchange { running: Some(exchange), broken }, turn),
            ended => {
                if let Ok((_, Err(misuse))) = ended {
                    tracing::error!(?misuse, "an exchange cannot begin");
                }
                let turn = broken.turn();
                (NativeExchange { running: None, broken }, turn)
            }
        }
    }

    /// Goes on with an exchange.
    pub fn resume(&self, exchange: &mut NativeExchange, now: Timestamp, outcome: Outcome) -> Turn {
        exchange.broken.now = now;
        // Taken out for the call: a panic leaves it half-way, and it must not run again.
        let Some(mut running) = exchange.running.take() else { return exchange.broken.turn() };
        let resumed = catch_unwind(AssertUnwindSafe(|| {
            running.resume(now, outcome)?;
            let turn = running.advance();
            turn.map(|turn| (running, turn))
        }));
        match resumed {
            Ok(Ok((running, turn))) => {
                exchange.running = Some(running);
                turn
            }
            ended => {
                if let Ok(Err(misuse)) = ended {
                    tracing::error!(?misuse, "an exchange cannot go on");
                }
                exchange.broken.turn()
            }
        }
    }
}

fn compile(snapshot: &[u8]) -> Result<Gateway, EngineError> {
    let snapshot = Snapshot::from_bytes(snapshot).map_err(|e| EngineError(e.to_string()))?;
    Gateway::compile(snapshot).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        EngineError(lines.join("\n"))
    })
}
