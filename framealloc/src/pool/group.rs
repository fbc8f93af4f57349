//! The depot's blocks of one class and one tag.

use super::class::{Class, LARGE, batch_len, block_size};
use super::depot::Depot;
use super::magazine::Ledger;
use super::page::{Chain, FreeBlock, LargeHeader, PAGE, PageHeader, header_of};
use super::sync::{Mutex, lock};
use crate::backend::AllocatorBackend;
use core::alloc::Layout;
use core::ptr::{self, NonNull};
use std::sync::Arc;

/// Whole batches a group keeps ready at first. Eight of 64 B objects are 64 KiB.
const FEW_BATCHES: usize = if cfg!(framealloc_loom) { 1 } else { 8 };

/// What that grows to where threads trade in larger bursts.
const BATCHES: usize = 64;

/// The shared side of one (class, tag) pair. It lives at a stable address until the depot is dropped.
pub(super) struct Group {
    /// The depot; alive whenever anybody can reach the group (P5).
    pub(super) depot: *const Depot,
    /// The next group of the class; set before the group is published, constant from then on.
    pub(super) next: *const Group,
    pub(super) class: Class,
    pub(super) tag: u16,
    state: Mutex<State>,
}

/// What a group's lock guards, together with the pages of the group (P3).
struct State {
    /// Blocks outside the depot: at users and in magazines.
    outside: u64,
    /// Allocations that no live magazine counts: those of magazines that are gone, and those made without one.
    retired: u64,
    /// Bytes of large objects alive, and of the blocks they lie in.
    large_bytes: u64,
    large_resident: u64,
    /// Bytes of large objects that were ever allocated.
    large_total: u64,
    pages: u64,
    /// Pages that have blocks both inside and outside (P4); doubly linked.
    partial: *mut PageHeader,
    /// One page whose blocks are all inside, kept so that a single object does not take and return a page each time.
    empty: *mut PageHeader,
    batches: [Chain; BATCHES],
    batch_count: usize,
    /// How many of `batches` may be used; doubles when a batch is missing after one was broken up.
    batch_limit: usize,
    broken_up: bool,
}

/// What a group counts.
#[derive(Clone, Copy, Default)]
pub(super) struct GroupCounts {
    pub(super) outside: u64,
    pub(super) retired: u64,
    pub(super) pages: u64,
    pub(super) large_bytes: u64,
    pub(super) large_resident: u64,
    pub(super) large_total: u64,
}

// SAFETY: P3: the pages and batches are touched under the lock alone, everything else is constant, and the depot is Sync.
unsafe impl Send for Group {}
// SAFETY: P3: as for Send.
unsafe impl Sync for Group {}

impl Group {
    pub(super) fn new(depot: *const Depot, next: *const Group, class: Class, tag: u16) -> Self {
        Self {
            depot,
            next,
            class,
            tag,
            state: Mutex::new(State {
                outside: 0,
                retired: 0,
                large_bytes: 0,
                large_resident: 0,
                large_total: 0,
                pages: 0,
                partial: ptr::null_mut(),
                empty: ptr::null_mut(),
                batches: [const { Chain::EMPTY }; BATCHES],
                batch_count: 0,
                batch_limit: FEW_BATCHES,
                broken_up: false,
            }),
        }
    }

    /// Takes between one block and `want`; `None` when there is none and the backend has no memory. They are lent to the
    /// magazine of that ledger, which counts what it allocates; without one, an allocation is counted here. May call the
    /// backend, with no lock held.
    pub(super) fn take(&self, depot: &Arc<Depot>, want: u32, ledger: Option<&Ledger>) -> Option<Chain> {
        if let Some(chain) = self.take_inside(depot, want, ledger) {
            return Some(chain);
        }
        let page = PageHeader::create(depot.backend(), self).or_else(|| {
            // Pages that other groups keep for later may be what the backend lacks.
            if depot.trim() > 0 { PageHeader::create(depot.backend(), self) } else { None }
        });
        if let Some(page) = page {
            let mut state = lock(&self.state);
            let surplus = !state.empty.is_null();
            if !surplus {
                state.empty = page.as_ptr();
                state.pages += 1;
            }
            drop(state);
            if surplus {
                // SAFETY: P4: the page was made above, has none of its blocks outside and is in no list.
                unsafe { PageHeader::destroy(page.as_ptr(), depot.backend()) };
            }
        }
        // Another thread may have given blocks back, which serves the request without a page, or have taken those of
        // the new page, which is tried again.
        match self.take_inside(depot, want, ledger) {
            None if page.is_some() => self.take(depot, want, ledger),
            taken => taken,
        }
    }

