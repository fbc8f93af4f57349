//! Values that other threads read: opening their slots, closing them in time, giving the values up.
//!
//! ```text
//!   open frame ── shared ─► slot ─► slot          close with the frame, or later
//!   this thread ─ list ──► slot ⇄ slot ⇄ slot     outlive their frame: open for further frames, or pinned
//!                 inbox ─► slot ─► slot           their last reader is gone
//! ```

#![expect(unsafe_code, reason = "follows the lists of slots")]

use core::cell::{Cell, OnceCell, RefCell};
use core::panic::Location;
use core::ptr::{self, NonNull};
use std::sync::Arc;

use super::nodes::TagNode;
use super::{SHARES, ThreadHeap};
use crate::error::AllocError;
use crate::frame::FrameRef;
use crate::front::shared::Orphan;
use crate::raw::cache::ChunkList;
use crate::raw::core::{Core, Record};
use crate::raw::share::{Chain, Inbox, Node, Slot};
use crate::sys::caught::Caught;

/// The slots that one thread has opened.
#[derive(Default)]
pub(super) struct Shares {
    /// Slots that outlive the frame they were opened in, linked both ways.
    list: Cell<Option<NonNull<Slot>>>,
    /// Vacant slots of this thread.
    free: Cell<Option<NonNull<Slot>>>,
    /// Made for the first slot.
    inbox: OnceCell<Arc<Inbox>>,
    /// The frame that was to begin when the list was last searched for slots that are due.
    searched: Cell<u64>,
    /// Cores of the exited thread that handles keep, and what inherits their memory.
    orphans: RefCell<Vec<(*const Core, Arc<Orphan>)>>,
}

impl Shares {
    fn link(&self, slot: &Slot) {
        let head = self.list.replace(Some(NonNull::from(slot)));
        slot.previous.set(ptr::null());
        slot.next.set(head.map_or(ptr::null(), |head| head.as_ptr().cast_const()));
        if let Some(head) = head {
            // SAFETY: V1, V6: the slots of the list are this thread's.
            unsafe { head.as_ref() }.previous.set(slot);
        }
    }

    fn unlink(&self, slot: &Slot) {
        let (previous, next) = (slot.previous.get(), slot.next.get());
        // SAFETY: V1, V6: neighbours in the list are this thread's.
        unsafe {
            match previous.as_ref() {
                Some(previous) => previous.next.set(next),
                None => self.list.set(NonNull::new(next.cast_mut())),
            }
            if let Some(next) = next.as_ref() {
                next.previous.set(previous);
            }
        }
    }

    /// The slots of the list. One that was returned may be unlinked before the next is asked for.
    fn iter(&self) -> impl Iterator<Item = &Slot> {
        let mut next = self.list.get().map_or(ptr::null(), |slot| slot.as_ptr().cast_const());
        core::iter::from_fn(move || {
            // SAFETY: V1, V6: the slots of the list are this thread's.
            let slot = unsafe { next.as_ref() }?;
            next = slot.next.get();
            Some(slot)
        })
    }

    fn put(&self, slot: &Slot) {
        slot.next.set(self.free.get().map_or(ptr::null(), |free| free.as_ptr().cast_const()));
        self.free.set(Some(NonNull::from(slot)));
    }
}

