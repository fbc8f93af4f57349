//! Finding the heap of this thread, and what happens when the thread exits.
//!
//! Two thread-locals without a destructor hold what is looked up: the pair in `raw::tls` and the list of this thread's
//! heaps. A third one has a destructor and is touched only when a heap is created; it empties the list.

#![expect(unsafe_code, reason = "follows the list of this thread's heaps")]

use core::cell::Cell;
use core::ptr::{self, NonNull};
use std::sync::Arc;
use std::thread::LocalKey;

use super::context::FOLLOWER_EXIT;
use super::{DRIVES, ThreadHeap};
use crate::backend::SystemBackend;
use crate::error::AllocError;
use crate::front::shared::Shared;
use crate::pool;
use crate::raw::stack::Stack;
use crate::raw::tls;
use crate::sys::caught::Caught;
use crate::tracking;

/// An entered allocator: its heap, and the serial its guard knows it by.
#[derive(Clone, Copy)]
struct Entered {
    heap: NonNull<ThreadHeap>,
    serial: u64,
}

thread_local! {
    static HEAPS: Cell<*const ThreadHeap> = const { Cell::new(ptr::null()) };
    static ENTERED: Stack<Entered> = const { Stack::new() };
    static SERIAL: Cell<u64> = const { Cell::new(0) };
    static EXIT: Exit = const { Exit };
    static LATE_1: Exit = const { Exit };
    static LATE_2: Exit = const { Exit };
    static LATE_3: Exit = const { Exit };
    static LATE_4: Exit = const { Exit };
    static LATE_5: Exit = const { Exit };
    static LATE_6: Exit = const { Exit };
    static LATE_7: Exit = const { Exit };
}

/// Its destructor is the thread's exit, as far as heaps are concerned. A heap that is first needed in a destructor which
/// runs after the first one's is given up by the second's, and so on: the latest registered destructor runs first.
struct Exit;

const EXITS: [&LocalKey<Exit>; 8] = [&EXIT, &LATE_1, &LATE_2, &LATE_3, &LATE_4, &LATE_5, &LATE_6, &LATE_7];

impl Drop for Exit {
    fn drop(&mut self) {
        release_entries();
        // An allocator may go with its heap, and with it sinks and callbacks: a panic of their destructors would abort the
        // process.
        let mut caught = Caught::default();
        while let Some(heap) = NonNull::new(HEAPS.get().cast_mut()) {
            // SAFETY: F5: a heap on the list has the thread's keep.
            let this = unsafe { heap.as_ref() };
            this.exit();
            // SAFETY: F5: the thread's keep, given up here.
            caught.catch(|| unsafe { this.unkeep() });
        }
    }
}

/// The heap of this thread in the allocator of `shared`, created on first use.
#[inline(always)]
pub(crate) fn heap(shared: &Arc<Shared>) -> NonNull<ThreadHeap> {
    if !tls::is_current(shared.id) {
        return find_or_create(shared);
    }
    // SAFETY: F3: the allocator is current.
    unsafe { tls::current_heap() }
}

#[cold]
#[inline(never)]
fn find_or_create(shared: &Arc<Shared>) -> NonNull<ThreadHeap> {
    match find(shared.id) {
        Some(heap) => {
            // SAFETY: F5: heaps on the list have the thread's keep.
            unsafe { heap.as_ref() }.make_current();
            heap
        }
        None => tracking::exempt(|| create(shared)),
    }
}

/// Gives this thread, which has none, a heap in the allocator of `shared`, and makes it the current one, unless the thread
/// exits. Its pool keeps the blocks of the current tag that the thread frees.
pub(crate) fn adopt(shared: &Arc<Shared>) {
    if !is_exiting() {
        // SAFETY: F5: heaps that the thread finds have its keep.
        unsafe { heap(shared).as_ref() }.select_pool();
    }
}

/// Whether this thread exits. A panic would abort the process then: what would panic is reported only.
pub(crate) fn is_exiting() -> bool {
    EXIT.try_with(|_| ()).is_err()
}

