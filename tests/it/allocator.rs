//! The program's allocator, which these tests run with, too: buffers keep what they hold while they grow and shrink over the sizes from which
//! on they begin with a cache line, and are mapped.

#[path = "../../engine/driftline/memory.rs"]
#[allow(dead_code)]
mod memory;

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};

const COLUMN: usize = 64 << 10;
const LARGE: usize = 4 << 20;

#[test]
fn buffers_keep_what_they_hold() {
    for align in [1, 8, 64, 4096, 8192] {
        let sizes = [1000, COLUMN - 1, COLUMN, 3 * COLUMN, 2 * COLUMN, 500, LARGE - 1, LARGE, LARGE + 1, 5 * LARGE, 2 * LARGE, 3 * LARGE + 4097, LARGE - 4096, COLUMN, 100];
        let layout = |size| Layout::from_size_align(size, align).expect("a layout");
        for zeroed in [false, true] {
            // SAFETY: layouts are those of the buffer at the time, and nothing beyond it is touched.
            unsafe {
                let mut buffer = if zeroed { alloc_zeroed(layout(sizes[0])) } else { alloc(layout(sizes[0])) };
                for (i, size) in sizes.into_iter().enumerate() {
                    if i > 0 {
                        buffer = realloc(buffer, layout(sizes[i - 1]), size);
                        let kept = std::slice::from_raw_parts(buffer, size.min(sizes[i - 1]));
                        assert!(kept.iter().enumerate().all(|(at, byte)| *byte == (at % 251) as u8), "{align} {size}");
                    }
                    let aligned = if size < COLUMN { align } else { align.max(64) };
                    assert!(!buffer.is_null() && buffer.addr() % aligned == 0, "{align} {size}");
                    let all = std::slice::from_raw_parts_mut(buffer, size);
                    all.iter_mut().enumerate().for_each(|(at, byte)| *byte = (at % 251) as u8);
                }
                dealloc(buffer, layout(sizes[sizes.len() - 1]));
                // What comes after it is zero where that was asked for.
                for size in [COLUMN, 2 * LARGE] {
                    let again = alloc_zeroed(layout(size));
                    assert!(std::slice::from_raw_parts(again, size).iter().all(|byte| *byte == 0), "{align} {size}");
                    dealloc(again, layout(size));
                }
            }
        }
    }
}

#[test]
fn many_threads_grow_their_buffers() {
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            scope.spawn(move || {
                let mut values = Vec::new();
                (0..3_000_000).for_each(|i| values.push(i ^ thread));
                assert!(values.iter().enumerate().all(|(i, value)| *value == i as u64 ^ thread));
            });
        }
    });
}
