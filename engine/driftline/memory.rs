//! How the program takes memory: large buffers in mappings of their own, so that a run is fast and takes what `[run] memory` says.

use std::alloc::{GlobalAlloc, Layout, System};

/// Large buffers are mapped in huge pages where the system has them (512 times fewer page faults), grow without being copied, and go back to
/// the system when they are free. Those of a column's size begin with a cache line, as Arrow recommends: between two that do not begin alike,
/// a copy takes a quarter longer. All others are the C library's.
struct Pages;

#[global_allocator]
static PAGES: Pages = Pages;

const CACHE_LINE: usize = 64;

/// Where a buffer is, and how it got there.
enum Place {
    Heap,
    /// In the heap, at the beginning of a cache line.
    Line,
    /// In a mapping of its own.
    Mapping,
}

fn place(layout: Layout) -> Place {
    const COLUMN: usize = 64 << 10;
    const LARGE: usize = 4 << 20;
    const SMALLEST_PAGE: usize = 4096;
    match layout.size() {
        LARGE.. if layout.align() <= SMALLEST_PAGE => Place::Mapping,
        COLUMN..LARGE if layout.align() <= CACHE_LINE => Place::Line,
        _ => Place::Heap,
    }
}

// SAFETY: a buffer's layout says which of the two has it, and how: the system's allocator, or the kernel, whose mappings are zero, aligned to
// pages and apart from all others.
unsafe impl GlobalAlloc for Pages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match place(layout) {
            // SAFETY: as promised by the caller.
            Place::Heap => unsafe { System.alloc(layout) },
            // SAFETY: it has the room.
            Place::Line => unsafe { to_line(System.alloc(with_room(layout))) },
            Place::Mapping => map(layout.size()),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match place(layout) {
            // SAFETY: as promised by the caller.
            Place::Heap => unsafe { System.alloc_zeroed(layout) },
            // SAFETY: it has the room.
            Place::Line => unsafe { to_line(System.alloc_zeroed(with_room(layout))) },
            Place::Mapping => map(layout.size()),
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match place(layout) {
            // SAFETY: as promised by the caller.
            Place::Heap => unsafe { System.dealloc(pointer, layout) },
            // SAFETY: where the system's buffer begins stands before this one.
            Place::Line => unsafe { System.dealloc(pointer.cast::<*mut u8>().sub(1).read(), with_room(layout)) },
            // SAFETY: it was mapped with this size, and the caller does not use it again.
            Place::Mapping => drop(unsafe { libc::munmap(pointer.cast(), layout.size()) }),
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size is valid for the alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (place(layout), place(new_layout)) {
            // SAFETY: as promised by the caller.
            (Place::Heap, Place::Heap) => unsafe { System.realloc(pointer, layout, size) },
            // SAFETY: it was mapped with that size.
            (Place::Mapping, Place::Mapping) => advised(unsafe { libc::mremap(pointer.cast(), layout.size(), size, libc::MREMAP_MAYMOVE) }, size),
            // SAFETY: both buffers hold what is copied.
            _ => unsafe {
                let new = self.alloc(new_layout);
                if !new.is_null() {
                    new.copy_from_nonoverlapping(pointer, size.min(layout.size()));
                    self.dealloc(pointer, layout);
                }
                new
            },
        }
    }
}

/// What the system is asked for. Asked for the alignment instead, glibc would leave gaps that it does not fill.
fn with_room(layout: Layout) -> Layout {
    // SAFETY: sizes of this place are far from where they would overflow. Aligned so, a buffer is at least 16 bytes before a line.
    unsafe { Layout::from_size_align_unchecked(layout.size() + CACHE_LINE, 16) }
}

/// The first line of a system's buffer that leaves room for where that one begins.
///
/// # Safety
///
/// The buffer is null, or [`with_room`].
unsafe fn to_line(buffer: *mut u8) -> *mut u8 {
    if buffer.is_null() {
        return buffer;
    }
    // SAFETY: between 16 and 64 bytes further, which the buffer has.
    unsafe {
        let line = buffer.add(CACHE_LINE - buffer.addr() % CACHE_LINE);
        line.cast::<*mut u8>().sub(1).write(buffer);
        line
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
