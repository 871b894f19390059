//! How wasmtime is set up, in one place for the two programs that must agree on it.
//!
//! `cargo xtask component` compiles the pipeline's component to machine code ahead of time, and the host maps that code
//! at start instead of compiling it (0.2 ms against 1–3 s). wasmtime refuses precompiled code whose settings differ from
//! its own, so both sides take them from here: the host as a module, `xtask` through `#[path]`.

use wasmtime::Config;

/// The settings of the engine that runs the pipeline's component.
///
/// Only settings that hold with every set of Cargo features belong here: the host is built without a compiler, `xtask`
/// with one, and a build of the whole workspace unites their features.
pub(crate) fn engine_config() -> Config {
    let mut config = Config::new();
    config
        // A pipeline that does not end is stopped by a deadline. Epochs cost 10–19 % of a call; counting fuel costs more
        // than twice that.
        .epoch_interruption(true)
        .consume_fuel(false)
        // One exchange at a time calls into an instance and nothing inside it waits, so the bookkeeping of the component
        // model's concurrency would only triple the price of a call.
        .concurrency_support(false)
        // The component is plain Rust for wasm32: one 32-bit memory, no shared memory, no vectors.
        // What it cannot use is refused at validation, and does not have to be trusted.
        .shared_memory(false)
        .gc_support(false)
        .wasm_memory64(false)
        .wasm_multi_memory(true) // adapters between component instances, written by wasmtime itself
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_component_model(true)
        // The guest's own recursion bound: the definition's and the templates' nesting limits end far below.
        .max_wasm_stack(512 * 1024)
        // A bounds check costs a page fault, never an instruction: 4 GiB of address space are reserved per memory.
        .memory_init_cow(true)
        // The module is stripped, so addresses of Wasm instructions would say nothing and only make the file longer.
        .generate_address_map(false)
        .native_unwind_info(false);
    config
}
