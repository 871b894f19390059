//! The component's machine code, loaded once for all threads, and the clock that stops it.

use std::sync::OnceLock;
use std::thread;

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use super::bindings::{Gateway, GatewayPre};
use super::code;
use super::instance::{Call, Inside};
use crate::engine::EngineError;
use crate::engine_config::engine_config;

/// How far apart deadlines can be told: a call is stopped at most this much later than it should.
const TICK_MS: u64 = 50;

/// The component, ready to be instantiated on any thread.
pub(super) struct Program {
    pub(super) engine: Engine,
    pub(super) gateway: GatewayPre<Inside>,
}

impl Program {
    /// The program of this process, loaded at the first call.
    pub(super) fn load() -> Result<&'static Self, EngineError> {
        static PROGRAM: OnceLock<Result<Program, EngineError>> = OnceLock::new();
        PROGRAM.get_or_init(load).as_ref().map_err(Clone::clone)
    }
}

/// Ticks of a time limit, rounded up. One more, because the first may come at once.
pub(super) fn ticks(limit_ms: u64) -> u64 {
    limit_ms.div_ceil(TICK_MS) + 1
}

fn load() -> Result<Program, EngineError> {
    if !code::is_built() {
        return Err(without_component("is not in it"));
    }
    let mut config = engine_config();
    config.with_custom_code_memory(Some(code::in_place()));
    let engine = Engine::new(&config).map_err(cannot_load)?;
    let component = code::load(&engine).map_err(cannot_load)?;
    let mut linker = Linker::new(&engine);
    // Nothing else is linked: a component that imports more is refused here.
    Gateway::add_to_linker::<Inside, HasSelf<Inside>>(&mut linker, |inside| inside)
        .map_err(cannot_load)?;
    let linked = linker.instantiate_pre(&component).map_err(cannot_load)?;
    let gateway = GatewayPre::new(linked).map_err(cannot_load)?;
    let program = Program { engine, gateway };
    check_fingerprint(&program)?;
    start_clock(&program.engine)?;
    Ok(program)
}

fn check_fingerprint(program: &Program) -> Result<(), EngineError> {
    let mut call = Call::new(program).map_err(cannot_load)?;
    let built_from = call.fingerprint().map_err(cannot_load)?;
    is_of_same_sources(&built_from.to_string())
}

fn is_of_same_sources(built_from: &str) -> Result<(), EngineError> {
    match built_from == env!("EDGEWAY_FINGERPRINT") {
        true => Ok(()),
        false => Err(without_component("was built from other sources than edgeway itself")),
    }
}

/// What is to be done where a component is no use.
fn without_component(why: &str) -> EngineError {
    EngineError(format!(
        "this edgeway's component {why}: run `cargo xtask component` and build again, or serve without it \
         (`edgeway serve --engine native`)"
    ))
}

/// Advances the epoch for as long as the process lives. It counts while this process runs, so a
/// machine that slept does not wake to expired deadlines.
fn start_clock(engine: &Engine) -> Result<(), EngineError> {
    let engine = engine.clone();
    let tick = move || loop {
        after_a_tick(|| engine.increment_epoch());
    };
    let clock = thread::Builder::new().name("component-clock".into()).stack_size(64 * 1024);
    clock.spawn(tick).map(drop).map_err(|e| EngineError(format!("starting the clock: {e}")))
}

#[cfg(not(test))]
fn after_a_tick(then: impl FnOnce()) {
    thread::sleep(std::time::Duration::from_millis(TICK_MS));
    then();
}

#[cfg(test)]
pub(super) use by_hand::{after_a_tick, let_pass};

/// In unit tests no time passes but what a test lets pass.
#[cfg(test)]
mod by_hand {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{LazyLock, Mutex};

    /// Who lets a tick pass is told when it has.
    type Passed = Sender<()>;
    static TICKS: LazyLock<(Sender<Passed>, Mutex<Receiver<Passed>>)> = LazyLock::new(|| {
        let (asks, asked) = channel();
        (asks, Mutex::new(asked))
    });

    pub(in super::super) fn after_a_tick(then: impl FnOnce()) {
        let asked = TICKS.1.lock().expect("there is one clock");
        let passed = asked.recv().expect("a static is never dropped");
        then();
        passed.send(()).expect("who lets it pass waits");
    }

    /// Has the clock of the component tick so often, and waits until it has.
    pub(in super::super) fn let_pass(ticks: u64) {
        for _ in 0..ticks {
            let (passed, has_passed) = channel();
            TICKS.0.send(passed).expect("a static is never dropped");
            has_passed.recv().expect("the clock runs for as long as the process");
        }
    }
}

fn cannot_load(error: wasmtime::Error) -> EngineError {
    without_component(&format!("cannot be loaded ({error:#})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_of_other_sources_is_refused_with_the_way_to_serve_without_it() {
        assert!(is_of_same_sources(env!("EDGEWAY_FINGERPRINT")).is_ok());
        let told = is_of_same_sources("another").unwrap_err().to_string();
        assert!(
            told.contains("built from other sources") && told.contains("--engine native"),
            "{told}"
        );
    }
}