/// Runs `work` with the heap of allocator `id`, if that is the one this thread used last, which `last` tells.
#[inline(always)]
pub(crate) fn with_last<R>(last: tls::Last, id: u64, work: impl FnOnce(&ThreadHeap) -> R) -> Option<R> {
    // SAFETY: F5: heaps that the thread finds have its keep.
    last.heap(id).map(|heap| work(unsafe { heap.as_ref() }))
}

/// Runs `work` with the heap this thread has for `shared`, if it has one.
pub(crate) fn with_existing<R>(shared: &Shared, work: impl FnOnce(&ThreadHeap) -> R) -> Option<R> {
    let heap = tls::heap(shared.id).or_else(|| find(shared.id))?;
    // SAFETY: F5: heaps that the thread finds have its keep.
    Some(work(unsafe { heap.as_ref() }))
}

fn find(id: u64) -> Option<NonNull<ThreadHeap>> {
    let mut next = HEAPS.get();
    while let Some(heap) = NonNull::new(next.cast_mut()) {
        // SAFETY: F5: heaps on the list have the thread's keep.
        let this = unsafe { heap.as_ref() };
        if this.shared.id == id {
            return Some(heap);
        }
        next = this.next_of_thread.get();
    }
    None
}

/// Takes a heap off the list, which may have grown in front of it.
fn unlist(heap: &ThreadHeap) {
    let next = heap.next_of_thread.get();
    if ptr::eq(HEAPS.get(), heap) {
        return HEAPS.set(next);
    }
    let mut above = HEAPS.get();
    // SAFETY: F5: heaps on the list have the thread's keep.
    while let Some(this) = unsafe { above.as_ref() } {
        above = this.next_of_thread.get();
        if ptr::eq(above, heap) {
            return this.next_of_thread.set(next);
        }
    }
}

fn create(shared: &Arc<Shared>) -> NonNull<ThreadHeap> {
    let heap = ThreadHeap::create(shared);
    // SAFETY: F5: created above, with the thread's keep.
    let this = unsafe { heap.as_ref() };
    this.next_of_thread.set(HEAPS.get());
    HEAPS.set(this);
    // SAFETY: F5: the pool lives as long as the heap, whose exit takes it off the list.
    unsafe { pool::enter(&this.pool) };
    this.make_current();
    // Past all exits nobody empties the list again: such a heap stays, one per allocator at most.
    if !EXITS.iter().any(|exit| exit.try_with(|_| ()).is_ok()) {
        this.exited.set(true);
        this.follow(FOLLOWER_EXIT);
    } else {
        this.note_joined();
    }
    heap
}

impl ThreadHeap {
    /// Makes this heap what the thread-local pair names.
    pub(super) fn make_current(&self) {
        tls::set(self.shared.id, self.ambient.get(), NonNull::from(self));
        // SAFETY: F5: the pool lives as long as the heap, whose exit takes it off the list.
        unsafe { pool::set_current(&self.pool) };
        // SAFETY: T5: the heap's exit clears it, on this thread, before the heap can be freed.
        unsafe { tracking::set_source(NonNull::from(self)) };
    }

    /// The thread exits: open frames and quarantined ones stay, everything that is cached goes (F5).
    fn exit(&self) {
        self.exited.set(true);
        self.follow(FOLLOWER_EXIT);
        self.end_begun_phases();
        // A begun frame that nobody can end any more ends here.
        let begun = self.begun.replace(0);
        let alive = self.retire_ambient_quietly();
        self.notice_end(begun, alive);
        self.report_alive(alive, None);
        // Frames that stay open keep what they use, and nothing they lease.
        self.settle_now();
        self.tell_left();
        if self.has_ambient() {
            // A sink, a subscriber or a destructor opened another one, which nobody can end any more.
            self.retire_ambient_quietly();
        }
        self.close_all_shares();
        self.role.set(self.role.get() & !DRIVES);
        self.shared.clock.resign();
        // A subscriber, a shared value's destructor, or the backend that is given memory back, may open another one, share for
        // frames to come, or begin a phase, which keeps the heap.
        let opened = || self.has_ambient() || self.has_open_shares() || self.has_begun_phases();
        loop {
            while opened() {
                self.end_begun_phases();
                self.retire_ambient_quietly();
                self.close_all_shares();
            }
            // The panic of a destructor was told when it began, and goes no further. Its payload's destructor is foreign, too.
            drop(self.take_panic());
            self.give_up_resources();
            if !opened() {
                break;
            }
        }
        self.shared.deferred.resign();
        // Until now foreign code finds this heap, whichever allocator is current.
        unlist(self);
        tls::clear(self.shared.id);
        pool::leave(&self.pool);
        tracking::clear_source(NonNull::from(self));
        self.abandon_shares();
    }
}

