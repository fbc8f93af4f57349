//! Which pools the calling thread has.
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
    /// All of them, linked.
    static FIRST: Cell<*const ThreadPool> = const { Cell::new(ptr::null()) };
}

/// Makes `pool` one that frees on this thread find, whichever is the current one.
///
/// # Safety
///
/// - `pool` is a pool of this thread that stays valid until [`leave`] is called for it, once.
pub(crate) unsafe fn enter(pool: &ThreadPool) {
    pool.next_of_thread.set(FIRST.replace(pool));
}

/// Takes `pool` off the list again; the current pool is none afterwards.
pub(crate) fn leave(pool: &ThreadPool) {
    CURRENT.set(NONE);
    let next = pool.next_of_thread.get();
    if ptr::eq(FIRST.get(), pool) {
        FIRST.set(next);
    } else if let Some(before) = pools().find(|other| ptr::eq(other.next_of_thread.get(), pool)) {
        before.next_of_thread.set(next);
    }
}

/// The pools on the list.
fn pools<'a>() -> impl Iterator<Item = &'a ThreadPool> {
    let mut next = FIRST.get();
    core::iter::from_fn(move || {
        // SAFETY: P8: a pool on the list is valid until it leaves.
        let pool = unsafe { next.as_ref() }?;
        next = pool.next_of_thread.get();
        Some(pool)
    })
}

/// Makes `pool` the one that frees on this thread look into first.
///
/// # Safety
///
/// - `pool` is a pool of this thread that stays valid until another call replaces it, or [`leave`] does.
pub(crate) unsafe fn set_current(pool: &ThreadPool) {
    CURRENT.set(NonNull::from(pool));
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
    if ptr::eq(unsafe { pool.as_ref() }.depot_ptr(), depot) {
        return Some(pool);
    }
    pools().find(|pool| ptr::eq(pool.depot_ptr(), depot)).map(NonNull::from)
}

/// Counts a free without a pool; whether this thread does that often.
pub(super) fn frees_often() -> bool {
    let count = FREED_WITHOUT.get() + 1;
    FREED_WITHOUT.set(if count == OFTEN { 0 } else { count });
    count == OFTEN
}
