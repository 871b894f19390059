//! The core as a Wasm component: what panics, loops or eats memory in there ends alone.
//!
//! One instance for each thread serves many exchanges at once. When it traps it is lost with all of
//! them, so each exchange keeps the transcript of what it was told: every one but the one that
//! trapped is replayed in a new instance and goes on (`docs/decisions/0004`).

mod bindings;
mod code;
mod desk;
mod generation;
mod instance;
mod program;
#[cfg(test)]
mod tests;
mod transcript;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use gateway_core::codec::{decode, encode};
use gateway_core::effect::{EffectError, Outcome};
use gateway_core::exchange::{Next, Turn};
use gateway_core::message::{Arrival, Timestamp};

use super::{AtOnce, Broken, EngineError, broken_turn};
use crate::growth::{GROWTH_OF_ONE_MAX, Growth, room_for};
use desk::EngineNumber;
pub use generation::PreparedComponent;
use generation::{Generation, Seat};
use instance::Failure;
use transcript::{Told, Transcript};

/// What an instance may use, and when it is replaced.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// One call, by the wall clock. The slowest reads 10 MB and makes a Lambda event of them: about
    /// 100 ms of CPU, and many times that on an overloaded machine, which is no reason to trap.
    call_ms_max: u64,
    /// Loading a snapshot: thousands of routes are compiled.
    load_ms_max: u64,
    /// Memory of one instance. Ten payloads of 10 MB at once, with a copy or two of each.
    memory_bytes_max: usize,
    /// An instance that has grown by this since it loaded its snapshot begins no more exchanges: Wasm memory
    /// never shrinks.
    growth_bytes_max: usize,
    /// What all instances have grown by, and may.
    growth: &'static Growth,
    /// An instance that has begun so many begins no more.
    exchanges_max: u64,
    /// What is kept of an exchange to replay it.
    transcript_bytes_max: usize,
    /// A snapshot up to this size is loaded where an instance is to be replaced, in a few milliseconds; a larger
    /// one on a thread of its own, while the instance that is worn out serves on.
    load_here_bytes_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            call_ms_max: 5_000,
            load_ms_max: 30_000,
            memory_bytes_max: 512 * 1024 * 1024,
            growth_bytes_max: GROWTH_OF_ONE_MAX,
            growth: Growth::of_process(),
            exchanges_max: 1_000_000,
            transcript_bytes_max: 1024 * 1024,
            load_here_bytes_max: 64 * 1024,
        }
    }
}

/// The component, serving one thread.
pub struct ComponentEngine {
    generation: RefCell<Rc<Generation>>,
    number: EngineNumber,
}

impl ComponentEngine {
    /// An instance that serves this snapshot.
    ///
    /// # Errors
    /// When this program was built without the component, or the snapshot is refused.
    pub fn start(snapshot: Arc<[u8]>) -> Result<Self, EngineError> {
        Self::start_within(snapshot, Bounds::default())
    }

    fn start_within(snapshot: Arc<[u8]>, bounds: Bounds) -> Result<Self, EngineError> {
        let number = EngineNumber::next();
        let generation = PreparedComponent::load_within(snapshot, bounds)?.into_generation(number);
        Ok(Self { generation: RefCell::new(generation), number })
    }

    /// Has effects answered while the component runs.
    pub fn answer_at_once(&self, answers: AtOnce) {
        self.number.answer_by(answers);
    }

    /// Has an instance load another snapshot, and serves the one before on.
    ///
    /// # Errors
    /// When the snapshot is refused.
    pub fn prepare(&self, snapshot: Arc<[u8]>) -> Result<PreparedComponent, EngineError> {
        PreparedComponent::load_within(snapshot, self.generation.borrow().bounds)
    }

    /// Serves this from now on; exchanges in flight go on with the one they began with.
    pub fn commit(&self, prepared: PreparedComponent) {
        *self.generation.borrow_mut() = prepared.into_generation(self.number);
    }

    /// Begins an exchange.
    pub fn begin(&self, arrival: Arrival) -> (ComponentExchange, Turn) {
        let generation = Rc::clone(&self.generation.borrow());
        let broken = Broken::new(arrival.now);
        let bytes_max = generation.bounds.transcript_bytes_max;
        let codings = arrival.request.fields.all("content-encoding");
        let content_encoding = codings.map(ToString::to_string).collect();
        let mut transcript = Transcript::new(encode(&arrival), bytes_max);
        let begun = generation.begin(&mut transcript);
        let mut exchange = ComponentExchange {
            generation,
            seat: None,
            transcript,
            content_encoding,
            ended: false,
            broken,
        };
        let turn = exchange.settle(begun);
        (exchange, turn)
    }

