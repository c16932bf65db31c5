//! How the program takes memory: large buffers in mappings of their own, so that a run is fast and takes what `[run] memory` says.

use std::alloc::{GlobalAlloc, Layout, System};

/// Large buffers are mapped in huge pages where the system has them (512 times fewer page faults), grow without being copied, and go back to
/// the system when they are free. All others are the C library's.
struct Pages;

#[global_allocator]
static PAGES: Pages = Pages;

/// Whether a buffer is mapped by itself.
fn is_large(size: usize, align: usize) -> bool {
    const LARGE: usize = 4 << 20;
    const SMALLEST_PAGE: usize = 4096;
    size >= LARGE && align <= SMALLEST_PAGE
}

// SAFETY: a buffer's layout says which of the two has it: the system's allocator, or the kernel, whose mappings are zero, aligned to pages and
// apart from all others.
unsafe impl GlobalAlloc for Pages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match is_large(layout.size(), layout.align()) {
            true => map(layout.size()),
            // SAFETY: as promised by the caller.
            false => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match is_large(layout.size(), layout.align()) {
            true => map(layout.size()),
            // SAFETY: as promised by the caller.
            false => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match is_large(layout.size(), layout.align()) {
            // SAFETY: it was mapped with this size, and the caller does not use it again.
            true => drop(unsafe { libc::munmap(pointer.cast(), layout.size()) }),
            // SAFETY: as promised by the caller.
            false => unsafe { System.dealloc(pointer, layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match (is_large(layout.size(), layout.align()), is_large(size, layout.align())) {
            // SAFETY: as promised by the caller.
            (false, false) => unsafe { System.realloc(pointer, layout, size) },
            // SAFETY: it was mapped with that size.
            (true, true) => advised(unsafe { libc::mremap(pointer.cast(), layout.size(), size, libc::MREMAP_MAYMOVE) }, size),
            // SAFETY: the caller promises that the new size is valid for the alignment; both buffers hold what is copied.
            _ => unsafe {
                let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                if !new.is_null() {
                    new.copy_from_nonoverlapping(pointer, size.min(layout.size()));
                    self.dealloc(pointer, layout);
                }
                new
            },
        }
    }
}

fn map(size: usize) -> *mut u8 {
    // SAFETY: a new mapping, which replaces none.
    let mapping = unsafe { libc::mmap(std::ptr::null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };
    advised(mapping, size)
}

/// The mapping, in huge pages if possible; null where there is none.
fn advised(mapping: *mut libc::c_void, size: usize) -> *mut u8 {
    if mapping == libc::MAP_FAILED {
        return std::ptr::null_mut();
    }
    // SAFETY: advice changes no content. Where it fails, pages are small.
    unsafe { libc::madvise(mapping, size, libc::MADV_HUGEPAGE) };
    mapping.cast()
}

/// Before there are threads: four cores share a heap, rather than that each thread keeps what it once needed in one of its own.
pub fn share_heaps() {
    #[cfg(target_env = "gnu")]
    {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // SAFETY: sets a number of the C library's allocator.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, i32::try_from(cores.div_ceil(4)).unwrap_or(1)) };
    }
}
