//! Everything that crossed between an exchange and its host, as bytes.

use std::fmt;
use std::rc::Rc;

use gateway_core::codec;
use gateway_core::effect::Outcome;
use gateway_core::exchange::{Exchange, Next, Turn};
use gateway_core::gateway::Gateway;
use gateway_core::message::{Arrival, Timestamp};

/// The turns of an exchange and the outcomes between them, in the encoding of the Wasm seam.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    turns: Vec<Vec<u8>>,
    outcomes: Vec<Vec<u8>>,
}

impl fmt::Debug for Transcript {
    /// The bytes tell nobody anything: the run shows effects and outcomes already.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transcript of {} turns", self.turns.len())
    }
}

impl Transcript {
    pub(super) fn push_turn(&mut self, turn: &Turn) {
        self.turns.push(codec::encode(turn));
    }
    pub(super) fn push_outcome(&mut self, now: Timestamp, outcome: &Outcome) {
        self.outcomes.push(codec::encode(&(now, outcome)));
    }

    /// Runs the exchange again with the same outcomes.
    ///
    /// # Errors
    /// The first turn that is not the same, byte for byte.
    pub fn replay(&self, gateway: Rc<Gateway>, arrival: &Arrival) -> Result<(), String> {
        // Arrivals cross as bytes too: what is decoded is what was encoded.
        let arrival: Arrival = codec::decode(&codec::encode(arrival))?;
        let mut exchange = Exchange::begin(gateway, arrival);
        let mut outcomes = self.outcomes.iter();
        for (number, expected) in self.turns.iter().enumerate() {
            let turn = exchange.advance().map_err(|misuse| format!("turn {number}: {misuse:?}"))?;
            if codec::encode(&turn) != *expected {
                let expected: Turn = codec::decode(expected)?;
                return Err(format!("turn {number} was {expected:#?} and is {turn:#?}"));
            }
            match turn.next {
                Next::Respond(_) => return Ok(()),
                Next::Perform(_) => {
                    let bytes = outcomes.next().ok_or("the transcript ends too early")?;
                    let (now, outcome): (Timestamp, Outcome) = codec::decode(bytes)?;
                    exchange.resume(now, outcome).map_err(|misuse| format!("{misuse:?}"))?;
                }
            }
        }
        Err("the transcript has no response".into())
    }
}
