//! The shared side of the pool: groups, and the registry of magazine sets.

use super::class::{CLASSES, Class, LARGE, block_size, class_of_layout};
use super::group::{Group, GroupCounts};
use super::magazine::{Ledger, MagazineSet};
use super::page::header_of;
use super::stats::{PoolStats, PoolTotals};
use super::sync::{Mutex, lock};
use crate::backend::AllocatorBackend;
use crate::raw::meter::{MeterSlot, ObjectMeter};
use core::alloc::Layout;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// The pool memory of one allocator, shared by its threads.
pub(crate) struct Depot {
    backend: Arc<dyn AllocatorBackend>,
    meter: MeterSlot,
    /// One bit per tag: whether frees of its objects are told to the meter.
    metered: [AtomicU64; 1 << 10],
    registry: Mutex<Registry>,
}

struct Registry {
    /// Per class a list of groups, one per tag that uses it. Groups are added in front and never removed (P5).
    groups: [*const Group; CLASSES + 1],
    /// Sets in use by threads; doubly linked.
    live: *mut MagazineSet,
    /// Sets of threads that ended; linked by `next`.
    spare: *mut MagazineSet,
}

// SAFETY: P3 and P7: groups are Sync, and the sets in the registry are touched by others than their owner only under the
// registry's lock, through atomics.
unsafe impl Send for Depot {}
// SAFETY: P3 and P7: as for Send.
unsafe impl Sync for Depot {}

impl Depot {
    /// An empty depot over `backend`.
    pub(crate) fn new(backend: Arc<dyn AllocatorBackend>) -> Arc<Self> {
        Arc::new(Self {
            backend,
            meter: MeterSlot::default(),
            metered: [const { AtomicU64::new(0) }; 1 << 10],
            registry: Mutex::new(Registry {
                groups: [ptr::null(); CLASSES + 1],
                live: ptr::null_mut(),
                spare: ptr::null_mut(),
            }),
        })
    }

    /// Where the memory comes from.
    pub(crate) fn backend(&self) -> &dyn AllocatorBackend {
        &*self.backend
    }

    /// Sets who is told about objects of metered tags; the first call counts. The meter must not own this depot.
    pub(crate) fn set_meter(&self, meter: Arc<dyn ObjectMeter>) {
        self.meter.set(meter);
    }

    /// Offers this thread a pool of its own.
    pub(super) fn adopt_thread(&self) {
        if let Some(meter) = self.meter.get() {
            meter.adopt_thread();
        }
    }

