//! The numbers of one thread.

#![forbid(unsafe_code)]

use core::cell::Cell;
use core::ops::Sub;
use core::sync::atomic::{AtomicBool, Ordering};

/// What one thread did with the global allocator since it started. Each number wraps at 2^64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapCounters {
    /// Calls that returned a block, reallocations included.
    pub allocations: u64,
    /// Bytes of those blocks.
    pub allocated_bytes: u64,
    /// Blocks that were given back, reallocations included.
    pub frees: u64,
    /// Bytes of those blocks.
    pub freed_bytes: u64,
}

/// What was done between two readings on the same thread: later - earlier.
impl Sub for HeapCounters {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            allocations: self.allocations.wrapping_sub(earlier.allocations),
            allocated_bytes: self.allocated_bytes.wrapping_sub(earlier.allocated_bytes),
            frees: self.frees.wrapping_sub(earlier.frees),
            freed_bytes: self.freed_bytes.wrapping_sub(earlier.freed_bytes),
        }
    }
}

/// Calls and bytes that are bumped together lie apart: side by side they would become one vector operation, which is
/// slower by the forwarding of its parts. `repr(C)` keeps them in this order.
#[repr(C)]
struct Cells {
    allocations: Cell<u64>,
    frees: Cell<u64>,
    allocated_bytes: Cell<u64>,
    freed_bytes: Cell<u64>,
    /// Changes with every counted call.
    activity: Cell<u64>,
    /// How many `exempt` calls are open.
    exempt: Cell<u32>,
}

thread_local! {
    static CELLS: Cells = const {
        Cells {
            allocations: Cell::new(0),
            frees: Cell::new(0),
            allocated_bytes: Cell::new(0),
            freed_bytes: Cell::new(0),
            activity: Cell::new(0),
            exempt: Cell::new(0),
        }
    };
}

/// Set by the first call. It is read before it is written, so that its cache line stays shared.
static SERVED: AtomicBool = AtomicBool::new(false);

/// The counters of this thread. All zero when [`Tracking`](super::Tracking) is not the global allocator.
#[must_use]
pub fn thread_counters() -> HeapCounters {
    CELLS.with(|cells| HeapCounters {
        allocations: cells.allocations.get(),
        allocated_bytes: cells.allocated_bytes.get(),
        frees: cells.frees.get(),
        freed_bytes: cells.freed_bytes.get(),
    })
}

/// A number of this thread that changes with every call that is counted.
#[inline(always)]
pub(crate) fn thread_activity() -> u64 {
    CELLS.with(|cells| cells.activity.get())
}

/// Whether a [`Tracking`](super::Tracking) has served a call in this program: whether the counters mean anything.
#[must_use]
pub fn is_installed() -> bool {
    SERVED.load(Ordering::Relaxed)
}

/// Runs `f` without counting what this thread allocates and frees in it. Calls nest; an unwinding `f` ends its own.
pub(crate) fn exempt<R>(f: impl FnOnce() -> R) -> R {
    struct Restore;

    impl Drop for Restore {
        fn drop(&mut self) {
            CELLS.with(|cells| cells.exempt.set(cells.exempt.get().wrapping_sub(1)));
        }
    }

    CELLS.with(|cells| cells.exempt.set(cells.exempt.get().wrapping_add(1)));
    let _restore = Restore;
    f()
}

/// Whether an `exempt` call is open on this thread.
pub(super) fn is_exempt() -> bool {
    CELLS.with(|cells| cells.exempt.get() != 0)
}

fn add(cell: &Cell<u64>, amount: usize) {
    cell.set(cell.get().wrapping_add(amount as u64));
}

#[inline]
fn counting(count: impl FnOnce(&Cells)) {
    if !SERVED.load(Ordering::Relaxed) {
        SERVED.store(true, Ordering::Relaxed);
    }
    CELLS.with(|cells| {
        if cells.exempt.get() == 0 {
            add(&cells.activity, 1);
            count(cells);
        }
    });
}

#[inline]
pub(super) fn allocated(bytes: usize) {
    counting(|cells| {
        add(&cells.allocations, 1);
        add(&cells.allocated_bytes, bytes);
    });
}

#[inline]
pub(super) fn freed(bytes: usize) {
    counting(|cells| {
        add(&cells.frees, 1);
        add(&cells.freed_bytes, bytes);
    });
}

#[inline]
pub(super) fn reallocated(old: usize, new: usize) {
    counting(|cells| {
        add(&cells.allocations, 1);
        add(&cells.allocated_bytes, new);
        add(&cells.frees, 1);
        add(&cells.freed_bytes, old);
    });
}
