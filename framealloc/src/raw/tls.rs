//! What a thread remembers about the allocator it used last.
//!
//! Three words without a destructor: reading them is a plain load, and works while the thread is being torn down. They
//! are only read on the fast path; the bump pointer itself lives behind the core's address, because arithmetic on a
//! thread-local is slower than arithmetic through a register.

#![expect(unsafe_code, reason = "what belongs to a known id is not null")]

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::core::Core;

struct Current {
    id: Cell<u64>,
    core: Cell<*const Core>,
    heap: Cell<*const ()>,
}

thread_local! {
    static CURRENT: Current =
        const { Current { id: Cell::new(0), core: Cell::new(ptr::null()), heap: Cell::new(ptr::null()) } };
}

/// Whether allocator `id` is the one this thread used last.
#[inline(always)]
pub(crate) fn is_current(id: u64) -> bool {
    CURRENT.with(|current| current.id.get() == id)
}

/// The ambient core of this thread in the allocator it used last. No `Option`: its test would cost an instruction on each
/// allocation.
///
/// # Safety
///
/// [`is_current`] is true for some allocator.
#[inline(always)]
pub(crate) unsafe fn current_core() -> NonNull<Core> {
    // SAFETY: F3: ids are never 0, so by the caller `set` was called, with a core.
    CURRENT.with(|current| unsafe { NonNull::new_unchecked(current.core.get().cast_mut()) })
}

/// The thread heap of this thread in the allocator it used last.
///
/// # Safety
///
/// [`is_current`] is true for some allocator, whose heaps are of type `H`.
#[inline(always)]
pub(crate) unsafe fn current_heap<H>() -> NonNull<H> {
    // SAFETY: F3: ids are never 0, so by the caller `set` was called, with a heap.
    CURRENT.with(|current| unsafe { NonNull::new_unchecked(current.heap.get().cast_mut()) }.cast())
}

/// The thread heap of this thread in allocator `id`, if that is the allocator the thread used last (F3).
#[inline(always)]
pub(crate) fn heap<H>(id: u64) -> Option<NonNull<H>> {
    last().heap(id)
}

/// What a thread finds at this moment, for a callee that is compiled into the library: there a thread-local costs a call's
/// worth of saved registers, which code that is compiled into the program does without.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    id: u64,
    heap: *const (),
}

/// The allocator that this thread used last and its heap there. Valid until the thread uses an allocator again.
#[inline(always)]
pub(crate) fn last() -> Last {
    CURRENT.with(|current| Last { id: current.id.get(), heap: current.heap.get() })
}

impl Last {
    /// As [`heap`] says it.
    #[inline(always)]
    pub(crate) fn heap<H>(self, id: u64) -> Option<NonNull<H>> {
        if self.id == id { NonNull::new(self.heap.cast_mut().cast()) } else { None }
    }
}

/// Makes (`core`, `heap`) what this thread finds for `id`.
pub(crate) fn set<H>(id: u64, core: NonNull<Core>, heap: NonNull<H>) {
    CURRENT.with(|current| {
        current.id.set(id);
        current.core.set(core.as_ptr());
        current.heap.set(heap.as_ptr().cast_const().cast());
    });
}

/// Makes `core` what this thread finds for the allocator it used last.
#[inline(always)]
pub(crate) fn replace(core: NonNull<Core>) {
    CURRENT.with(|current| current.core.set(core.as_ptr()));
}

/// Makes `core` what this thread finds for `id`, if that is the allocator it used last.
#[inline(always)]
pub(crate) fn update(id: u64, core: NonNull<Core>) {
    CURRENT.with(|current| {
        if current.id.get() == id {
            current.core.set(core.as_ptr());
        }
    });
}

/// Forgets allocator `id`.
pub(crate) fn clear(id: u64) {
    CURRENT.with(|current| {
        if current.id.get() == id {
            current.id.set(0);
        }
    });
}
