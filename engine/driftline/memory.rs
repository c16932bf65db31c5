//! How the program takes memory: large buffers in huge pages and back to the system at once, so that a run is fast and takes what
//! `[run] memory` says.

use std::alloc::{GlobalAlloc, Layout, System};

/// Buffers from this size on are mapped by themselves.
const LARGE: usize = 4 << 20;

/// The system's allocator, whose large buffers are in huge pages where the system has them: 512 times fewer page faults.
struct Pages;

#[global_allocator]
static PAGES: Pages = Pages;

// SAFETY: all memory is the system allocator's; advice changes nothing of what it holds.
unsafe impl GlobalAlloc for Pages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        advise(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        advise(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() >= LARGE || size < LARGE {
            // SAFETY: as promised by the caller.
            return advise(unsafe { System.realloc(pointer, layout, size) }, size);
        }
        // What becomes large leaves the heap, which it would keep from shrinking.
        // SAFETY: the caller promises that the new size is valid for the alignment; both buffers hold what is copied.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(pointer, layout.size());
                System.dealloc(pointer, layout);
            }
            new
        }
    }
}

#[cfg(target_os = "linux")]
fn advise(pointer: *mut u8, size: usize) -> *mut u8 {
    const PAGE: usize = 4096;
    if size >= LARGE && !pointer.is_null() {
        // The whole mapping, with the page that the allocator begins it with: a part of it could not be moved when the buffer grows.
        let first = pointer.addr() / PAGE * PAGE;
        let length = (pointer.addr() + size).next_multiple_of(PAGE) - first;
        // SAFETY: advice changes no content. Where it fails, pages are small.
        unsafe { libc::madvise(pointer.with_addr(first).cast(), length, libc::MADV_HUGEPAGE) };
    }
    pointer
}

#[cfg(not(target_os = "linux"))]
fn advise(pointer: *mut u8, _size: usize) -> *mut u8 {
    pointer
}

/// Before there are threads: large buffers go back to the system when they are free, and threads share one heap, rather than that each keeps
/// what it once needed.
#[cfg(target_env = "gnu")]
pub fn tune() {
    // SAFETY: sets numbers of the C library's allocator, which takes or refuses them.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE as i32);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

#[cfg(not(target_env = "gnu"))]
pub fn tune() {}
