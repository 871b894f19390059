//! Memory for the whole program: mimalloc, as a proxied request allocates some hundred small pieces, all
//! on one thread.

use std::alloc::{GlobalAlloc, Layout};

use mimalloc::MiMalloc;

/// [`MiMalloc`], but for what needs no alignment of its own, which is nearly everything: the crate asks
/// for each piece with its alignment, a way that takes twice the instructions.
pub(crate) struct Allocator;

/// What every piece of its own size is aligned to (`MI_MAX_ALIGN_SIZE` of mimalloc).
const ALIGNED_TO: usize = 16;

// SAFETY: the pieces are mimalloc's. `mi_malloc` and `mi_zalloc` align pieces as `malloc` does: to 16 bytes those of
// 16 and more, smaller ones to their size; `mi_free` takes what either way gave.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_aligned_anyway(layout) {
            // SAFETY: `mi_malloc` has no condition.
            unsafe { libmimalloc_sys::mi_malloc(layout.size()).cast() }
        } else {
            // SAFETY: the caller's promise.
            unsafe { MiMalloc.alloc(layout) }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { MiMalloc.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { MiMalloc.realloc(block, layout, new_size) }
    }
}

fn is_aligned_anyway(layout: Layout) -> bool {
    layout.align() <= ALIGNED_TO && layout.align() <= layout.size()
}
