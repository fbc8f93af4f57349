//! Which pool the calling thread has.
//!
//! A const thread-local without a destructor: reading it is one instruction, and it works while the thread's other
//! thread-locals are being destroyed.

use super::depot::Depot;
use super::thread::{NO_POOL, ThreadPool};
use core::cell::Cell;
use core::ptr::{self, NonNull};

const NONE: NonNull<ThreadPool> = NonNull::from_ref(&NO_POOL.0);

/// Frees without a pool after which the thread is offered one.
const OFTEN: u32 = 8;

thread_local! {
    static FREED_WITHOUT: Cell<u32> = const { Cell::new(0) };
    static CURRENT: Cell<NonNull<ThreadPool>> = const { Cell::new(NONE) };
}

/// Makes `pool` the one that frees on this thread look into first; null for none. Objects of other allocators go to
/// their depots, under a lock.
///
/// # Safety
///
/// - `pool` is null, or a pool of this thread that stays valid until another call replaces it.
pub(crate) unsafe fn set_current(pool: *const ThreadPool) {
    CURRENT.set(NonNull::new(pool.cast_mut()).unwrap_or(NONE));
}

/// The current pool, or an empty one, of which only the current set may be read.
#[inline(always)]
pub(super) fn current() -> NonNull<ThreadPool> {
    CURRENT.get()
}

/// The pool that this thread has for `depot`.
pub(super) fn pool_of(depot: *const Depot) -> Option<NonNull<ThreadPool>> {
    let pool = current();
    // SAFETY: P8: the current pool is valid until it is replaced; the empty pool is a static.
    let of = unsafe { pool.as_ref() }.depot_ptr();
    (!of.is_null() && ptr::eq(of, depot)).then_some(pool)
}

/// Counts a free without a pool; whether this thread does that often.
pub(super) fn frees_often() -> bool {
    let count = FREED_WITHOUT.get() + 1;
    FREED_WITHOUT.set(if count == OFTEN { 0 } else { count });
    count == OFTEN
}
