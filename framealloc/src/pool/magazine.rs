//! The free blocks one thread keeps for one tag.

use super::class::{CLASSES, Class, LARGE, batch_len, block_size};
use super::depot::Depot;
use super::group::Group;
use super::rack::{Rack, Slot};
use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// Free blocks of one class: a rack in use, and one in reserve that is full or empty, so that a thread which allocates and
/// frees by turns trades nothing. Atomics are written by the owning thread alone, with load and store; other threads read
/// them for the statistics (P7).
#[repr(C, align(64))]
pub(super) struct Magazine {
    /// Above the last block of the rack in use; the next slot, if it is not full.
    top: AtomicPtr<Slot>,
    /// Its first slot. All three are null while there is no rack.
    base: AtomicPtr<Slot>,
    /// Above its last slot.
    end: Cell<*mut Slot>,
    /// Where the blocks belong; null until the first slow path, which makes every free take the slow path too.
    group: AtomicPtr<Group>,
    /// Allocations so far. Apart from `top`, or the compiler might fuse the two updates into one slow vector update.
    allocations: AtomicU64,
    ledger: Ledger,
    reserve: Cell<Option<Rack>>,
    reserve_len: AtomicU32,
    /// Whether the backend is being asked for a rack.
    asking: Cell<bool>,
}

/// What a magazine has of its group: blocks it took less blocks it gave back, and bytes instead of blocks for large
/// objects. Below zero where more was freed than allocated. Changes under the group's lock alone, so that it is in step with
/// what the group counts.
#[derive(Debug)]
pub(super) struct Ledger(AtomicI64);

impl Ledger {
    /// What the magazine of `class` has, in bytes.
    pub(super) fn bytes(&self, class: Class) -> i64 {
        let amount = self.0.load(Relaxed);
        if class == LARGE { amount } else { amount * block_size(class) as i64 }
    }

    pub(super) fn lend(&self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add_unsigned(amount), Relaxed);
    }

    pub(super) fn take_back(&self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_sub_unsigned(amount), Relaxed);
    }
}

const _: () = assert!(offset_of!(Magazine, allocations) - offset_of!(Magazine, top) >= 16);

/// The magazines of one thread for one tag.
#[repr(C)]
pub(crate) struct MagazineSet {
    /// The last one, that of large objects, stays empty and without a group, but for its ledger.
    magazines: [Magazine; CLASSES + 1],
    tag: u16,
    /// Names the thread to those who read the registry.
    owner: u64,
    /// Links of the depot's lists, guarded by the lock of its registry.
    pub(super) next: Cell<*mut MagazineSet>,
    pub(super) prev: Cell<*mut MagazineSet>,
}

/// A set without blocks and groups, which no operation changes: `pop` finds nothing and `push` finds another group.
pub(super) static EMPTY: EmptySet = EmptySet(MagazineSet::new(0, 0));

pub(super) struct EmptySet(pub(super) MagazineSet);

// SAFETY: P7: this set is no thread's, and nothing is ever written to it, see `EMPTY`.
unsafe impl Sync for EmptySet {}

impl Magazine {
    const fn new() -> Self {
        Self {
            top: AtomicPtr::new(ptr::null_mut()),
            base: AtomicPtr::new(ptr::null_mut()),
            end: Cell::new(ptr::null_mut()),
            group: AtomicPtr::new(ptr::null_mut()),
            allocations: AtomicU64::new(0),
            ledger: Ledger(AtomicI64::new(0)),
            reserve: Cell::new(None),
            reserve_len: AtomicU32::new(0),
            asking: Cell::new(false),
        }
    }

    pub(super) fn group(&self) -> *const Group {
        self.group.load(Relaxed)
    }

    pub(super) fn allocations(&self) -> u64 {
        self.allocations.load(Relaxed)
    }

    /// Blocks in the rack in use. Exact for the owner; for others when the owner is quiet, and any number when it is not.
    fn in_use(&self) -> usize {
        let bytes = self.top.load(Relaxed).addr().wrapping_sub(self.base.load(Relaxed).addr());
        bytes / size_of::<Slot>()
    }

