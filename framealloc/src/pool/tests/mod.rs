//! What the tests of the pool share.

mod boxes;
mod containers;
mod failure;
mod racks;
mod reentry;
mod threads;

use super::*;
use crate::backend::{AllocatorBackend, BackendCounts, CountingBackend, SystemBackend};
use crate::error::AllocError;
use crate::raw::meter::ObjectMeter;
use crate::raw::tls::Last;
use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::rc::Rc;
use std::sync::Arc;

type Counting = Arc<CountingBackend<SystemBackend>>;

/// A depot, and the counts of its backend.
fn depot() -> (Arc<Depot>, Counting) {
    let counting = Arc::new(CountingBackend::new(SystemBackend::new()));
    (Depot::new(Arc::new(Arc::clone(&counting))), counting)
}

/// What the front does for a thread that uses an allocator: a pool that is current until the guard drops. Not in a `Box`,
/// which when it is moved makes itself the one way to what it owns, and the thread knows another.
struct Thread(Rc<ThreadPool>);

impl Thread {
    fn new(depot: &Arc<Depot>) -> Self {
        let pool = Rc::new(ThreadPool::new(Arc::clone(depot), 0));
        // SAFETY: the pool stays where it is, and `drop` takes it back before it goes.
        unsafe {
            enter(&pool);
            set_current(&pool);
        }
        Self(pool)
    }

    fn boxed<T>(&self, value: T) -> PoolBox<T> {
        // SAFETY: the memory is the pool's.
        unsafe { PoolBox::try_place(value, |layout| self.memory(layout).ok_or(())) }.expect("memory")
    }

    /// As the front asks for it, which has no budgets here.
    fn memory(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.0.alloc(layout).or_else(|| self.0.alloc_of(self.0.tag(), layout))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.flush();
        leave(&self.0);
    }
}

/// A small deterministic generator.
struct Rng(u64);

impl Rng {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Fewer rounds where everything is slow.
fn rounds(n: usize) -> usize {
    if cfg!(miri) { n / 100 + 2 } else { n }
}

/// Keeps one account, and refuses what would pass `limit`.
struct Account {
    live: AtomicI64,
    limit: i64,
}

impl Account {
    fn new(limit: i64) -> Arc<Self> {
        Arc::new(Self { live: AtomicI64::new(0), limit })
    }

    fn live(&self) -> i64 {
        self.live.load(Relaxed)
    }
}

/// The tag whose objects are counted.
const METERED: u16 = 7;

impl ObjectMeter for Account {
    fn pool_made(&self, tag: u16, bytes: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError> {
        if tag != METERED {
            make();
            return Ok(());
        }
        if self.live() + bytes as i64 > self.limit {
            return Err(AllocError::CapacityExceeded { capacity: self.limit as usize });
        }
        if make() {
            self.live.fetch_add(bytes as i64, Relaxed);
        }
        Ok(())
    }

    fn pool_freed(&self, _: u16, bytes: usize, _: NonNull<u8>) -> bool {
        self.live.fetch_sub(bytes as i64, Relaxed);
        true
    }

    fn heap_made(&self, tag: u16, bytes: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError> {
        self.pool_made(tag, bytes, make)
    }

    fn heap_freed(&self, _: u16, bytes: usize, _: Last) {
        self.live.fetch_sub(bytes as i64, Relaxed);
    }
}
