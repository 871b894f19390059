//! The instance's allocator: freed blocks are kept by size, so that most allocations pop a list.
//!
//! An exchange makes a hundred small strings and gives them all back. The standard library's
//! dlmalloc searches and merges at each, which is a sixth of what the component costs beyond the
//! same code linked in (`docs/decisions/0003`). Blocks above 1 KiB are still its affair. What a list
//! holds never goes back; the host replaces an instance long before that matters.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;

/// Sizes 16, 32, … 1024.
const CLASSES: usize = 7;
const SMALLEST_BYTES: usize = 16;
const LARGEST_BYTES: usize = SMALLEST_BYTES << (CLASSES - 1);

pub(crate) struct BySize {
    free: UnsafeCell<[*mut Free; CLASSES]>,
}

struct Free {
    next: *mut Free,
}

// SAFETY: an instance of the component has one thread (shared memory is refused by the host), so
// nothing else touches the lists while a method runs.
unsafe impl Sync for BySize {}

impl BySize {
    pub(crate) const fn new() -> Self {
        Self { free: UnsafeCell::new([ptr::null_mut(); CLASSES]) }
    }
}

/// The class that a block of this layout belongs to, if it is small.
fn class(layout: &Layout) -> Option<usize> {
    if layout.size() > LARGEST_BYTES || layout.align() > SMALLEST_BYTES {
        return None;
    }
    let units = layout.size().saturating_sub(1) / SMALLEST_BYTES;
    Some((usize::BITS - units.leading_zeros()) as usize)
}

// SAFETY: blocks come from `System` with at least the size and the alignment asked for, belong to
// the class that `dealloc` computes from the same layout, and are on at most one list.
unsafe impl GlobalAlloc for BySize {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class(&layout) else {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc(layout) };
        };
        // SAFETY: one thread; no other reference to the lists is alive. A block on a list was
        // freed, and `dealloc` wrote its `next`.
        unsafe {
            let head = &mut (*self.free.get())[class];
            if !head.is_null() {
                let block = *head;
                *head = (*block).next;
                return block.cast();
            }
            System.alloc(Layout::from_size_align_unchecked(SMALLEST_BYTES << class, SMALLEST_BYTES))
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class(&layout) else {
            // SAFETY: such blocks came from `System`.
            return unsafe { System.dealloc(block, layout) };
        };
        // SAFETY: one thread; the block is the allocator's again and large enough for a pointer.
        unsafe {
            let head = &mut (*self.free.get())[class];
            let freed = block.cast::<Free>();
            (*freed).next = *head;
            *head = freed;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise that `new_size` makes a layout.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (class(&layout), class(&new_layout)) {
            (Some(old), Some(new)) if old == new => block,
            // SAFETY: both blocks are `System`'s.
            (None, None) => unsafe { System.realloc(block, layout, new_size) },
            // SAFETY: the blocks do not overlap and are as long as their layouts say.
            _ => unsafe {
                let moved = self.alloc(new_layout);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_as_large_as_its_class_says() {
        for size in 0..=LARGEST_BYTES {
            let layout = Layout::from_size_align(size, 1).unwrap();
            let block = SMALLEST_BYTES << class(&layout).unwrap();
            assert!(block >= size && block <= LARGEST_BYTES, "{size}");
            assert!(block == SMALLEST_BYTES || block / 2 < size, "{size}");
        }
    }

    #[test]
    fn large_and_strictly_aligned_blocks_are_left_to_the_system() {
        assert_eq!(class(&Layout::from_size_align(LARGEST_BYTES + 1, 1).unwrap()), None);
        assert_eq!(class(&Layout::from_size_align(8, 32).unwrap()), None);
    }

    #[test]
    fn content_moves_with_a_growing_block_and_freed_blocks_are_used_again() {
        let allocator = BySize::new();
        let mut layout = Layout::from_size_align(5, 1).unwrap();
        // SAFETY: each block is used within its layout and freed once, with the layout it has.
        unsafe {
            let mut block = allocator.alloc(layout);
            ptr::copy_nonoverlapping(b"12345".as_ptr(), block, 5);
            for size in [16, 17, 1_000, 5_000, 9_000, 40, 5] {
                block = allocator.realloc(block, layout, size);
                layout = Layout::from_size_align(size, 1).unwrap();
                assert_eq!(std::slice::from_raw_parts(block, 5), b"12345", "{size}");
            }
            allocator.dealloc(block, layout);
            assert_eq!(allocator.alloc(layout), block);
        }
    }
}
