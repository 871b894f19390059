//! `gateway-core` as a Wasm component: the interface in `wit/gateway.wit`, and nothing else.
//!
//! A panic traps (`panic = "abort"`), and the host replays the other exchanges of the instance in a
//! new one, so nothing here recovers from anything.

#[cfg(any(test, target_family = "wasm"))]
mod allocator;
mod bindings;
mod exchanges;

use std::cell::RefCell;
use std::rc::Rc;

use bindings::edgeway::gateway::effects;
use bindings::exports::edgeway::gateway::exchanges::{Begun, Guest};
use gateway_core::codec::{decode, encode};
use gateway_core::definition::Snapshot;
use gateway_core::effect::Outcome;
use gateway_core::exchange::{Exchange, Next};
use gateway_core::gateway::Gateway;
use gateway_core::message::{Arrival, Timestamp};

use exchanges::Exchanges;

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: allocator::BySize = allocator::BySize::new();

thread_local! {
    /// The only state of an instance, which has one thread.
    static STATE: RefCell<State> = const { RefCell::new(State { gateway: None, exchanges: Exchanges::new() }) };
}

struct State {
    gateway: Option<Rc<Gateway>>,
    exchanges: Exchanges,
}

const NOT_LOADED: &str = "no snapshot is loaded";
/// Names no exchange.
const NO_EXCHANGE: u32 = u32::MAX;

struct Component;

impl Guest for Component {
    fn fingerprint() -> u64 {
        parse_decimal(env!("EDGEWAY_FINGERPRINT"))
    }

    fn load(snapshot: Vec<u8>) -> Result<(), String> {
        let snapshot = Snapshot::from_bytes(&snapshot).map_err(|error| error.to_string())?;
        let gateway = Gateway::compile(snapshot).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })?;
        STATE.with_borrow_mut(|state| state.gateway = Some(Rc::new(gateway)));
        Ok(())
    }

    fn begin(arrival: Vec<u8>) -> Result<Begun, String> {
        let arrival: Arrival = decode(&arrival)?;
        STATE.with_borrow_mut(|state| {
            let gateway = state.gateway.as_ref().ok_or(NOT_LOADED)?;
            let mut exchange = Exchange::begin(Rc::clone(gateway), arrival);
            let (turn, end) = advance(&mut exchange)?;
            let exchange = match end {
                End::Waits => state.exchanges.insert(exchange),
                End::Responds => NO_EXCHANGE,
            };
            Ok(Begun { exchange, turn })
        })
    }

    fn resume(name: u32, now: u64, outcome: Vec<u8>) -> Result<Vec<u8>, String> {
        STATE.with_borrow_mut(|state| {
            let mut exchange = state.exchanges.take(name).ok_or("no such exchange")?;
            match resume(&mut exchange, Timestamp(now), &outcome) {
                Ok((turn, End::Waits)) => {
                    state.exchanges.put_back(name, exchange);
                    Ok(turn)
                }
                ended => {
                    state.exchanges.free(name);
                    ended.map(|(turn, _)| turn)
                }
            }
        })
    }

    fn break_off(arrival: Vec<u8>, now: u64) -> Result<Vec<u8>, String> {
        let arrival: Arrival = decode(&arrival)?;
        STATE.with_borrow(|state| {
            let gateway = state.gateway.as_ref().ok_or(NOT_LOADED)?;
            Ok(encode(&Exchange::break_off(gateway, &arrival, Timestamp(now))))
        })
    }

    fn abandon(name: u32) {
        STATE.with_borrow_mut(|state| {
            if state.exchanges.take(name).is_some() {
                state.exchanges.free(name);
            }
        });
    }
}

/// How a turn ends.
enum End {
    Waits,
    Responds,
}

fn resume(
    exchange: &mut Exchange,
    now: Timestamp,
    outcome: &[u8],
) -> Result<(Vec<u8>, End), String> {
    exchange.resume(now, decode(outcome)?).map_err(|misuse| format!("{misuse:?}"))?;
    advance(exchange)
}

/// Runs an exchange on until it has to wait: what the host can answer at once ends no call. The turn as it crosses.
fn advance(exchange: &mut Exchange) -> Result<(Vec<u8>, End), String> {
    let mut notices = Vec::new();
    loop {
        let mut turn = exchange.advance().map_err(|misuse| format!("{misuse:?}"))?;
        let (answer, end) = match &turn.next {
            Next::Perform(effect) if effect.kind().may_be_at_once() => {
                (effects::at_once(&encode(effect)), End::Waits)
            }
            Next::Perform(_) => (Vec::new(), End::Waits),
            Next::Respond(_) => (Vec::new(), End::Responds),
        };
        notices.append(&mut turn.notices);
        if answer.is_empty() {
            turn.notices = notices;
            return Ok((encode(&turn), end));
        }
        let (now, outcome): (Timestamp, Outcome) = decode(&answer)?;
        exchange.resume(now, outcome).map_err(|misuse| format!("{misuse:?}"))?;
    }
}

const fn parse_decimal(text: &str) -> u64 {
    let (bytes, mut number, mut i) = (text.as_bytes(), 0_u64, 0);
    while i < bytes.len() {
        number = number.wrapping_mul(10).wrapping_add((bytes[i] - b'0') as u64);
        i += 1;
    }
    number
}

bindings::export!(Component with_types_in bindings);
