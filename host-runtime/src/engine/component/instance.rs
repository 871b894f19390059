//! One instance of the component with a snapshot loaded: bounded in time and memory.

use std::cell::{Cell, RefCell};
use std::fmt;

use wasmtime::{ResourceLimiter, Store};

use super::Bounds;
use super::bindings::Gateway;
use super::desk::{Desk, EngineNumber};
use super::program::{Program, ticks};
use super::transcript::Told;
use crate::engine::EngineError;
use crate::growth::Growth;

/// An instance. After a trap nothing may call into it again, which it sees to itself.
pub(super) struct Instance {
    call: RefCell<Call>,
    bounds: Bounds,
    /// What it takes with nothing but the snapshot in it.
    pub(super) loaded_bytes: usize,
    trapped: Cell<bool>,
    begun: Cell<u64>,
    #[cfg(test)]
    pub(super) interrupt_next: Cell<bool>,
}

/// Why a call gave no turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The instance is gone, and with it the state of all its exchanges.
    Trapped {
        /// What wasmtime says.
        reason: String,
        /// Whether the instance had asked for more memory than it may have.
        out_of_memory: bool,
    },
    /// The call was refused; the instance goes on, without this exchange.
    Refused(String),
    /// There is no instance to call.
    NoInstance(EngineError),
    /// What happened before is not known any more.
    NoTranscript,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trapped { reason, out_of_memory: false } => write!(f, "trap: {reason}"),
            Self::Trapped { reason, out_of_memory: true } => write!(f, "out of memory: {reason}"),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::NoInstance(error) => write!(f, "no instance: {error}"),
            Self::NoTranscript => {
                f.write_str("the instance is gone, the transcript was too long to keep")
            }
        }
    }
}

impl Instance {
    /// A new instance that serves this snapshot, on whatever thread it is then called.
    pub(super) fn start(snapshot: &[u8], bounds: Bounds) -> Result<Self, EngineError> {
        let program = Program::load()?;
        let mut call =
            Call::new(program).map_err(|e| EngineError(format!("instantiating: {e:#}")))?;
        call.allow(bounds.memory_bytes_max, bounds.load_ms_max);
        match call.gateway.edgeway_gateway_exchanges().call_load(&mut call.store, snapshot) {
            Ok(Ok(())) => {}
            Ok(Err(refused)) => return Err(EngineError(refused)),
            Err(trap) => return Err(EngineError(format!("loading the snapshot: {trap:#}"))),
        }
        let limits = &mut call.store.data_mut().limits;
        limits.growth = Some(bounds.growth);
        let loaded_bytes = limits.memory_bytes;
        Ok(Self {
            call: RefCell::new(call),
            bounds,
            loaded_bytes,
            trapped: Cell::new(false),
            begun: Cell::new(0),
            #[cfg(test)]
            interrupt_next: Cell::new(false),
        })
    }

    /// It is this engine's from now on.
    pub(super) fn belong_to(&self, engine: EngineNumber) {
        self.desk(|desk| desk.belong_to(engine));
    }

    /// Whether it may still be called.
    pub(super) fn is_alive(&self) -> bool {
        !self.trapped.get()
    }

    /// Whether it may begin another exchange. One that is worn out finishes those it has.
    pub(super) fn is_fit(&self) -> bool {
        self.is_alive()
            && self.begun.get() < self.bounds.exchanges_max
            && self.call.borrow().store.data().limits.memory_bytes - self.loaded_bytes
                < self.bounds.growth_bytes_max
    }

    /// Begins an exchange: its name here, and its first turn, encoded.
    pub(super) fn begin(&self, arrival: &[u8]) -> Result<(u32, Vec<u8>), Failure> {
        self.begun.set(self.begun.get() + 1);
        let begun = self.call(|gateway, store| {
            gateway.edgeway_gateway_exchanges().call_begin(store, arrival)
        })?;
        Ok((begun.exchange, begun.turn))
    }

    /// Goes on with an exchange: its next turn, encoded.
    pub(super) fn resume(
        &self,
        exchange: u32,
        now_ms: u64,
        outcome: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        self.call(|gateway, store| {
            gateway.edgeway_gateway_exchanges().call_resume(store, exchange, now_ms, outcome)
        })
    }

    /// Begins an exchange again and tells it what it was told before: its name here, and the last turn.
    pub(super) fn replay(
        &self,
        arrival: &[u8],
        told: Vec<Told>,
    ) -> Result<(u32, Vec<u8>), Failure> {
        self.desk(|desk| desk.tell_again(told));
        let replayed = self.begin(arrival).and_then(|(exchange, mut turn)| {
            while let Some((now_ms, outcome)) = self.desk(Desk::next_resumed) {
                turn = self.resume(exchange, now_ms, &outcome)?;
            }
            Ok((exchange, turn))
        });
        let has_told_all = self.desk(Desk::has_told_all);
        match replayed {
            Ok((exchange, _)) if !has_told_all => {
                self.abandon(exchange);
                Err(Failure::Refused("an exchange went another way when it ran again".into()))
            }
            replayed => replayed,
        }
    }