    /// Goes on with an exchange.
    pub fn resume(
        &self,
        exchange: &mut ComponentExchange,
        now: Timestamp,
        outcome: Outcome,
    ) -> Turn {
        let turn = exchange.resume(now, &outcome);
        if exchange.ended {
            self.tend();
        }
        turn
    }

    /// Gives back what an instance has grown by that is worn out, has nothing under way, and perhaps for long begins
    /// nothing. To be called now and then, too: what takes long to replace is replaced the next time.
    pub fn tend(&self) {
        self.generation.borrow().tend();
    }
}

impl Drop for ComponentEngine {
    fn drop(&mut self) {
        self.number.forget();
    }
}

/// An exchange of the component.
pub struct ComponentExchange {
    generation: Rc<Generation>,
    /// `None` once it ended.
    seat: Option<Seat>,
    transcript: Transcript,
    /// What the client's content is in.
    content_encoding: Box<[String]>,
    ended: bool,
    broken: Broken,
}

impl ComponentExchange {
    fn resume(&mut self, now: Timestamp, outcome: &Outcome) -> Turn {
        self.broken.now = now;
        if self.ended {
            return broken_turn(); // it was recorded when it ended
        }
        let refused = Outcome::ReadContent(Err(EffectError::Overloaded));
        let outcome = encode(if self.has_room_for(outcome) { outcome } else { &refused });
        let resumed = match self.seat.take() {
            Some(seat) if seat.instance.is_alive() => {
                let turn = seat.instance.resume(seat.number, now.0, &outcome);
                self.transcript.push(Told::Resumed(now.0, outcome));
                self.transcript.extend(seat.instance.take_answered());
                turn.map(|turn| (seat, turn))
            }
            // Another exchange took the instance with it.
            _ => {
                self.transcript.push(Told::Resumed(now.0, outcome));
                self.replay()
            }
        };
        self.settle(resumed)
    }

    /// Whether its instance may grow by what it is handed; so much is then set apart for the next call.
    fn has_room_for(&self, outcome: &Outcome) -> bool {
        let (Outcome::ReadContent(Ok(content)), Some(seat)) = (outcome, &self.seat) else {
            return true;
        };
        !seat.instance.is_alive()
            || seat.instance.reserve(room_for(&content.0, &self.content_encoding))
    }

    fn replay(&mut self) -> Result<(Seat, Vec<u8>), Failure> {
        self.generation.replay(&mut self.transcript)
    }

    /// The turn of a call; the end of the exchange if there is none.
    fn settle(&mut self, called: Result<(Seat, Vec<u8>), Failure>) -> Turn {
        let called = match called {
            // The memory was used by all exchanges together: this one may be innocent. Alone in a
            // new instance it shows whether it is.
            Err(Failure::Trapped { out_of_memory: true, reason }) => {
                tracing::warn!(
                    reason,
                    "an instance of the component had no memory left; replaying"
                );
                self.replay()
            }
            called => called,
        };
        let turn = called.and_then(|(seat, bytes)| match decode::<Turn>(&bytes) {
            Ok(turn) => Ok((seat, turn)),
            Err(error) => {
                seat.instance.abandon(seat.number);
                Err(Failure::Refused(error))
            }
        });
        match turn {
            Ok((seat, turn)) => {
                self.ended = matches!(turn.next, Next::Respond(_));
                self.seat = (!self.ended).then_some(seat);
                turn
            }
            Err(failure) => {
                tracing::error!(%failure, "an exchange ended in the component; its client is answered 500");
                self.ended = true;
                self.break_off()
            }
        }
    }

    /// The last turn of a lost exchange. Whatever the component cannot do even now is left out.
    fn break_off(&self) -> Turn {
        let instance = self.generation.instance();
        let broken = instance.and_then(|instance| {
            let turn = instance.break_off(self.transcript.arrival(), self.broken.now.0)?;
            decode(&turn).map_err(Failure::Refused)
        });
        broken.unwrap_or_else(|failure| {
            tracing::error!(%failure, "a lost exchange has no access log entry");
            self.broken.turn()
        })
    }
}

impl Drop for ComponentExchange {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.take() {
            seat.instance.abandon(seat.number);
        }
    }
}
