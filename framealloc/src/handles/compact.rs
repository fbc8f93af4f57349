//! Compaction: objects of sparse pages move into the holes of fuller ones, and the pages go back.
//!
//! A pass takes each page with enough holes once, the emptiest first, closes it, and moves its objects elsewhere one by
//! one. When the holes of the other pages are too small, a fresh page is filled, as long as no more pages are in use than
//! when the pass began, and one. This is the cleaning of log-structured memory (S. M. Rumble, A. Kejriwal, J. Ousterhout,
//! "Log-structured memory for DRAM-based storage", FAST 2014), with holes filled first.

use core::ptr::{self, NonNull};

use super::heap::HandleHeap;
use super::page::{self, Block, CLOSED_HOLE, PAGE, Page};
use super::space::{RESTING, SHARES, Space, share_of};
use super::stats::{Defragmented, Relocation};
use super::table::Slot;
use super::word::Fate;

/// A pass that does not gain this share of the pages is the last one until enough was freed.
const WORTH: usize = 64;

/// How far compaction has come. It goes on where the last call stopped.
pub(super) struct Pass {
    /// A thread is at it.
    running: bool,
    active: bool,
    /// The page that is being emptied, or null.
    victim: *mut Page,
    cursor: *mut Block,
    pages_before: usize,
    /// The last pass gained little.
    settled: bool,
    /// Something was unpinned since the last pass began.
    stirred: bool,
    /// Bytes freed since the last pass began.
    pub(super) freed: usize,
}

impl Default for Pass {
    fn default() -> Self {
        Self {
            running: false,
            active: false,
            victim: ptr::null_mut(),
            cursor: ptr::null_mut(),
            pages_before: 0,
            settled: false,
            stirred: false,
            freed: 0,
        }
    }
}

impl Pass {
    pub(super) fn is_victim(&self, page: NonNull<Page>) -> bool {
        self.victim == page.as_ptr()
    }

    pub(super) fn victim(&self) -> Option<NonNull<Page>> {
        NonNull::new(self.victim)
    }

    pub(super) fn forget_victim(&mut self) {
        self.victim = ptr::null_mut();
        self.cursor = ptr::null_mut();
    }

    /// An object can be moved that could not before.
    pub(super) fn stir(&mut self) {
        self.stirred = true;
    }
}

/// What one step under the lock came to.
enum Step<'h> {
    /// An object was moved.
    Moved { event: Relocation, slot: &'h Slot, index: u32, fate: Fate },
    /// A fresh page is needed.
    NeedsPage,
    /// There is more to do.
    Further,
    /// The next object is larger than what is left of the budget.
    Spent,
    /// There is nothing to do.
    Done,
}

impl Space {
    /// Begins a pass if it promises a page.
    fn begin_pass(&mut self) -> bool {
        if self.pass.active {
            return true;
        }
        let much = self.pass.freed >= PAGE.max(self.pages * PAGE / WORTH);
        let due = !self.pass.settled || self.pass.stirred || much;
        if !due || self.holes() < PAGE {
            return false;
        }
        self.pass.active = true;
        self.pass.pages_before = self.pages;
        self.pass.freed = 0;
        self.pass.stirred = false;
        true
    }

    fn end_pass(&mut self) {
        self.pass.active = false;
        let gained = self.pass.pages_before.saturating_sub(self.pages);
        self.pass.settled = gained * WORTH <= self.pass.pages_before;
        while let Some(page) = NonNull::new(self.lists[RESTING]) {
            // SAFETY: C3: pages of lists are live.
            let share = share_of(unsafe { page.as_ref() });
            self.list(page, share);
        }
    }

    /// Closes the page with the most holes among those whose objects are all `idle`.
    fn choose_victim(&mut self, idle: impl Fn(u32) -> bool) -> bool {
        for share in (1..SHARES).rev() {
            while let Some(page) = NonNull::new(self.lists[share]) {
                if all_idle(page, &idle) {
                    self.close(page);
                    self.pass.victim = page.as_ptr();
                    self.pass.cursor = page::first(page).as_ptr();
                    return true;
                }
                self.list(page, RESTING);
            }
        }
        false
    }

    /// The page that is being emptied keeps what is in it.
    fn give_up_victim(&mut self) {
        if let Some(page) = self.pass.victim() {
            self.pass.forget_victim();
            self.reopen(page);
        }
    }

    /// The next block with an object in the page that is being emptied.
    fn next_to_move(&mut self) -> Option<NonNull<Block>> {
        let mut block = NonNull::new(self.pass.cursor)?;
        // SAFETY: C3: the cursor is a block of the victim, which is live; blocks of a closed page are not merged.
        unsafe {
            while block.as_ref().is_hole() {
                block = page::next(block);
            }
            self.pass.cursor = block.as_ptr();
            (!block.as_ref().is_end()).then_some(block)
        }
    }
}

fn all_idle(page: NonNull<Page>, idle: impl Fn(u32) -> bool) -> bool {
    let mut block = page::first(page);
    // SAFETY: C3: the page is live.
    unsafe {
        while !block.as_ref().is_end() {
            if !block.as_ref().is_hole() && !idle(block.as_ref().owner.get()) {
                return false;
            }
            block = page::next(block);
        }
    }
    true
}