/// Makes `heap` the current allocator's until [`leave`] is called with the serial.
pub(crate) fn enter(heap: NonNull<ThreadHeap>) -> Result<u64, AllocError> {
    let serial = SERIAL.get() + 1;
    SERIAL.set(serial);
    // SAFETY: F5: the caller's heap is live; the entry keeps it from here on.
    let this = unsafe { heap.as_ref() };
    ENTERED.with(|entered| entered.push(Entered { heap, serial }, &SystemBackend::new()))?;
    this.keep();
    Ok(serial)
}

/// Leaves the entry `serial` and what was entered after it; nothing if it was left already (F8).
pub(crate) fn leave(serial: u64) {
    ENTERED.with(|entered| {
        let is_open =
            || (0..entered.len()).any(|index| entered.get(index).is_some_and(|entry| entry.serial == serial));
        while is_open()
            && let Some(entry) = entered.pop()
        {
            // SAFETY: F5: the entry's keep, given up here. It may have been the allocator's last, and what goes with that
            // may leave entries too (F7).
            unsafe { entry.heap.as_ref().unkeep() };
        }
    });
    if is_exiting() {
        release_entries();
    }
}

/// The thread exits: gives the memory of its entries back, if there are none. An entry may be left later than all exits ran.
fn release_entries() {
    ENTERED.with(|entered| {
        if entered.is_empty() {
            entered.release(&SystemBackend::new());
        }
    });
}

/// The heap of the allocator that this thread entered last and has not left.
pub(crate) fn entered() -> Option<NonNull<ThreadHeap>> {
    ENTERED.with(|entered| entered.last().map(|entry| entry.heap))
}

#[cfg(all(test, not(framealloc_loom)))]
mod tests {
    use core::cell::RefCell;
    use std::sync::mpsc::{self, Sender};

    use super::*;
    use crate::{EnterGuard, RetentionPolicy, SmartAlloc};

    /// Leaves what was entered, if anything was, and says whether the entries of the thread have memory still.
    struct Late(Option<EnterGuard>, Sender<bool>);

    impl Drop for Late {
        fn drop(&mut self) {
            drop(self.0.take());
            self.1.send(ENTERED.with(Stack::has_room)).unwrap();
        }
    }

    struct Enters(SmartAlloc);

    impl Drop for Enters {
        fn drop(&mut self) {
            drop(self.0.enter());
        }
    }

    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }

    /// Whether entries have memory after all that an exiting thread runs, which `work` makes.
    fn is_left_behind(work: impl FnOnce(&SmartAlloc) -> Option<EnterGuard> + Send) -> bool {
        let alloc = SmartAlloc::with_defaults();
        let (send, left) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Before the heap's destructor is registered, so that it runs after that one.
                LATE.with(|_| ());
                let guard = work(&alloc);
                LATE.set(Some(Late(guard, send)));
            });
        });
        left.recv().unwrap()
    }

    #[test]
    fn entries_give_their_memory_back_when_they_are_left_past_the_exit() {
        assert!(!is_left_behind(|alloc| Some(alloc.enter())));
    }

    #[test]
    fn entries_give_their_memory_back_when_a_destructor_enters_in_the_exit() {
        assert!(!is_left_behind(|alloc| {
            alloc.begin_frame();
            alloc.frame_retained(Enters(alloc.clone()), RetentionPolicy::Discard).release();
            None
        }));
    }
}