    /// Whether frees of objects of `tag` are told to the meter from now on. Threads that have the tag selected ungated
    /// tell nothing until they select anew.
    pub(crate) fn set_metered(&self, tag: u16, metered: bool) {
        let (word, bit) = (&self.metered[usize::from(tag >> 6)], 1 << (tag & 63));
        if metered {
            word.fetch_or(bit, Ordering::Relaxed);
        } else {
            word.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    /// Frees of objects of any tag are told to the meter from now on.
    pub(crate) fn meter_all(&self) {
        self.metered.iter().for_each(|word| word.store(u64::MAX, Ordering::Relaxed));
    }

    /// Whether frees of objects of `tag` are told to the meter.
    pub(crate) fn is_metered(&self, tag: u16) -> bool {
        self.metered[usize::from(tag >> 6)].load(Ordering::Relaxed) >> (tag & 63) & 1 == 1
    }

    /// The meter, whatever the tag.
    pub(super) fn any_meter(&self) -> Option<&dyn ObjectMeter> {
        self.meter.get()
    }

    /// The meter, for a tag that is metered.
    pub(super) fn meter_of(&self, tag: u16) -> Option<&dyn ObjectMeter> {
        if self.is_metered(tag) { self.meter.get() } else { None }
    }

    /// The group of `class` and `tag`, made when it is missing; `None` when the backend has no memory for it.
    pub(super) fn group(self: &Arc<Self>, class: Class, tag: u16) -> Option<&Group> {
        if let Some(group) = self.find_group(&lock(&self.registry), class, tag) {
            return Some(group);
        }
        let fresh = self.backend.allocate(Layout::new::<Group>())?.cast::<Group>();
        let mut registry = lock(&self.registry);
        if let Some(group) = self.find_group(&registry, class, tag) {
            drop(registry);
            // SAFETY: P5: the block was allocated above with this layout and never became a group.
            unsafe { self.backend.deallocate(fresh.cast(), Layout::new::<Group>()) };
            return Some(group);
        }
        // The list has the address of the block itself: by way of a reference it could not be freed.
        let next = core::mem::replace(&mut registry.groups[class], fresh.as_ptr());
        // SAFETY: the block is fresh and has the layout of a group, which stays where it is until the depot is dropped
        // (P5); nobody follows the list before the lock is released. The reference is bound to a borrow of the depot.
        unsafe {
            fresh.write(Group::new(Arc::as_ptr(self), next, class, tag));
            Some(fresh.as_ref())
        }
    }

    fn find_group(&self, registry: &Registry, class: Class, tag: u16) -> Option<&Group> {
        chain(registry.groups[class]).find(|group| group.tag == tag)
    }

    /// The first group of a class; the rest is reached without the lock, because links never change.
    fn first_group(&self, class: Class) -> *const Group {
        lock(&self.registry).groups[class]
    }

    /// One block for an object of `layout`, not by way of a magazine.
    pub(crate) fn allocate(self: &Arc<Self>, tag: u16, layout: Layout) -> Option<NonNull<u8>> {
        let class = class_of_layout(layout);
        let group = self.group(class, tag)?;
        let object =
            if class == LARGE { group.take_large(self, layout, None)? } else { group.take(self, None)? };
        #[cfg(feature = "debug")]
        super::watch::made(self, tag, class, object);
        Some(object)
    }

    /// A large object of `layout`, on the account of `ledger`.
    pub(super) fn allocate_large(
        self: &Arc<Self>,
        tag: u16,
        layout: Layout,
        ledger: &Ledger,
    ) -> Option<NonNull<u8>> {
        let object = self.group(LARGE, tag)?.take_large(self, layout, Some(ledger))?;
        #[cfg(feature = "debug")]
        super::watch::made(self, tag, LARGE, object);
        Some(object)
    }

    /// Frees an object into the depot, on the account of `ledger` if there is one.
    ///
    /// # Safety
    ///
    /// - `object` is an object of a pool whose depot this is; it belongs to the caller, and nobody uses it any more.
    /// - The caller holds an `Arc` of the depot across the call (P6).
    pub(super) unsafe fn free(&self, object: NonNull<u8>, ledger: Option<&Ledger>) {
        let page = header_of(object);
        // SAFETY: P2 and P5: the header and the group are alive while the object is outside.
        unsafe {
            let group = &*(*page).group;
            if group.class == LARGE {
                group.give_large(self, page.cast(), ledger);
            } else {
                group.give(self, object, ledger);
            }
        }
    }

    /// Gives all memory that no object uses and no thread keeps in its magazines to the backend. Returns the bytes.
    pub(crate) fn trim(&self) -> usize {
        (0..CLASSES)
            .flat_map(|class| chain(self.first_group(class)))
            .map(|group| group.trim(self.backend()))
            .sum()
    }

    /// A set for `tag` and the thread `owner`, registered as live; `None` when the backend has no memory.
    pub(super) fn take_set(&self, tag: u16, owner: u64) -> Option<NonNull<MagazineSet>> {
        let mut registry = lock(&self.registry);
        if let Some(set) = NonNull::new(registry.spare) {
            // SAFETY: P7: a spare set belongs to the registry.
            unsafe {
                registry.spare = set.as_ref().next.get();
                set.write(MagazineSet::new(tag, owner));
                registry.link(set);
            }
            return Some(set);
        }
        drop(registry);
        let set = self.backend.allocate(Layout::new::<MagazineSet>())?.cast::<MagazineSet>();
        // SAFETY: P7: the block is fresh and has the layout of a set; it is linked under the registry's lock.
        unsafe {
            set.write(MagazineSet::new(tag, owner));
            lock(&self.registry).link(set);
        }
        Some(set)
    }

    /// Takes a set of a thread that ends: its counts are kept, its memory serves a later thread.
    ///
    /// # Safety
    ///
    /// - `set` came from [`take_set`](Self::take_set), its magazines are empty, and its owner does not use it again.
    pub(super) unsafe fn retire_set(&self, set: NonNull<MagazineSet>) {
        let mut registry = lock(&self.registry);
        // SAFETY: the caller's promise (P7); groups are alive with the depot.
        unsafe {
            for magazine in set.as_ref().magazines() {
                if let Some(group) = magazine.group().as_ref() {
                    group.retire(magazine.allocations());
                }
            }
            registry.unlink(set);
            set.as_ref().next.set(registry.spare);
        }
        registry.spare = set.as_ptr();
    }

    /// What objects of `tag` count.
    pub(crate) fn tag_totals(&self, tag: u16) -> PoolTotals {
        self.stats_where(|of| of == tag).totals()
    }

    /// What all objects count.
    pub(crate) fn totals(&self) -> PoolStats {
        self.stats_where(|_| true)
    }

    /// Bytes of the objects alive whose tags are `wanted`. `each` is told what threads have contributed: what they
    /// allocated less what they freed. While threads run, the sum and the contributions are as inexact as each other.
    pub(crate) fn live_bytes(&self, wanted: impl Fn(u16) -> bool, mut each: impl FnMut(u64, i64)) -> i64 {
        let registry = lock(&self.registry);
        let mut live = 0;
        for class in 0..=LARGE {
            for group in chain(registry.groups[class]).filter(|group| wanted(group.tag)) {
                let (mut contributed, mut lent) = (0, 0);
                let outside = group.outside_bytes(|| {
                    for set in registry.sets().filter(|set| set.tag() == group.tag) {
                        let magazine = set.magazine(class);
                        let net = magazine.net_bytes(class);
                        each(set.owner(), net);
                        contributed += net;
                        lent += magazine.ledger().bytes(class);
                    }
                });
                live += outside as i64 - lent + contributed;
            }
        }
        live
    }

    fn stats_where(&self, mut wanted: impl FnMut(u16) -> bool) -> PoolStats {
        let mut stats = PoolStats::default();
        let registry = lock(&self.registry);
        let mut cached = [0; CLASSES];
        let mut counted = [0; CLASSES];
        for set in registry.sets().filter(|set| wanted(set.tag())) {
            for (class, magazine) in set.magazines().iter().take(CLASSES).enumerate() {
                cached[class] += magazine.cached(class);
                counted[class] += magazine.allocations();
            }
        }
        for class in 0..=LARGE {
            let mut sum = GroupCounts::default();
            for group in chain(registry.groups[class]).filter(|group| wanted(group.tag)) {
                sum.add(group.counts());
            }
            if class == LARGE {
                stats.add_large(sum);
            } else {
                stats.add_class(sum, block_size(class) as u64, counted[class], cached[class]);
            }
        }
        stats
    }
}

impl Registry {
    /// The sets of live threads. What others than their threads read of them is atomic or guarded by the registry's lock.
    fn sets(&self) -> impl Iterator<Item = &MagazineSet> {
        let mut next = self.live;
        core::iter::from_fn(move || {
            // SAFETY: P7: sets on the list are live while the registry's lock is held, as a borrow of it proves.
            let set = unsafe { next.as_ref() }?;
            next = set.next.get();
            Some(set)
        })
    }

    /// # Safety
    ///
    /// - `set` is valid, in no list, and stays valid until it is unlinked (P7).
    unsafe fn link(&mut self, set: NonNull<MagazineSet>) {
        // SAFETY: the caller's promise; sets in the list are valid.
        unsafe {
            set.as_ref().prev.set(ptr::null_mut());
            set.as_ref().next.set(self.live);
            if let Some(first) = NonNull::new(self.live) {
                first.as_ref().prev.set(set.as_ptr());
            }
        }
        self.live = set.as_ptr();
    }

    /// # Safety
    ///
    /// - `set` is in the list of live sets.
    unsafe fn unlink(&mut self, set: NonNull<MagazineSet>) {
        // SAFETY: the caller's promise; sets in the list are valid.
        unsafe {
            let (next, prev) = (set.as_ref().next.get(), set.as_ref().prev.get());
            match NonNull::new(prev) {
                Some(prev) => prev.as_ref().next.set(next),
                None => self.live = next,
            }
            if let Some(next) = NonNull::new(next) {
                next.as_ref().prev.set(prev);
            }
        }
    }
}

/// The groups of a list.
fn chain<'a>(first: *const Group) -> impl Iterator<Item = &'a Group> {
    let mut next = first;
    core::iter::from_fn(move || {
        // SAFETY: P5: groups in the registry are alive as long as the depot, which every caller borrows; links are
        // constant.
        let group = unsafe { next.as_ref() }?;
        next = group.next;
        Some(group)
    })
}

impl Drop for Depot {
    fn drop(&mut self) {
        let (groups, spare) = {
            let registry = lock(&self.registry);
            debug_assert!(registry.live.is_null(), "a thread's pool holds the depot");
            (registry.groups, registry.spare)
        };
        for first in groups {
            let mut next = first;
            while let Some(group) = NonNull::new(next.cast_mut()) {
                // SAFETY: P5: no object is outside, or its group would hold the depot; so after `trim` no page is left,
                // and nobody but this call can reach the group, which came from the backend with this layout.
                unsafe {
                    next = group.as_ref().next;
                    group.as_ref().trim(&*self.backend);
                    group.drop_in_place();
                    self.backend.deallocate(group.cast(), Layout::new::<Group>());
                }
            }
        }
        let mut next = spare;
        while let Some(set) = NonNull::new(next) {
            // SAFETY: P7: a spare set belongs to the registry and came from the backend with this layout.
            unsafe {
                next = set.as_ref().next.get();
                self.backend.deallocate(set.cast(), Layout::new::<MagazineSet>());
            }
        }
    }
}