    fn take_inside(&self, depot: &Arc<Depot>, want: u32, ledger: Option<&Ledger>) -> Option<Chain> {
        let mut state = lock(&self.state);
        // SAFETY: P3, the lock is held.
        let chain = unsafe { state.take(want) };
        if chain.len == 0 {
            return None;
        }
        match ledger {
            Some(ledger) => ledger.lend(chain.len.into()),
            None => state.retired += 1,
        }
        self.note_out(&mut state, depot, chain.len.into());
        Some(chain)
    }

    /// Counts blocks that leave; the first of them make the group hold the depot (P5).
    fn note_out(&self, state: &mut State, depot: &Arc<Depot>, blocks: u64) {
        if state.outside == 0 {
            let held = Arc::into_raw(Arc::clone(depot));
            debug_assert!(ptr::eq(held, self.depot));
        }
        state.outside += blocks;
    }

    /// Takes blocks back, from the magazine of `ledger` if there is one. Ready batches are kept whole, others go to their pages; pages that become empty go to the
    /// backend, after the lock is released.
    ///
    /// # Safety
    ///
    /// - The chain's blocks are outside blocks of this group and belong to the caller (P1).
    /// - The caller holds an `Arc` of the depot across the call (P6).
    pub(super) unsafe fn give(&self, depot: &Depot, chain: Chain, ledger: Option<&Ledger>) {
        debug_assert!(ptr::eq(depot, self.depot));
        let mut released = ptr::null_mut();
        let mut state = lock(&self.state);
        if let Some(ledger) = ledger {
            ledger.take_back(chain.len.into());
        }
        state.outside -= u64::from(chain.len);
        let last = state.outside == 0;
        // SAFETY: P3, the lock is held, and the caller gives the blocks up.
        unsafe {
            if !last && chain.len >= batch_len(self.class) && state.batch_count < state.batch_limit {
                let slot = state.batch_count;
                state.batches[slot] = chain;
                state.batch_count = slot + 1;
            } else {
                state.broken_up |= !last;
                state.put(chain, &mut released);
            }
            if last {
                state.spill(&mut released);
            }
        }
        drop(state);
        // SAFETY: the pages are empty and unlinked, so nobody but this call knows them; the depot is alive by P6, and
        // the reference the group held is given up once, by whoever brought the last block back (P5).
        unsafe {
            release(released, depot.backend());
            if last {
                drop(Arc::from_raw(self.depot));
            }
        }
    }

    /// Gives everything that nobody uses to the backend and returns the bytes.
    pub(super) fn trim(&self, backend: &dyn AllocatorBackend) -> usize {
        let mut released = ptr::null_mut();
        let mut state = lock(&self.state);
        // SAFETY: P3, the lock is held.
        unsafe {
            state.spill(&mut released);
            (state.batch_limit, state.broken_up) = (FEW_BATCHES, false);
            if let Some(page) = NonNull::new(state.empty) {
                state.empty = ptr::null_mut();
                state.pages -= 1;
                page.as_ref().next.set(released);
                released = page.as_ptr();
            }
        }
        drop(state);
        // SAFETY: P4: the pages have no block outside and are in no list; P3: no lock is held.
        unsafe { release(released, backend) }
    }

