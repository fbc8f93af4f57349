//! The free blocks one thread keeps for one tag.

use super::class::{CLASSES, Class, LARGE, batch_len, block_size};
use super::depot::Depot;
use super::group::Group;
use super::page::{Chain, FreeBlock};
use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// Free blocks of one class: a list that is used, and one in reserve, so that what moves to and from the depot is a whole
/// batch and no list is ever walked. Atomics are written by the owning thread alone, with load and store; other threads
/// read them for the statistics (P7).
///
/// Allocating and freeing bump different counters, for two updates of one word would wait for each other. The length of
/// the list is `credit - room - allocations`. A list that has no room left is measured on the slow path: if it is shorter
/// than a batch, because blocks were taken meanwhile, it gets room again, at least a batch of it.
#[repr(C, align(64))]
pub(super) struct Magazine {
    head: Cell<*mut FreeBlock>,
    /// Where the blocks belong; null until the first slow path, which makes every free take the slow path too.
    group: AtomicPtr<Group>,
    /// How many more frees may be kept before the list is measured.
    room: AtomicU32,
    reserve_len: AtomicU32,
    reserve: Cell<*mut FreeBlock>,
    /// Allocations so far. Apart from `room`, or the compiler might fuse the two updates into one slow vector update.
    allocations: AtomicU64,
    credit: AtomicU64,
    ledger: Ledger,
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

const _: () = assert!(offset_of!(Magazine, allocations) - offset_of!(Magazine, room) >= 16);

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
            head: Cell::new(ptr::null_mut()),
            group: AtomicPtr::new(ptr::null_mut()),
            room: AtomicU32::new(0),
            reserve_len: AtomicU32::new(0),
            reserve: Cell::new(ptr::null_mut()),
            allocations: AtomicU64::new(0),
            credit: AtomicU64::new(0),
            ledger: Ledger(AtomicI64::new(0)),
        }
    }

    pub(super) fn group(&self) -> *const Group {
        self.group.load(Relaxed)
    }

    pub(super) fn allocations(&self) -> u64 {
        self.allocations.load(Relaxed)
    }

    /// Blocks in the list. Exact for the owner; for others when the owner is quiet, and any number when it is not.
    fn list_len(&self) -> u64 {
        let spent = u64::from(self.room.load(Relaxed)) + self.allocations.load(Relaxed);
        self.credit.load(Relaxed).wrapping_sub(spent)
    }

    /// Blocks in the magazine.
    pub(super) fn cached(&self) -> u64 {
        let list = self.list_len();
        // A difference of counters that move meanwhile may be negative.
        if list > u64::from(u32::MAX) { 0 } else { list + u64::from(self.reserve_len.load(Relaxed)) }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Bytes that the owner allocated of `class`, less those it freed. Exact for the owner.
    pub(super) fn net_bytes(&self, class: Class) -> i64 {
        let cached = if class == LARGE { 0 } else { self.cached() as i64 * block_size(class) as i64 };
        self.ledger.bytes(class) - cached
    }

    /// Says that the list has `len` blocks, and gives it room for what a batch lacks and another batch.
    fn measure(&self, group: &Group, len: u32) {
        let batch = batch_len(group.class);
        let room = batch.saturating_sub(len) + batch;
        self.credit.store(u64::from(len) + u64::from(room) + self.allocations.load(Relaxed), Relaxed);
        self.room.store(room, Relaxed);
    }

    /// Takes a block and counts an allocation.
    #[inline(always)]
    pub(super) fn pop(&self) -> Option<NonNull<u8>> {
        let head = NonNull::new(self.head.get())?;
        // SAFETY: P1: blocks on the list belong to the magazine.
        self.head.set(unsafe { (*head.as_ptr()).next });
        self.allocations.store(self.allocations.load(Relaxed).wrapping_add(1), Relaxed);
        Some(head.cast())
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
        let Some(room) = self.room.load(Relaxed).checked_sub(1) else { return false };
        self.room.store(room, Relaxed);
        let block = block.as_ptr().cast::<FreeBlock>();
        // SAFETY: the caller gives the block up; it has room for a pointer.
        unsafe { (*block).next = self.head.get() };
        self.head.set(block);
        true
    }

    /// Gives a list that is shorter than a batch room again. False when it is not, or when the group is another one.
    pub(super) fn relax(&self, group: &Group) -> bool {
        if !ptr::eq(self.group(), group) {
            return false;
        }
        let len = self.list_len();
        let short = len < u64::from(batch_len(group.class));
        if short {
            self.measure(group, len as u32);
        }
        short
    }

    /// Makes the magazine one of `group`.
    fn adopt(&self, group: &Group) {
        if self.group().is_null() {
            self.measure(group, 0);
            self.group.store(ptr::from_ref(group).cast_mut(), Relaxed);
        }
    }

    /// Takes a block, from the reserve when the list is empty; `None` when that is empty, too.
    pub(super) fn pop_cached(&self) -> Option<NonNull<u8>> {
        if self.head.get().is_null() {
            // SAFETY: P5: the group is alive, because a thread's pool has the depot.
            let group = unsafe { self.group().as_ref() }?;
            let reserve = self.take_reserve();
            if reserve.len == 0 {
                return None;
            }
            self.load(group, reserve);
        }
        self.pop()
    }

    /// Takes a block, from the reserve or the depot when the list is empty; `None` when there is no memory.
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
        let chain = group.take(depot, batch_len(class), Some(&self.ledger))?;
        // `take` may have called a backend that used this very magazine (F7).
        if self.head.get().is_null() {
            self.load(group, chain);
        } else if self.reserve.get().is_null() {
            self.set_reserve(chain);
        } else {
            // SAFETY: the chain was taken from this group above, and the caller holds the depot.
            unsafe { group.give(depot, chain, Some(&self.ledger)) };
        }
        self.pop()
    }

    /// Keeps a free block of `group`; what does not fit goes to the depot as a batch.
    ///
    /// # Safety
    ///
    /// - `block` is a block of `group`, which is that of this magazine's class and tag; the caller gives it up (P1).
    pub(super) unsafe fn push_slow(&self, depot: &Arc<Depot>, group: &Group, block: NonNull<u8>) {
        self.adopt(group);
        let mut overflow = Chain::EMPTY;
        if self.room.load(Relaxed) == 0 && !self.relax(group) {
            overflow = self.take_reserve();
            self.set_reserve(self.take_list(group));
        }
        // SAFETY: the caller's promise; there is room now. The chain is one of this group, and the depot is held.
        unsafe {
            let kept = self.push(group, block);
            debug_assert!(kept);
            if overflow.len > 0 {
                group.give(depot, overflow, Some(&self.ledger));
            }
        }
    }

    /// Gives every block to the depot.
    pub(super) fn flush(&self, depot: &Arc<Depot>) {
        // SAFETY: P5: the group is alive, because the caller has the depot.
        let Some(group) = (unsafe { self.group().as_ref() }) else { return };
        for chain in [self.take_list(group), self.take_reserve()] {
            if chain.len > 0 {
                // SAFETY: P1: the blocks were the magazine's; the caller holds the depot.
                unsafe { group.give(depot, chain, Some(&self.ledger)) };
            }
        }
    }

    /// Makes a chain the list, which is empty.
    fn load(&self, group: &Group, chain: Chain) {
        self.measure(group, chain.len);
        self.head.set(chain.head);
    }

    fn take_list(&self, group: &Group) -> Chain {
        let chain = Chain { head: self.head.replace(ptr::null_mut()), len: self.list_len() as u32 };
        self.measure(group, 0);
        chain
    }

    fn set_reserve(&self, chain: Chain) {
        self.reserve_len.store(chain.len, Relaxed);
        self.reserve.set(chain.head);
    }

    fn take_reserve(&self) -> Chain {
        let len = self.reserve_len.load(Relaxed);
        self.reserve_len.store(0, Relaxed);
        Chain { head: self.reserve.replace(ptr::null_mut()), len }
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