    /// Blocks in the magazine of `class`; exact as `in_use` is.
    pub(super) fn cached(&self, class: Class) -> u64 {
        let in_use = self.in_use() as u64;
        // What is read while the owner changes racks is no length.
        let in_use = if in_use > batch_len(class).into() { 0 } else { in_use };
        in_use + u64::from(self.reserve_len.load(Relaxed))
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Bytes that the owner allocated of `class`, less those it freed. Exact for the owner.
    pub(super) fn net_bytes(&self, class: Class) -> i64 {
        let cached = if class == LARGE { 0 } else { self.cached(class) as i64 * block_size(class) as i64 };
        self.ledger.bytes(class) - cached
    }

    /// Takes a block and counts an allocation.
    #[inline(always)]
    pub(super) fn pop(&self) -> Option<NonNull<u8>> {
        let top = self.top.load(Relaxed);
        if ptr::eq(top, self.base.load(Relaxed)) {
            return None;
        }
        // SAFETY: P9: the slots from `base` up to `top` hold blocks, which belong to the magazine (P1).
        let (top, block) = unsafe {
            let top = top.sub(1);
            (top, top.read())
        };
        self.top.store(top, Relaxed);
        self.count_allocation();
        Some(block)
    }

    #[inline(always)]
    fn count_allocation(&self) {
        self.allocations.store(self.allocations.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Keeps a free block of `group`, when that is this magazine's and there is room.
    ///
    /// # Safety
    ///
    /// - `block` is a block of `group` that belongs to the caller and is given up when the answer is true (P1).
    #[inline(always)]
    pub(super) unsafe fn push(&self, group: *const Group, block: NonNull<u8>) -> bool {
        if !ptr::eq(self.group.load(Relaxed), group) {
            return false;
        }
        let top = self.top.load(Relaxed);
        if ptr::eq(top, self.end.get()) {
            return false;
        }
        // SAFETY: P9: `top` is a slot of the rack in use, because it is not the end.
        unsafe {
            top.write(block);
            self.top.store(top.add(1), Relaxed);
        }
        true
    }

    /// [`push`](Self::push), with an empty reserve taken into use when the rack in use is full. Calls nobody.
    ///
    /// # Safety
    ///
    /// - As `push`.
    pub(super) unsafe fn push_or_turn(&self, group: &Group, block: NonNull<u8>) -> bool {
        // SAFETY: the caller's promise; the block is the caller's until it was pushed.
        unsafe { self.push(group, block) || self.turn(group) && self.push(group, block) }
    }

    /// Takes a block, from the reserve when the rack in use is empty; `None` when that is empty, too. Calls nobody.
    pub(super) fn pop_cached(&self) -> Option<NonNull<u8>> {
        if self.in_use() == 0 && self.reserve_len.load(Relaxed) > 0 {
            self.exchange();
        }
        self.pop()
    }

    /// Takes a block, from the depot when the racks are empty; `None` when there is no memory.
    pub(super) fn pop_slow(&self, depot: &Arc<Depot>, class: Class, tag: u16) -> Option<NonNull<u8>> {
        if self.group().is_null() {
            self.adopt(depot.group(class, tag)?);
        }
        // SAFETY: P5: the group is alive, because the caller has the depot.
        let group = unsafe { self.group().as_ref() }?;
        // After `group`, which may have called a backend that used this very magazine (F7).
        if let Some(block) = self.pop_cached() {
            return Some(block);
        }
        let empty = self.take_in_use().or_else(|| self.take_reserve());
        let empty = empty.or_else(|| group.empty_rack()).or_else(|| self.new_rack(depot, class));
        if let Some(empty) = empty {
            self.keep(depot, group, group.fill(depot, empty, &self.ledger));
        }
        // Last: the object is on the accounts from here on, and whoever asked for it charges it when it returns (F7).
        self.pop_cached().or_else(|| {
            let block = group.take(depot, Some(&self.ledger))?;
            self.count_allocation();
            Some(block)
        })
    }

    /// Keeps a rack that was filled. May call the backend.
    fn keep(&self, depot: &Arc<Depot>, group: &Group, rack: Rack) {
        if rack.len() == 0 {
            // Memory is short, so this goes back, too.
            // SAFETY: P9: racks of the group come from the depot's backend.
            unsafe { rack.destroy(depot.backend()) };
            return;
        }
        // The backend may have used this very magazine when the rack was filled (F7).
        let spare = if self.in_use() == 0 { self.put_in_use(rack) } else { self.put_in_reserve(rack) };
        self.give_away(depot, group, spare);
    }

    /// Makes room for a free block of `group`, if there is memory for that. May call the backend.
    ///
    /// # Safety
    ///
    /// - `group` is that of this magazine's class and tag.
    pub(super) unsafe fn make_room(&self, depot: &Arc<Depot>, group: &Group) {
        self.adopt(group);
        if self.has_room() || self.turn(group) {
            return;
        }
        // SAFETY: P1: the blocks of the full rack are the magazine's, so they are the group's; the depot is held.
        let given =
            self.take_reserve().and_then(|full| unsafe { group.give_rack(depot, full, &self.ledger) });
        let empty = given.or_else(|| group.empty_rack()).or_else(|| self.new_rack(depot, group.class));
        let Some(empty) = empty else { return };
        // The backend may have used this very magazine (F7).
        let spare = if self.has_room() { self.put_in_reserve(empty) } else { self.put_in_use(empty) };
        self.give_away(depot, group, spare);
    }

    /// A rack of the backend, unless it is being asked for one: a backend that frees what waits for it would be asked for
    /// a rack per object, each time within the call before.
    fn new_rack(&self, depot: &Depot, class: Class) -> Option<Rack> {
        if self.asking.replace(true) {
            return None;
        }
        let rack = Rack::new(depot.backend(), class);
        self.asking.set(false);
        rack
    }

    /// Gives every block to the depot.
    pub(super) fn flush(&self, depot: &Arc<Depot>) {
        // SAFETY: P5: the group is alive, because the caller has the depot.
        let Some(group) = (unsafe { self.group().as_ref() }) else { return };
        // One after the other: what is still in the magazine is on its account while the backend is called (F7).
        self.give_away(depot, group, self.take_in_use());
        self.give_away(depot, group, self.take_reserve());
    }

    /// Gives a rack to the group, which is this magazine's.
    fn give_away(&self, depot: &Arc<Depot>, group: &Group, rack: Option<Rack>) {
        let Some(rack) = rack else { return };
        let empty = match rack.len() {
            0 => Some(rack),
            // SAFETY: P1: the blocks were the magazine's; the caller holds the depot.
            _ => unsafe { group.give_rack(depot, rack, &self.ledger) },
        };
        if let Some(empty) = empty {
            group.keep_empty(empty, depot.backend());
        }
    }

    /// Takes the empty reserve into use in place of a full rack, for blocks of `group`. False when that is another group,
    /// or the reserve is not empty. Calls nobody.
    fn turn(&self, group: &Group) -> bool {
        let empty = ptr::eq(self.group(), group) && self.reserve_len.load(Relaxed) == 0;
        if empty {
            self.exchange();
        }
        empty && self.has_room()
    }

    /// Whether the rack in use, if there is one, is not full.
    fn has_room(&self) -> bool {
        !ptr::eq(self.top.load(Relaxed), self.end.get())
    }

    /// Makes the magazine one of `group`.
    fn adopt(&self, group: &Group) {
        if self.group().is_null() {
            self.group.store(ptr::from_ref(group).cast_mut(), Relaxed);
        }
    }

    /// The rack in use becomes the reserve, and the reserve is taken into use; nothing where there is no reserve.
    fn exchange(&self) {
        if let Some(reserve) = self.take_reserve() {
            let before = self.put_in_use(reserve);
            debug_assert!(before.is_none());
        }
    }

    /// Takes a rack into use; the one before goes to the reserve. Returns the rack that finds no place.
    fn put_in_use(&self, rack: Rack) -> Option<Rack> {
        let before = self.take_in_use();
        let (base, top, end) = rack.into_slots();
        self.base.store(base, Relaxed);
        self.top.store(top, Relaxed);
        self.end.set(end);
        self.put_in_reserve(before?)
    }

    fn take_in_use(&self) -> Option<Rack> {
        let base = NonNull::new(self.base.load(Relaxed))?;
        // SAFETY: P9: these are the slots of the rack in use, which is none from here on.
        let rack = unsafe { Rack::from_slots(base.as_ptr(), self.top.load(Relaxed)) };
        self.base.store(ptr::null_mut(), Relaxed);
        self.top.store(ptr::null_mut(), Relaxed);
        self.end.set(ptr::null_mut());
        Some(rack)
    }

    /// Puts a rack into the reserve if there is none, or in the place of an empty one if it has blocks. Returns the rack that
    /// finds no place.
    fn put_in_reserve(&self, rack: Rack) -> Option<Rack> {
        match self.take_reserve() {
            Some(reserve) if reserve.len() > 0 || rack.len() == 0 => {
                self.set_reserve(reserve);
                Some(rack)
            }
            before => {
                self.set_reserve(rack);
                before
            }
        }
    }

    fn set_reserve(&self, rack: Rack) {
        self.reserve_len.store(rack.len(), Relaxed);
        self.reserve.set(Some(rack));
    }

    fn take_reserve(&self) -> Option<Rack> {
        self.reserve_len.store(0, Relaxed);
        self.reserve.take()
    }
}

impl MagazineSet {
    pub(super) const fn new(tag: u16, owner: u64) -> Self {
        Self {
            magazines: [const { Magazine::new() }; CLASSES + 1],
            tag,
            owner,
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
        }
    }

    /// The tag its blocks belong to.
    #[inline]
    pub(crate) fn tag(&self) -> u16 {
        self.tag
    }

    /// The thread it belongs to.
    pub(super) fn owner(&self) -> u64 {
        self.owner
    }

    /// Bytes that the owner allocated under the tag, less those it freed.
    pub(super) fn net_bytes(&self) -> i64 {
        self.magazines.iter().enumerate().map(|(class, magazine)| magazine.net_bytes(class)).sum()
    }

    pub(super) fn magazines(&self) -> &[Magazine; CLASSES + 1] {
        &self.magazines
    }

    /// The magazine of a class.
    #[inline(always)]
    pub(super) fn magazine(&self, class: Class) -> &Magazine {
        &self.magazines[class]
    }
}