    /// A large object of `layout`; the group is the one of [`LARGE`]. Its bytes are lent to `ledger`.
    pub(super) fn take_large(
        &self,
        depot: &Arc<Depot>,
        layout: Layout,
        ledger: Option<&Ledger>,
    ) -> Option<NonNull<u8>> {
        debug_assert_eq!(self.class, LARGE);
        let object = LargeHeader::create(depot.backend(), self, layout).or_else(|| {
            if depot.trim() > 0 { LargeHeader::create(depot.backend(), self, layout) } else { None }
        })?;
        // SAFETY: P2: the object was made above, behind its header, and is not shared yet.
        let resident = unsafe { LargeHeader::resident(header_of(object).cast()) };
        let mut state = lock(&self.state);
        state.retired += 1;
        state.large_bytes += layout.size() as u64;
        state.large_total += layout.size() as u64;
        state.large_resident += resident as u64;
        if let Some(ledger) = ledger {
            ledger.lend(layout.size() as u64);
        }
        self.note_out(&mut state, depot, 1);
        Some(object)
    }

    /// Takes a large object back, its bytes from `ledger`.
    ///
    /// # Safety
    ///
    /// - `header` is that of a large object of this group which nobody uses any more (P1).
    /// - The caller holds an `Arc` of the depot across the call (P6).
    pub(super) unsafe fn give_large(&self, depot: &Depot, header: *mut LargeHeader, ledger: Option<&Ledger>) {
        debug_assert!(ptr::eq(depot, self.depot));
        // SAFETY: the caller's promise: the object is live.
        let (size, resident) = unsafe { ((*header).size as u64, LargeHeader::resident(header) as u64) };
        let mut state = lock(&self.state);
        state.large_bytes -= size;
        state.large_resident -= resident;
        if let Some(ledger) = ledger {
            ledger.take_back(size);
        }
        state.outside -= 1;
        let last = state.outside == 0;
        drop(state);
        // SAFETY: the object belongs to the caller, who gives it up; the depot is alive by P6. The reference that the
        // group held is given up once, by whoever brought the last object back (P5).
        unsafe {
            LargeHeader::destroy(header, depot.backend());
            if last {
                drop(Arc::from_raw(self.depot));
            }
        }
    }

    /// Counts allocations of a magazine that is going away.
    pub(super) fn retire(&self, allocations: u64) {
        lock(&self.state).retired += allocations;
    }

    /// Bytes of the blocks outside the depot. `ledgers` runs under the lock, while no ledger of the group changes.
    pub(super) fn outside_bytes(&self, ledgers: impl FnOnce()) -> u64 {
        let state = lock(&self.state);
        ledgers();
        if self.class == LARGE { state.large_bytes } else { state.outside * block_size(self.class) as u64 }
    }

    /// The numbers of this group.
    pub(super) fn counts(&self) -> GroupCounts {
        let state = lock(&self.state);
        GroupCounts {
            outside: state.outside,
            retired: state.retired,
            pages: state.pages,
            large_bytes: state.large_bytes,
            large_resident: state.large_resident,
            large_total: state.large_total,
        }
    }
}

/// All of these are called with the group's lock held (P3), which is what makes the pages theirs.
impl State {
    /// Up to `want` blocks: a whole batch if there is one, else from the pages.
    ///
    /// # Safety
    ///
    /// - The group's lock is held.
    unsafe fn take(&mut self, want: u32) -> Chain {
        if want > 1 && self.batch_count > 0 {
            self.batch_count -= 1;
            return core::mem::replace(&mut self.batches[self.batch_count], Chain::EMPTY);
        }
        if core::mem::take(&mut self.broken_up) {
            self.batch_limit = (self.batch_limit * 2).min(BATCHES);
        }
        let mut chain = Chain::EMPTY;
        // SAFETY: the caller's promise; pages in the lists are live.
        unsafe {
            while chain.len < want {
                if self.partial.is_null() {
                    if self.empty.is_null() {
                        break;
                    }
                    let page = core::mem::replace(&mut self.empty, ptr::null_mut());
                    self.link(page);
                }
                let page = self.partial;
                PageHeader::take(page, want, &mut chain);
                if (*page).is_exhausted() {
                    self.unlink(page);
                }
            }
            if chain.len == 0 && self.batch_count > 0 {
                // One block was asked for and only a batch has any: break it up.
                return self.take_from_batch();
            }
        }
        chain
    }

