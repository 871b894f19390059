//! Content on its way to a viewer, and into the cache when all of it has come.

use std::cell::Cell;

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

use crate::content::{read_part, tee};

/// Largest content that is stored.
const OBJECT_BYTES_MAX: u64 = 16 << 20;
/// Most that is read at once to be stored, of all requests together: an isolate has 128 MB for everything.
const BYTES_MAX: u64 = 32 << 20;

thread_local! {
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

/// Bytes of that bound; given back when dropped.
#[derive(Default)]
struct Share(u64);

impl Share {
    fn take(&mut self, bytes: u64) -> bool {
        let all = BYTES.get() + bytes;
        if all > BYTES_MAX {
            return false;
        }
        BYTES.set(all);
        self.0 += bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        BYTES.set(BYTES.get() - self.0);
    }
}

/// Content for the viewer, and the same to be stored; `None` where it is too large for that.
pub(super) fn split(
    content: &ReadableStream,
    expected: Option<u64>,
) -> Option<[ReadableStream; 2]> {
    let is_large = expected.is_some_and(|length| length > OBJECT_BYTES_MAX);
    if is_large { None } else { tee(content).ok() }
}

/// The whole content, outside of the Wasm memory, which never shrinks. `None` where it breaks off, is not as
/// long as it should be, or where there is no room.
pub(super) async fn read(content: ReadableStream, expected: Option<u64>) -> Option<Uint8Array> {
    let reader: ReadableStreamDefaultReader = content.get_reader().unchecked_into();
    let (mut parts, mut length, mut share) = (Vec::new(), 0, Share::default());
    while let Some(part) = read_part(&reader).await.ok()? {
        length += u64::from(part.length());
        if length > expected.unwrap_or(OBJECT_BYTES_MAX) || !share.take(part.length().into()) {
            let _ = reader.cancel();
            return None;
        }
        parts.push(part);
    }
    if expected.is_some_and(|expected| expected != length) {
        return None;
    }
    let whole = Uint8Array::new_with_length(u32::try_from(length).ok()?);
    let mut at = 0;
    for part in parts {
        whole.set(&part, at);
        at += part.length();
    }
    Some(whole)
}