    /// What was answered at once since this was last asked.
    pub(super) fn take_answered(&self) -> Vec<Told> {
        self.desk(Desk::take_answered)
    }

    /// Sets memory apart that the next call may grow by; `false` where all instances together have not so much left.
    pub(super) fn reserve(&self, bytes: usize) -> bool {
        self.call.borrow_mut().store.data_mut().limits.reserve(bytes)
    }

    fn desk<T>(&self, with: impl FnOnce(&mut Desk) -> T) -> T {
        with(&mut self.call.borrow_mut().store.data_mut().desk)
    }

    /// Ends an exchange that another instance lost: its last turn, encoded.
    pub(super) fn break_off(&self, arrival: &[u8], now_ms: u64) -> Result<Vec<u8>, Failure> {
        self.call(|gateway, store| {
            gateway.edgeway_gateway_exchanges().call_break_off(store, arrival, now_ms)
        })
    }

    /// Forgets an exchange.
    pub(super) fn abandon(&self, exchange: u32) {
        // A trap on the way out harms nobody but the instance, which remembers it.
        let _ = self.call(|gateway, store| {
            gateway.edgeway_gateway_exchanges().call_abandon(store, exchange).map(Ok)
        });
    }

    fn call<T>(
        &self,
        function: impl FnOnce(&Gateway, &mut Store<Inside>) -> wasmtime::Result<Result<T, String>>,
    ) -> Result<T, Failure> {
        if !self.is_alive() {
            return Err(Failure::Trapped {
                reason: "it trapped before".into(),
                out_of_memory: false,
            });
        }
        let mut call = self.call.borrow_mut();
        let call = &mut *call;
        call.allow(self.bounds.memory_bytes_max, self.bounds.call_ms_max);
        #[cfg(test)]
        if self.interrupt_next.take() {
            call.store.set_epoch_deadline(0);
        }
        let called = function(&call.gateway, &mut call.store);
        call.store.data_mut().limits.release();
        match called {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(refused)) => Err(Failure::Refused(refused)),
            Err(trap) => {
                self.trapped.set(true);
                let out_of_memory = call.store.data().limits.refused;
                Err(Failure::Trapped { reason: format!("{trap:#}"), out_of_memory })
            }
        }
    }
}

/// A store and what to call in it.
pub(super) struct Call {
    store: Store<Inside>,
    gateway: Gateway,
}

impl Call {
    pub(super) fn new(program: &Program) -> wasmtime::Result<Self> {
        let mut store = Store::new(&program.engine, Inside::default());
        store.limiter(|inside| &mut inside.limits);
        store.set_epoch_deadline(ticks(1_000));
        let gateway = program.gateway.instantiate(&mut store)?;
        Ok(Self { store, gateway })
    }

    /// What the component says it was built from.
    pub(super) fn fingerprint(&mut self) -> wasmtime::Result<u64> {
        self.gateway.edgeway_gateway_exchanges().call_fingerprint(&mut self.store)
    }

    fn allow(&mut self, memory_bytes_max: usize, call_ms_max: u64) {
        let limits = &mut self.store.data_mut().limits;
        (limits.memory_bytes_max, limits.refused) = (memory_bytes_max, false);
        self.store.set_epoch_deadline(ticks(call_ms_max));
    }
}

/// What an instance has of its host.
#[derive(Default)]
pub(super) struct Inside {
    limits: Limits,
    pub(super) desk: Desk,
}

/// How much memory an instance has, and may have.
#[derive(Debug)]
struct Limits {
    memory_bytes: usize,
    memory_bytes_max: usize,
    refused: bool,
    /// Where it is counted what it grows by, once it has loaded its snapshot.
    growth: Option<&'static Growth>,
    /// What is counted there.
    grown: usize,
    /// What is counted there for the next call to grow by.
    reserved: usize,
}

impl Limits {
    fn reserve(&mut self, bytes: usize) -> bool {
        let is_taken = self.growth.is_none_or(|growth| growth.take(bytes));
        self.reserved += if is_taken { bytes } else { 0 };
        is_taken
    }

    fn grow(&mut self, bytes: usize) -> bool {
        let Some(growth) = self.growth else { return true };
        let reserved = bytes.min(self.reserved);
        if !growth.take(bytes - reserved) {
            return false;
        }
        self.reserved -= reserved;
        self.grown += bytes;
        true
    }

    fn release(&mut self) {
        let reserved = std::mem::take(&mut self.reserved);
        self.growth.iter().for_each(|growth| growth.give(reserved));
    }
}

impl Drop for Limits {
    fn drop(&mut self) {
        self.growth.iter().for_each(|growth| growth.give(self.grown + self.reserved));
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max: Bounds::default().memory_bytes_max,
            refused: false,
            growth: None,
            grown: 0,
            reserved: 0,
        }
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(self.memory_bytes);
        if desired > self.memory_bytes_max || !self.grow(more) {
            self.refused = true;
            return Ok(false);
        }
        self.memory_bytes = desired;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Tables hold the functions of the component, which makes none while it runs.
        Ok(current == 0 || desired <= current)
    }
}