    /// One block of the last batch.
    ///
    /// # Safety
    ///
    /// - The group's lock is held and there is a batch.
    unsafe fn take_from_batch(&mut self) -> Chain {
        let batch = &mut self.batches[self.batch_count - 1];
        let block = batch.head;
        // SAFETY: P1: the batch owns its blocks, and it is never empty.
        unsafe {
            batch.head = (*block).next;
            batch.len -= 1;
            if batch.len == 0 {
                self.batch_count -= 1;
            }
            let mut chain = Chain::EMPTY;
            chain.push(block);
            chain
        }
    }

    /// Puts blocks into their pages and moves pages that become empty to `released`, but for one.
    ///
    /// # Safety
    ///
    /// - The group's lock is held; the chain's blocks belong to the caller.
    unsafe fn put(&mut self, chain: Chain, released: &mut *mut PageHeader) {
        let mut block = chain.head;
        // SAFETY: P1 and P3: each block belongs to the caller until it is put, and its page is live while it is outside.
        unsafe {
            while let Some(current) = NonNull::new(block) {
                block = current.as_ref().next;
                let page = header_of(current.cast());
                if (*page).is_exhausted() {
                    self.link(page);
                }
                PageHeader::put(page, current.as_ptr());
                if (*page).is_empty() {
                    self.unlink(page);
                    if self.empty.is_null() {
                        self.empty = page;
                    } else {
                        self.pages -= 1;
                        (*page).next.set(*released);
                        *released = page;
                    }
                }
            }
        }
    }

    /// Breaks all batches up.
    ///
    /// # Safety
    ///
    /// - The group's lock is held.
    unsafe fn spill(&mut self, released: &mut *mut PageHeader) {
        while self.batch_count > 0 {
            self.batch_count -= 1;
            let batch = core::mem::replace(&mut self.batches[self.batch_count], Chain::EMPTY);
            // SAFETY: the caller's promise, and the batch owned its blocks.
            unsafe { self.put(batch, released) };
        }
    }

    /// Links a page in front of the partial ones.
    ///
    /// # Safety
    ///
    /// - The group's lock is held; the page is live and in no list.
    unsafe fn link(&mut self, page: *mut PageHeader) {
        // SAFETY: the caller's promise; pages in the list are live.
        unsafe {
            (*page).prev.set(ptr::null_mut());
            (*page).next.set(self.partial);
            if let Some(first) = NonNull::new(self.partial) {
                first.as_ref().prev.set(page);
            }
        }
        self.partial = page;
    }

    /// Takes a page out of the partial ones.
    ///
    /// # Safety
    ///
    /// - The group's lock is held; the page is in the list.
    unsafe fn unlink(&mut self, page: *mut PageHeader) {
        // SAFETY: the caller's promise; neighbours in the list are live.
        unsafe {
            let (next, prev) = ((*page).next.get(), (*page).prev.get());
            match NonNull::new(prev) {
                Some(prev) => prev.as_ref().next.set(next),
                None => self.partial = next,
            }
            if let Some(next) = NonNull::new(next) {
                next.as_ref().prev.set(prev);
            }
        }
    }
}

/// Gives the pages of a list to the backend and returns their bytes.
///
/// # Safety
///
/// - The pages came from `backend`, are empty, and were unlinked from their group.
/// - No lock is held.
unsafe fn release(mut pages: *mut PageHeader, backend: &dyn AllocatorBackend) -> usize {
    let mut bytes = 0;
    while !pages.is_null() {
        // SAFETY: the caller's promise.
        unsafe {
            let next = (*pages).next.get();
            PageHeader::destroy(pages, backend);
            pages = next;
        }
        bytes += PAGE;
    }
    bytes
}

/// A chain of one block.
///
/// # Safety
///
/// - `object` is a free block that belongs to the caller (P1).
pub(super) unsafe fn single(object: NonNull<u8>) -> Chain {
    let mut chain = Chain::EMPTY;
    // SAFETY: the caller's promise.
    unsafe { chain.push(object.as_ptr().cast::<FreeBlock>()) };
    chain
}
