//! The component's machine code, run from where the program's own file is mapped: nothing of it is
//! copied, and of its pages only those that run are ever in memory.

use std::ptr::NonNull;
use std::sync::Arc;

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::component::Component;
use wasmtime::{CustomCodeMemory, Engine};

/// Aligned to the largest pages that there are on machines that the component is compiled for.
#[repr(C, align(65536))]
struct OnPages<T: ?Sized>(T);

/// Empty if the component was not built before this program was.
static CODE: &OnPages<[u8]> = &OnPages(*include_bytes!(concat!(env!("OUT_DIR"), "/gateway.cwasm")));

/// Whether there is a component at all.
pub(super) fn is_built() -> bool {
    !CODE.0.is_empty()
}

/// The component. Once in a process: its code stays executable for as long as that runs.
pub(super) fn load(engine: &Engine) -> wasmtime::Result<Component> {
    // SAFETY: wasmtime trusts these bytes as if they were this program's own code. They are: the
    // build that made this program embedded what `cargo xtask component` compiled, and nothing
    // changes a static, which lives as long as the process. wasmtime refuses code of other versions
    // and settings than its own.
    unsafe { Component::deserialize_raw(engine, NonNull::from(&CODE.0)) }
}

/// Makes the code executable where it is.
pub(super) fn in_place() -> Arc<dyn CustomCodeMemory> {
    Arc::new(InPlace)
}

struct InPlace;

impl CustomCodeMemory for InPlace {
    fn required_alignment(&self) -> usize {
        rustix::param::page_size()
    }

    fn publish_executable(&self, start: *const u8, bytes: usize) -> wasmtime::Result<()> {
        protect(start, bytes, MprotectFlags::READ | MprotectFlags::EXEC)
    }

    fn unpublish_executable(&self, start: *const u8, bytes: usize) -> wasmtime::Result<()> {
        protect(start, bytes, MprotectFlags::READ)
    }
}

fn protect(start: *const u8, bytes: usize, flags: MprotectFlags) -> wasmtime::Result<()> {
    let code = CODE.0.as_ptr_range();
    let end = start.wrapping_add(bytes);
    if start < code.start || end > code.end {
        return Err(wasmtime::Error::msg("code that is not this program's own"));
    }
    // SAFETY: the range is within the static above, whose pages hold nothing else, and they stay
    // readable: what reads them as data does not notice. Nothing is made writable.
    unsafe { mprotect(start.cast_mut().cast(), bytes, flags) }.map_err(wasmtime::Error::new)
}
