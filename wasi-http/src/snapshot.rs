//! The definitions that this component serves. `edgeway deploy --target wasi` puts them behind the memory that the
//! module begins with, and writes into [`SLOT`] where they are: no host has to be asked for a file.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use edge_common::bundled::{Bundled, Draft, Slot};
use edge_common::token_keys;
use gateway_core::codec;
use gateway_core::definition::Snapshot;
use gateway_core::gateway::{Gateway, TOKEN_KEY_BYTES_MIN};
use wasip2::random::random::get_random_bytes;

use crate::{environment, log};

/// What the command looks for in the module.
static SLOT: Slot = Slot::empty(match u64::from_str_radix(env!("EDGEWAY_FINGERPRINT"), 10) {
    Ok(fingerprint) => fingerprint,
    Err(_) => panic!("the build script writes a number"),
});

thread_local! {
    static GATEWAY: OnceCell<Result<Rc<Gateway>, String>> = const { OnceCell::new() };
}

/// The compiled definitions, or why there are none. Once for each instance.
pub(crate) fn gateway() -> Result<Rc<Gateway>, String> {
    GATEWAY.with(|cell| cell.get_or_init(load).clone())
}

/// What the configuration says in place of environment variables.
pub(crate) fn variables() -> BTreeMap<String, String> {
    bundled().map(|bundled| bundled.variables).unwrap_or_default()
}

/// The draft of `wasi:keyvalue` that the component imports, if it does.
pub(crate) fn keyvalue() -> Option<Draft> {
    bundled().ok()?.keyvalue
}

fn load() -> Result<Rc<Gateway>, String> {
    let mut snapshot =
        Snapshot::from_bytes(&bundled()?.snapshot.0).map_err(|error| error.to_string())?;
    // Nobody here takes spans: what comes is passed on as it is.
    snapshot.tracing = None;
    // A key of this instance, where the environment has none.
    let random = || Some(get_random_bytes(TOKEN_KEY_BYTES_MIN as u64));
    let told = token_keys::fill(&mut snapshot.web_acls, &environment::text, random);
    told.iter().for_each(|told| log::error(told));
    Gateway::compile(snapshot).map(Rc::new).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

fn bundled() -> Result<Bundled, String> {
    codec::decode(written()?)
}

/// What was written behind the memory.
fn written() -> Result<&'static [u8], String> {
    // SAFETY: a reference to a static is valid. Volatile: the compiler knows what the slot is compiled with, and not
    // what is written into it afterwards.
    let Slot { address, length, .. } = unsafe { std::ptr::read_volatile(&SLOT) };
    if length == 0 {
        return Err("there is none: `edgeway deploy --target wasi` puts one in".into());
    }
    // SAFETY: a data segment of the module has these bytes, behind everything that it was linked with; the allocator
    // takes pages that are added to the memory after it, so nobody else has them.
    Ok(unsafe { std::slice::from_raw_parts(address as *const u8, length as usize) })
}
