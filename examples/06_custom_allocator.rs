//! Where memory comes from is the program's choice: here one block that was reserved at the start, as on a console.
//!
//! `cargo run --example 06_custom_allocator`

#![expect(unsafe_code, reason = "a backend hands out raw memory, which is why its trait is unsafe")]

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use framealloc::backend::{AllocatorBackend, CountingBackend, SystemBackend};
use framealloc::{AllocConfig, AllocError, SmartAlloc};

/// Cuts blocks from one reserved block. What comes back is kept by its layout and handed out again.
struct Reserved {
    system: SystemBackend,
    block: NonNull<u8>,
    layout: Layout,
    state: Mutex<State>,
}

struct State {
    used: usize,
    free: Vec<(Layout, NonNull<u8>)>,
}

impl Reserved {
    fn new(bytes: usize) -> Option<Self> {
        let system = SystemBackend::new();
        let layout = Layout::from_size_align(bytes, 1 << 16).ok()?;
        let block = system.allocate(layout)?;
        Some(Self { system, block, layout, state: Mutex::new(State { used: 0, free: Vec::new() }) })
    }
}

// SAFETY: the block and the pointers of the free list belong to this value, and the lock guards who gets which part.
unsafe impl Send for Reserved {}
// SAFETY: as for `Send`.
unsafe impl Sync for Reserved {}

// SAFETY: parts are disjoint, because `used` only grows and a part is on the free list only while nobody has it; they are
// aligned and large enough by the arithmetic below; they stay valid until this value is dropped.
unsafe impl AllocatorBackend for Reserved {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let mut state = self.state.lock().ok()?;
        if let Some(at) = state.free.iter().position(|(of, _)| *of == layout) {
            return Some(state.free.swap_remove(at).1);
        }
        let start = state.used.checked_next_multiple_of(layout.align())?;
        let end = start.checked_add(layout.size())?;
        if end > self.layout.size() || layout.align() > self.layout.align() {
            return None;
        }
        state.used = end;
        // SAFETY: `start` is at most `end`, which is inside the block.
        Some(unsafe { self.block.add(start) })
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        if let Ok(mut state) = self.state.lock() {
            state.free.push((layout, ptr));
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        // SAFETY: the block came from `system` with this layout; the allocator that used its parts is gone.
        unsafe { self.system.deallocate(self.block, self.layout) };
    }
}

fn main() {
    let reserved = Reserved::new(8 << 20).expect("8 MB are there");
    let backend = Arc::new(CountingBackend::new(reserved));
    let config = AllocConfig::default().with_backend(Arc::clone(&backend));
    let alloc = SmartAlloc::new(config).expect("the configuration is valid");

    // A thread keeps free chunks for its next frames until it ends.
    std::thread::spawn(move || work(&alloc)).join().expect("nothing panics there");
    println!("{:?}", backend.counts());
    assert_eq!(backend.counts().live_bytes, 0, "everything came back");
}

fn work(alloc: &SmartAlloc) {
    let frame = alloc.frame();
    let squares = frame.slice_from_fn(10_000, |n| n as u64 * n as u64);
    let boxed = alloc.pool_box([1_u8; 500]);
    println!("{} and {} bytes lie in the reserved block", size_of_val(squares), boxed.len());

    // When the block is full, that is an error and not the end.
    let refused =
        frame.try_alloc_layout(Layout::new::<[u8; 16 << 20]>()).expect_err("more than was reserved");
    println!("{refused}");
    assert!(matches!(refused, AllocError::OutOfMemory { .. }));
    assert_eq!(squares[9_999], 9_999 * 9_999);
}
