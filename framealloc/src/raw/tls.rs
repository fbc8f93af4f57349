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

/// The ambient core of this thread in allocator `id`, if that is the allocator the thread used last (F3).
#[inline(always)]
pub(crate) fn ambient(id: u64) -> Option<NonNull<Core>> {
    CURRENT.with(
        |current| if current.id.get() == id { NonNull::new(current.core.get().cast_mut()) } else { None },
    )
}

/// The thread heap of this thread in allocator `id`, if that is the allocator the thread used last (F3).
#[inline(always)]
pub(crate) fn heap<H>(id: u64) -> Option<NonNull<H>> {
    CURRENT.with(|current| {
        // SAFETY: F3: ids are never 0, so an equal one was put there by `set`, together with a heap.
        (current.id.get() == id)
            .then(|| unsafe { NonNull::new_unchecked(current.heap.get().cast_mut()) }.cast())
    })
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