impl ThreadHeap {
    /// Moves `value` into the ambient frame and opens a slot for it until `frames` further frames are over. Returns the
    /// slot and its generation.
    pub(crate) fn share<T: Send + Sync + 'static>(
        &self,
        value: T,
        frames: u64,
        location: &'static Location<'static>,
    ) -> Result<(NonNull<Slot>, u64), AllocError> {
        let core = self.ambient_core(location)?;
        // SAFETY: F2: an ambient core of this thread that is open. The reference does not leave this function.
        let frame = unsafe { FrameRef::new(core) };
        let node = frame.request_for::<Node<T>>()?;
        let inbox = self.shares.inbox.get_or_init(|| Arc::new(Inbox::new()));
        let slot = self.vacant_slot()?;
        // From here on nothing foreign runs (F7). A sink that was told on the way may have ended the frame: then nobody
        // looks at its list any more.
        let core = frame.core();
        core.retain();
        core.shares.set(core.shares.get() + 1);
        slot.core.set(core);
        slot.until.set(self.frame_number().saturating_add(frames));
        if core.closed.get() {
            self.link_slot(slot);
        } else {
            slot.next.set(core.shared.replace(slot));
        }
        // SAFETY: V2: the place is fresh, fits, and the slot's count keeps it until the value is given up; `T` may be read
        // and dropped on any thread. V3: the slot is vacant and this thread's. V4: the heap holds the inbox.
        let generation = unsafe {
            node.write(Node::new(value));
            slot.open(node, inbox)
        };
        Ok((NonNull::from(slot), generation))
    }

    fn vacant_slot(&self) -> Result<&Slot, AllocError> {
        if self.shares.free.get().is_none() {
            let mut chain = self.shared.slots.take()?;
            // F7: the backend may have shared something meanwhile: the chain is added to what is there now.
            while let Some(slot) = chain.pop() {
                // SAFETY: V1: slots live as long as the allocator, which the heap holds.
                self.shares.put(unsafe { slot.as_ref() });
            }
        }
        let slot = self.shares.free.get();
        let slot = slot.ok_or(AllocError::Unsupported { what: "a table of slots that gave none" })?;
        // SAFETY: V1, V6: as above; free slots are this thread's.
        let slot = unsafe { slot.as_ref() };
        self.shares.free.set(NonNull::new(slot.next.get().cast_mut()));
        Ok(slot)
    }

    /// The frame of `core` is over: closes its slots, all of them if it is rolled back, else those that are due. Values
    /// without a reader are given up.
    #[cold]
    #[inline(never)]
    pub(super) fn close_shares_of(&self, core: &Core, all: bool) -> Caught {
        let now = self.frame_number();
        let mut dead = Chain::EMPTY;
        let mut next = core.shared.replace(ptr::null());
        // SAFETY: V1, V6: the slots of the list are this thread's.
        while let Some(slot) = unsafe { next.as_ref() } {
            next = slot.next.get();
            if (all || slot.until.get() <= now) && slot.close() {
                dead.push(slot);
            } else {
                self.link_slot(slot);
            }
        }
        self.give_up(dead)
    }

    /// Gives up the values whose last reader is gone, and closes what is not to be read in the frame `next`.
    #[inline(always)]
    pub(super) fn tend_shares(&self, next: u64) {
        if self.shares.list.get().is_some() {
            self.tend_shares_slow(next);
        }
    }

    #[cold]
    #[inline(never)]
    fn tend_shares_slow(&self, next: u64) {
        let mut dead = self.drain_inbox();
        if self.shares.searched.replace(next) != next {
            self.close_shares(&mut dead, |slot| slot.until.get() < next);
        }
        self.give_up(dead).resume();
    }

    fn link_slot(&self, slot: &Slot) {
        self.shares.link(slot);
        self.role.set(self.role.get() | SHARES);
    }

    fn unlink_slot(&self, slot: &Slot) {
        self.shares.unlink(slot);
        if self.shares.list.get().is_none() {
            self.role.set(self.role.get() & !SHARES);
        }
    }

    /// The slots that their last readers gave back.
    fn drain_inbox(&self) -> Chain {
        let mut dead = Chain::EMPTY;
        for slot in self.shares.inbox.get().into_iter().flat_map(|inbox| inbox.take_all()) {
            // SAFETY: V1, V3: slots of the inbox are this thread's again, and are in its list.
            let slot = unsafe { slot.as_ref() };
            self.unlink_slot(slot);
            dead.push(slot);
        }
        dead
    }

    /// Closes the open slots of the list that are `due`, and moves those without a reader to `dead`.
    fn close_shares(&self, dead: &mut Chain, due: impl Fn(&Slot) -> bool) {
        for slot in self.shares.iter().filter(|slot| slot.is_open() && due(slot)) {
            if slot.close() {
                self.unlink_slot(slot);
                dead.push(slot);
            }
        }
    }

    /// Runs the destructors of vacant slots' values and gives up their counts. Returns the first panic.
    fn give_up(&self, mut dead: Chain) -> Caught {
        let mut panic = Caught::default();
        while let Some(slot) = dead.pop() {
            // SAFETY: V1, V3: the slot is vacant and this thread's. Its count keeps its core until `release` below.
            let (slot, core) = unsafe { (slot.as_ref(), &*slot.as_ref().core.get()) };
            // SAFETY: V3: as above.
            let value = unsafe { slot.take_value() };
            if !slot.is_worn() {
                self.shares.put(slot);
            }
            // F7: the slot may be opened again in there; the chain is reached from here alone.
            panic.catch(|| drop(value));
            core.shares.set(core.shares.get() - 1);
            panic.catch(|| core.release());
        }
        panic
    }

    /// Gives vacant slots back to the table.
    pub(super) fn give_up_slots(&self) {
        let mut chain = Chain::EMPTY;
        let mut free = self.shares.free.take();
        while let Some(slot) = free {
            // SAFETY: V1, V6: free slots are this thread's.
            let slot = unsafe { slot.as_ref() };
            free = NonNull::new(slot.next.get().cast_mut());
            chain.push(slot);
        }
        self.shared.slots.give(chain);
    }

    /// Whether a slot that outlived its frame is open.
    pub(super) fn has_open_shares(&self) -> bool {
        self.shares.iter().any(Slot::is_open)
    }

    /// The thread exits: closes every slot that outlived its frame, whenever it was to close.
    pub(super) fn close_all_shares(&self) {
        let mut dead = self.drain_inbox();
        self.close_shares(&mut dead, |_| true);
        self.keep_panic(self.give_up(dead));
    }

    /// The thread has exited: who reads still inherits the value, and the last reader of a frame its memory (V5).
    pub(super) fn abandon_shares(&self) {
        let Some(inbox) = self.shares.inbox.get() else { return };
        // What the backend shared since they were closed.
        for slot in self.shares.iter().filter(|slot| slot.is_open()) {
            if slot.close() {
                inbox.push(slot);
            }
        }
        while let Some(first) = self.shares.iter().next() {
            // SAFETY: F2: a slot counts on its core.
            let core = unsafe { &*first.core.get() };
            let orphan = Arc::new(Orphan::new(inbox.clone(), &self.shared));
            // Until its slots have let go. One that is not closed stays: the process exits while it ends.
            core.retain();
            self.shares.orphans.borrow_mut().push((core, orphan.clone()));
            for slot in self.shares.iter().filter(|slot| ptr::eq(slot.core.get(), core)) {
                self.unlink_slot(slot);
                slot.set_heir(orphan.clone());
                core.shares.set(core.shares.get() - 1);
                core.refs.set(core.refs.get() - 1);
            }
            drop(orphan);
            if core.closed.get() {
                core.release();
            }
        }
        let mut vacant = Chain::EMPTY;
        for slot in inbox.abandon() {
            // SAFETY: V1: slots live as long as the allocator, which the heap holds.
            let slot = unsafe { slot.as_ref() };
            // A panic was told when it began, and goes no further.
            Caught::default().catch(|| drop(slot.inherit()));
            vacant.push(slot);
        }
        self.shared.slots.give(vacant);
    }

    /// What inherits the memory of `core`, if slots in it outlived the thread.
    pub(super) fn take_orphan_of(&self, core: &Core) -> Option<Arc<Orphan>> {
        let mut orphans = self.shares.orphans.borrow_mut();
        let index = orphans.iter().position(|(of, _)| ptr::eq(*of, core))?;
        Some(orphans.swap_remove(index).1)
    }

    /// Leaves the memory of `core` to `orphan`, for the slots in it.
    ///
    /// # Safety
    ///
    /// The core is closed, and this thread reaches nothing of its memory (F2).
    #[cold]
    pub(super) unsafe fn bequeath(&self, core: &Core, orphan: &Orphan) {
        if core.linked.get() {
            self.seal(core);
        }
        let mut charges = Vec::new();
        let mut hand_over = |Record { payer, bytes }| {
            // SAFETY: F3: the payer of a record is a tag node of this heap.
            let node = unsafe { &*payer.cast::<TagNode>() };
            self.record.live.sub(bytes);
            node.cell().frames.live.sub(bytes);
            self.shared.registry.orphan_frame(node.tag, bytes, true);
            charges.push((node.tag, bytes));
        };
        // A budget that is set now finds the bytes either here, where this thread answers for them, or there.
        while !self.shared.budgets.in_epoch(self.epoch.get(), || self.take_records(core, &mut hand_over)) {
            self.notice_budgets();
        }
        // SAFETY: F1, F2: the chunks are the orphan's from here on; those who reach them hold it.
        let chunks = unsafe { ChunkList::from_raw(core.chunk.get()) };
        self.record.chunk_bytes.sub(chunks.bytes());
        orphan.take(chunks, charges);
        core.allocs.set(0);
        core.allocs_mark.set(0);
        core.charged.set(0);
        core.closed.set(false);
        // SAFETY: F1: by the caller the core is not used any more.
        unsafe { self.cores.put(NonNull::from(core)) };
    }
}