/// While it lives, no other thread compacts.
struct Turn<'h>(&'h HandleHeap);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().pass.running = false;
    }
}

impl HandleHeap {
    fn begin_turn(&self) -> Option<Turn<'_>> {
        let mut space = self.lock();
        let free = !core::mem::replace(&mut space.pass.running, true);
        drop(space);
        free.then(|| Turn(self))
    }

    /// Moves objects of at most `budget` bytes together, and gives pages back. The lock is held for one object at a time.
    /// Does nothing while another thread, or a callback's caller, is at it.
    pub(crate) fn defragment(&self, budget: usize) -> Defragmented {
        let mut done = Defragmented::default();
        let Some(_turn) = self.begin_turn() else { return done };
        loop {
            let left = budget - done.bytes_moved as usize;
            let mut space = self.lock();
            let (step, page) = self.step(&mut space, left);
            drop(space);
            self.give_back(page, &mut done);
            match step {
                Step::Moved { event, slot, index, fate } => {
                    done.objects_moved += 1;
                    done.bytes_moved += event.bytes as u64;
                    self.seal(fate, index, slot);
                    self.relocated.call(&[event]);
                }
                Step::NeedsPage => match self.backend.allocate(page::LAYOUT) {
                    Some(fresh) => {
                        done.bytes_taken += PAGE as u64;
                        // SAFETY: C3: the block was just taken for a page.
                        unsafe { self.lock().add_page(fresh, true) };
                    }
                    None => self.lock().give_up_victim(),
                },
                Step::Further => {}
                Step::Spent => return done,
                Step::Done => {
                    done.bytes_returned += self.trim() as u64;
                    done.complete = true;
                    return done;
                }
            }
        }
    }

    fn give_back(&self, page: Option<NonNull<u8>>, done: &mut Defragmented) {
        if let Some(page) = page {
            // SAFETY: C3: the space gave the page up; it came from this backend with this layout.
            unsafe { self.backend.deallocate(page, page::LAYOUT) };
            done.bytes_returned += PAGE as u64;
        }
    }

    /// One step, and a page that is to go back.
    fn step<'h>(&'h self, space: &mut Space, left: usize) -> (Step<'h>, Option<NonNull<u8>>) {
        if !space.begin_pass() {
            return (Step::Done, None);
        }
        if space.pass.victim().is_none() {
            let idle = |index| self.slot(index).is_some_and(|slot| slot.word.is_idle());
            if !space.choose_victim(idle) {
                space.end_pass();
                // What callbacks and other threads unpin and free meanwhile is for the next call, or this one might never
                // end.
                return (if space.pass.settled { Step::Done } else { Step::Further }, None);
            }
        }
        let Some((block, slot)) =
            // SAFETY: C3: the block is live and has an object, whose slot exists.
            space.next_to_move().and_then(|block| Some((block, self.slot(unsafe { block.as_ref() }.owner.get())?)))
        else {
            // An empty page was in a list: one that was taken for an object which then went elsewhere.
            return (Step::Further, space.retire_victim());
        };
        // SAFETY: C3: as above.
        let (index, bytes) = unsafe { (block.as_ref().owner.get(), block.as_ref().bytes.get() as usize) };
        if bytes > left {
            return (Step::Spent, None);
        }
        let Some(to) = space.place(slot.about.get().layout(), index) else {
            if space.pages <= space.pass.pages_before {
                return (Step::NeedsPage, None);
            }
            space.give_up_victim();
            return (Step::Further, None);
        };
        if !slot.word.start_move() {
            // SAFETY: C3: the place was just taken, and nobody knows it.
            let page = unsafe { space.free(to) };
            space.give_up_victim();
            return (Step::Further, page);
        }
        // SAFETY: C2: the object is being moved, so nobody reads it or looks for it. C3: both places have room for it, and
        // the old one is given up.
        let (from, page) = unsafe {
            let from = page::object(block);
            to.copy_from_nonoverlapping(from, bytes);
            slot.place.set(to.as_ptr());
            (from, space.leave(block))
        };
        let fate = slot.word.end_move();
        let event = Relocation {
            object: self.id_of(index, slot),
            from: from.addr().get(),
            to: to.addr().get(),
            bytes,
        };
        (Step::Moved { event, slot, index, fate }, page)
    }
}

impl Space {
    /// The object of `block` moved elsewhere.
    ///
    /// # Safety
    ///
    /// `block` is a block of the victim whose object is not there any more.
    unsafe fn leave(&mut self, block: NonNull<Block>) -> Option<NonNull<u8>> {
        // SAFETY: C3: by the caller the block is live.
        let block_ref = unsafe { block.as_ref() };
        block_ref.owner.set(CLOSED_HOLE);
        let page = page::page_of(block);
        self.count(page, -(block_ref.size() as isize));
        // SAFETY: C3: the victim is live.
        let is_empty = unsafe { page.as_ref() }.live.get() == 0;
        if is_empty { self.retire(page) } else { None }
    }

    /// The victim has no object to move: it goes back if it is empty, and is kept otherwise.
    fn retire_victim(&mut self) -> Option<NonNull<u8>> {
        let page = self.pass.victim()?;
        // SAFETY: C3: the victim is live.
        if unsafe { page.as_ref() }.live.get() == 0 {
            return self.retire(page);
        }
        self.give_up_victim();
        None
    }
}
