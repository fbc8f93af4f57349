//! The depot's blocks of one class and one tag.

use super::class::{Class, LARGE, block_size};
use super::depot::Depot;
use super::magazine::Ledger;
use super::page::{LargeHeader, PAGE, PageHeader, header_of};
use super::rack::{Rack, RackList};
use super::sync::{Mutex, lock};
use crate::backend::AllocatorBackend;
use core::alloc::Layout;
use core::ptr::{self, NonNull};
use std::sync::Arc;

/// Full racks a group keeps ready at first. Eight of 64 B objects are 64 KiB.
const FEW_RACKS: usize = if cfg!(framealloc_loom) { 1 } else { 8 };

/// What that grows to where threads trade in larger bursts. Of empty racks that find no other place as many are kept.
const MANY_RACKS: usize = 128;

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
    full: RackList,
    empty_racks: RackList,
    /// How many full racks are kept; doubles when one is missing after one was unloaded into the pages.
    rack_limit: usize,
    unloaded: bool,
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

// SAFETY: P3: the pages and racks are touched under the lock alone, everything else is constant, and the depot is Sync.
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
                full: RackList::EMPTY,
                empty_racks: RackList::EMPTY,
                rack_limit: FEW_RACKS,
                unloaded: false,
            }),
        }
    }

    /// Fills an empty rack, or exchanges it for a full one; it comes back empty when there is no block and the backend has
    /// no memory. The blocks are lent to the magazine of `ledger`, which counts what it allocates. May call the backend,
    /// with no lock held.
    pub(super) fn fill(&self, depot: &Arc<Depot>, mut rack: Rack, ledger: &Ledger) -> Rack {
        debug_assert_eq!(rack.len(), 0);
        self.obtain(depot, |state| {
            // SAFETY: P3: `obtain` holds the lock.
            unsafe { state.fill(&mut rack) };
            let len = u64::from(rack.len());
            (len > 0).then(|| {
                ledger.lend(len);
                self.note_out(state, depot, len);
            })
        });
        rack
    }

    /// Takes one block; `None` when there is none and the backend has no memory. It is lent to the magazine of that ledger,
    /// which counts it; without one, it is counted here. May call the backend, with no lock held.
    pub(super) fn take(&self, depot: &Arc<Depot>, ledger: Option<&Ledger>) -> Option<NonNull<u8>> {
        self.obtain(depot, |state| {
            // SAFETY: P3: `obtain` holds the lock.
            let block = unsafe { state.take() }?;
            match ledger {
                Some(ledger) => ledger.lend(1),
                None => state.retired += 1,
            }
            self.note_out(state, depot, 1);
            Some(block)
        })
    }

    /// What `attempt` finds under the lock, with a fresh page if need be. Another thread may take the blocks of that page
    /// first, which is tried again; or it may give blocks back, which serves the request where the backend has no memory.
    fn obtain<T>(&self, depot: &Arc<Depot>, mut attempt: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        loop {
            let found = attempt(&mut lock(&self.state));
            if found.is_some() {
                return found;
            }
            if !self.add_page(depot) {
                return attempt(&mut lock(&self.state));
            }
        }
    }

    /// Makes a page of free blocks, if the group has no empty page by then. False when the backend has no memory.
    fn add_page(&self, depot: &Depot) -> bool {
        let page = PageHeader::create(depot.backend(), self).or_else(|| {
            // Pages that other groups keep for later may be what the backend lacks.
            if depot.trim() > 0 { PageHeader::create(depot.backend(), self) } else { None }
        });
        let Some(page) = page else { return false };
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
        true
    }

    /// Counts blocks that leave; the first of them make the group hold the depot (P5).
    fn note_out(&self, state: &mut State, depot: &Arc<Depot>, blocks: u64) {
        if state.outside == 0 {
            let held = Arc::into_raw(Arc::clone(depot));
            debug_assert!(ptr::eq(held, self.depot));
        }
        state.outside += blocks;
    }

    /// Takes the blocks of a rack back, from the magazine of `ledger`. Full racks are kept as they are, other blocks go to
    /// their pages; pages that become empty go to the backend, after the lock is released. Returns an empty rack, unless a
    /// full one was kept and there is none.
    ///
    /// # Safety
    ///
    /// - The rack is not empty; its blocks are outside blocks of this group and belong to the caller (P1).
    /// - The caller holds an `Arc` of the depot across the call (P6).
    pub(super) unsafe fn give_rack(&self, depot: &Depot, mut rack: Rack, ledger: &Ledger) -> Option<Rack> {
        let blocks = rack.len();
        debug_assert!(blocks > 0, "P5: no block would come back last");
        let put = |state: &mut State, last: bool, released: &mut *mut PageHeader| {
            if !last && rack.is_full() && state.full.count() < state.rack_limit {
                state.full.push(rack);
                return state.empty_racks.pop();
            }
            state.unloaded |= !last;
            // SAFETY: P3: the lock is held, and the caller gives the blocks up.
            unsafe { state.unload(&mut rack, released) };
            Some(rack)
        };
        // SAFETY: the caller's promise.
        unsafe { self.take_back(depot, blocks, Some(ledger), put) }
    }

    /// Takes one block back, from the magazine of `ledger` if there is one.
    ///
    /// # Safety
    ///
    /// - `block` is an outside block of this group and belongs to the caller (P1).
    /// - The caller holds an `Arc` of the depot across the call (P6).
    pub(super) unsafe fn give(&self, depot: &Depot, block: NonNull<u8>, ledger: Option<&Ledger>) {
        // SAFETY: P3: the lock is held, and the caller gives the block up; the rest is the caller's promise.
        unsafe { self.take_back(depot, 1, ledger, |state, _, released| state.put(block, released)) };
    }

    /// Counts blocks that come back, and lets `put` put them away.
    ///
    /// # Safety
    ///
    /// - `put` is given as many blocks as `blocks` says, which are outside; the caller holds the depot (P6).
    unsafe fn take_back<R>(
        &self,
        depot: &Depot,
        blocks: u32,
        ledger: Option<&Ledger>,
        put: impl FnOnce(&mut State, bool, &mut *mut PageHeader) -> R,
    ) -> R {
        debug_assert!(ptr::eq(depot, self.depot));
        let mut released = ptr::null_mut();
        let mut state = lock(&self.state);
        if let Some(ledger) = ledger {
            ledger.take_back(blocks.into());
        }
        state.outside -= u64::from(blocks);
        let last = state.outside == 0;
        let result = put(&mut state, last, &mut released);
        if last {
            // SAFETY: P3, the lock is held.
            unsafe { state.spill(&mut released) };
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
        result
    }

    /// An empty rack that the group has.
    pub(super) fn empty_rack(&self) -> Option<Rack> {
        lock(&self.state).empty_racks.pop()
    }

    /// Keeps an empty rack, or gives it to the backend when there are many.
    pub(super) fn keep_empty(&self, rack: Rack, backend: &dyn AllocatorBackend) {
        let mut state = lock(&self.state);
        if state.empty_racks.count() < MANY_RACKS {
            return state.empty_racks.push(rack);
        }
        drop(state);
        // SAFETY: P9: racks of the group come from the depot's backend.
        unsafe { rack.destroy(backend) };
    }

    /// Gives everything that nobody uses to the backend and returns the bytes.
    pub(super) fn trim(&self, backend: &dyn AllocatorBackend) -> usize {
        let mut released = ptr::null_mut();
        let mut state = lock(&self.state);
        // SAFETY: P3, the lock is held.
        unsafe {
            state.spill(&mut released);
            (state.rack_limit, state.unloaded) = (FEW_RACKS, false);
            if let Some(page) = NonNull::new(state.empty) {
                state.empty = ptr::null_mut();
                state.pages -= 1;
                page.as_ref().next.set(released);
                released = page.as_ptr();
            }
        }
        let mut racks = core::mem::replace(&mut state.empty_racks, RackList::EMPTY);
        drop(state);
        let mut bytes = 0;
        while let Some(rack) = racks.pop() {
            // SAFETY: P9: racks of the group come from the depot's backend.
            bytes += unsafe { rack.destroy(backend) };
        }
        // SAFETY: P4: the pages have no block outside and are in no list; P3: no lock is held.
        bytes + unsafe { release(released, backend) }
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
    /// Exchanges an empty rack for a full one if there is one, else fills it from the pages.
    ///
    /// # Safety
    ///
    /// - The group's lock is held.
    unsafe fn fill(&mut self, rack: &mut Rack) {
        if let Some(full) = self.full.pop() {
            self.empty_racks.push(core::mem::replace(rack, full));
            return;
        }
        if core::mem::take(&mut self.unloaded) {
            self.rack_limit = (self.rack_limit * 2).min(MANY_RACKS);
        }
        while !rack.is_full() {
            // SAFETY: the caller's promise.
            let Some(block) = (unsafe { self.take_from_page() }) else { return };
            rack.push(block);
        }
    }

    /// One block: of a page, else of a full rack.
    ///
    /// # Safety
    ///
    /// - The group's lock is held.
    unsafe fn take(&mut self) -> Option<NonNull<u8>> {
        // SAFETY: the caller's promise.
        if let Some(block) = unsafe { self.take_from_page() } {
            return Some(block);
        }
        let mut rack = self.full.pop()?;
        let block = rack.pop();
        if rack.len() > 0 {
            self.full.push(rack);
        } else {
            self.empty_racks.push(rack);
        }
        block
    }

    /// # Safety
    ///
    /// - The group's lock is held.
    unsafe fn take_from_page(&mut self) -> Option<NonNull<u8>> {
        // SAFETY: the caller's promise; pages in the lists are live.
        unsafe {
            if self.partial.is_null() {
                let page = NonNull::new(core::mem::replace(&mut self.empty, ptr::null_mut()))?;
                self.link(page.as_ptr());
            }
            let page = self.partial;
            let block = PageHeader::take(page);
            if (*page).is_exhausted() {
                self.unlink(page);
            }
            block
        }
    }

    /// Puts the blocks of a rack into their pages, as [`put`](Self::put).
    ///
    /// # Safety
    ///
    /// - The group's lock is held; the rack's blocks belong to the caller.
    unsafe fn unload(&mut self, rack: &mut Rack, released: &mut *mut PageHeader) {
        while let Some(block) = rack.pop() {
            // SAFETY: the caller's promise.
            unsafe { self.put(block, released) };
        }
    }

    /// Puts a block into its page, and moves the page to `released` if it becomes empty, unless it is the only such one.
    ///
    /// # Safety
    ///
    /// - The group's lock is held; the block is outside and belongs to the caller.
    unsafe fn put(&mut self, block: NonNull<u8>, released: &mut *mut PageHeader) {
        // SAFETY: P1 and P3: the block belongs to the caller until it is put, and its page is live while it is outside.
        unsafe {
            let page = (*header_of(block)).page;
            if (*page).is_exhausted() {
                self.link(page);
            }
            PageHeader::put(page, block.addr());
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

    /// Unloads all full racks.
    ///
    /// # Safety
    ///
    /// - The group's lock is held.
    unsafe fn spill(&mut self, released: &mut *mut PageHeader) {
        while let Some(mut rack) = self.full.pop() {
            // SAFETY: the caller's promise, and the rack owned its blocks.
            unsafe { self.unload(&mut rack, released) };
            self.empty_racks.push(rack);
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
