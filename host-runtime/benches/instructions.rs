//! What a whole HTTP_PROXY exchange takes in allocations, and a fixed number of them for a tool that
//! counts instructions: both are the same on a busy machine as on a quiet one, which times are not.
//!
//! `cargo bench -p host-runtime --bench instructions -- native 1000` prints the allocations. Under
//! `valgrind --tool=callgrind`, run the binary (its path is printed by `--no-run`) with 1000 and with
//! 2000: a thousandth of the difference is one exchange's.

#[allow(dead_code)]
#[path = "../src/engine/fixture.rs"]
mod fixture;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use gateway_core::exchange::Next;
use gateway_core::message::{Arrival, Timestamp};
use host_runtime::engine::{Engine, EngineKind};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is the system allocator's; counting touches nothing that allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs an exchange to its response; its status.
fn run(engine: &Engine, arrival: Arrival) -> u16 {
    let (mut exchange, mut turn) = engine.begin(arrival);
    loop {
        match turn.next {
            Next::Respond(response) => return response.status,
            Next::Perform(effect) => {
                let outcome = fixture::outcome(&effect);
                turn = engine.resume(&mut exchange, Timestamp(fixture::NOW_MS), outcome);
            }
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let kind = match arguments.iter().any(|argument| argument == "native") {
        true => EngineKind::Native,
        false => EngineKind::Component,
    };
    let times = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(1_u64);
    let engine = Engine::start(kind, fixture::snapshot()).expect("the fixture is served");
    engine.answer_at_once(Box::new(|effect| {
        Some((Timestamp(fixture::NOW_MS), fixture::outcome(effect)))
    }));
    let arrival = fixture::http_proxy();
    for _ in 0..times {
        assert_eq!(run(&engine, black_box(arrival.clone())), 200);
    }
    let (next, before) = (arrival, ALLOCATIONS.get());
    assert_eq!(run(&engine, black_box(next)), 200);
    println!("{kind:?}: {} allocations an exchange in the host", ALLOCATIONS.get() - before);
}
