//! Large buffers begin with a cache line, like the host's: rows are copied between buffers that begin alike, which a machine does fastest.

use std::alloc::{GlobalAlloc, Layout, System};

struct Lines;

#[global_allocator]
static LINES: Lines = Lines;

/// What the system's allocator is asked for.
fn on_lines(layout: Layout) -> Layout {
    const LARGE: usize = 64 << 10;
    const CACHE_LINE: usize = 64;
    if layout.size() < LARGE { layout } else { layout.align_to(CACHE_LINE).unwrap_or(layout) }
}

// SAFETY: the system's allocator gets the same layout for a buffer each time.
unsafe impl GlobalAlloc for Lines {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(on_lines(layout)) }
    }

    unsafe fn dealloc(&self, buffer: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(buffer, on_lines(layout)) }
    }
}
