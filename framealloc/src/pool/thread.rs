//! The part of the pool that a thread has for itself.

use super::class::{Class, LARGE, block_size, class_of_layout};
use super::depot::Depot;
use super::local;
use super::magazine::{EMPTY, Magazine, MagazineSet};
use super::page::{LargeHeader, header_of};
use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::{self, NonNull};
use std::sync::Arc;

/// The pool of one thread for one allocator: magazines per tag, of which one set is selected.
///
/// It is used by its thread alone; the fields are cells, because foreign code that runs on slow paths may use it again.
#[repr(C)]
pub(crate) struct ThreadPool {
    /// The set that the fast paths use: the selected one, or the empty one when that is gated, missing or gone.
    current: Cell<NonNull<MagazineSet>>,
    /// The set of the selected tag; null while it is not made yet.
    selected: Cell<*const MagazineSet>,
    /// The selected tag, where `selected` is null.
    tag: Cell<u16>,
    gated: Cell<bool>,
    /// Whether `flush` has run: everything goes straight to the depot from then on.
    exited: Cell<bool>,
    /// Sets by tag; memory of the backend, `table_len` entries.
    table: Cell<*mut *mut MagazineSet>,
    table_len: Cell<usize>,
    /// Names the thread in the depot's accounts.
    owner: u64,
    /// The next pool of this thread, for another allocator.
    pub(super) next_of_thread: Cell<*const ThreadPool>,
    /// Missing only in [`NO_POOL`].
    depot: Option<Arc<Depot>>,
}

/// What a thread without a pool has: nothing in it, nothing fits, and no operation changes it.
pub(super) static NO_POOL: NoPool = NoPool(ThreadPool::empty(None, 0));

pub(super) struct NoPool(pub(super) ThreadPool);

// SAFETY: P8: `NO_POOL` is only reached by `local::current`, whose users read `current` and the depot's address, and never write.
unsafe impl Sync for NoPool {}

const EMPTY_SET: NonNull<MagazineSet> = NonNull::from_ref(&EMPTY.0);

impl ThreadPool {
    /// A pool for the calling thread, which the depot's accounts call `owner`. Takes no memory before it is used.
    pub(crate) const fn new(depot: Arc<Depot>, owner: u64) -> Self {
        Self::empty(Some(depot), owner)
    }

    const fn empty(depot: Option<Arc<Depot>>, owner: u64) -> Self {
        Self {
            current: Cell::new(EMPTY_SET),
            selected: Cell::new(ptr::null()),
            tag: Cell::new(0),
            gated: Cell::new(false),
            exited: Cell::new(false),
            table: Cell::new(ptr::null_mut()),
            table_len: Cell::new(0),
            owner,
            next_of_thread: Cell::new(ptr::null()),
            depot,
        }
    }

    /// The depot that the pool belongs to.
    pub(crate) fn depot(&self) -> &Arc<Depot> {
        self.depot.as_ref().expect("a pool that is used has a depot")
    }

    /// The depot's address, null for [`NO_POOL`].
    pub(super) fn depot_ptr(&self) -> *const Depot {
        self.depot.as_ref().map_or(ptr::null(), Arc::as_ptr)
    }

    /// The selected tag.
    pub(crate) fn tag(&self) -> u16 {
        // SAFETY: P8: sets of this thread are valid until `flush`, which clears `selected`.
        unsafe { self.selected.get().as_ref() }.map_or(self.tag.get(), MagazineSet::tag)
    }

    /// Makes `tag` the one that allocations belong to. While it is `gated`, [`alloc`](Self::alloc) refuses.
    pub(crate) fn select(&self, tag: u16, gated: bool) {
        self.tag.set(tag);
        self.gated.set(gated);
        let set = self.find_set(tag);
        self.selected.set(set);
        self.current.set(match NonNull::new(set) {
            Some(set) if !gated => set,
            _ => EMPTY_SET,
        });
    }

    /// The set of `tag`, made now when it is missing; valid until [`flush`](Self::flush). `None` when there is no memory for
    /// it, or after `flush`. May call the backend.
    pub(super) fn set_for(&self, tag: u16) -> Option<NonNull<MagazineSet>> {
        if let Some(set) = NonNull::new(self.find_set(tag)) {
            return Some(set);
        }
        if self.exited.get() || !self.reserve_table(usize::from(tag)) {
            return None;
        }
        let set = self.depot().take_set(tag, self.owner)?;
        // The backend may have used this pool, or made a thread's end run, in between (F7).
        let other = NonNull::new(self.find_set(tag));
        if other.is_some() || self.exited.get() {
            // SAFETY: P7: the set was taken above, nothing was put into it, and it is not used again.
            unsafe { self.depot().retire_set(set) };
            return other;
        }
        // SAFETY: P8: the table has an entry for the tag, it only grows, and only this thread uses it.
        unsafe { *self.table.get().add(usize::from(tag)) = set.as_ptr() };
        // If it is the set of the selected tag, that is served from it from now on.
        self.select(self.tag(), self.gated.get());
        Some(set)
    }

    fn find_set(&self, tag: u16) -> *mut MagazineSet {
        let index = usize::from(tag);
        if index >= self.table_len.get() {
            return ptr::null_mut();
        }
        // SAFETY: P8: the table has `table_len` initialised entries.
        unsafe { *self.table.get().add(index) }
    }

    /// Makes the table hold `index`.
    fn reserve_table(&self, index: usize) -> bool {
        if index < self.table_len.get() {
            return true;
        }
        let len = (index + 1).next_power_of_two().max(16);
        let backend = self.depot().backend();
        let Some(fresh) = backend.allocate(table_layout(len)) else { return false };
        let fresh = fresh.cast::<*mut MagazineSet>().as_ptr();
        // The backend may have made this pool grow its table, or a thread's end run, in between (F7).
        let (old, old_len) = (self.table.get(), self.table_len.get());
        if old_len >= len || self.exited.get() {
            // SAFETY: P8: `fresh` was allocated above, and the pool never pointed to it.
            unsafe { free_table(backend, fresh, len) };
            return !self.exited.get();
        }
        // SAFETY: P8: the old table is valid; both have the lengths given, and they are different blocks.
        unsafe {
            fresh.write_bytes(0, len);
            if old_len > 0 {
                fresh.copy_from_nonoverlapping(old, old_len);
            }
        }
        self.table.set(fresh);
        self.table_len.set(len);
        // SAFETY: P8: the pool points to the new table, and nothing else refers to the old one.
        unsafe { free_table(backend, old, old_len) };
        true
    }

    /// Whether [`alloc`](Self::alloc) would serve an object of `tag` from its magazines.
    #[inline]
    pub(super) fn serves(&self, tag: u16) -> bool {
        let set = self.current.get();
        // SAFETY: P8: the current set is valid, or the empty one.
        set != EMPTY_SET && unsafe { set.as_ref() }.tag() == tag
    }

    /// Memory for an object of `layout`, whose size is not zero, under `tag`, whatever is selected. May call the backend: the
    /// caller charges the object to budgets that are read meanwhile, too.
    pub(crate) fn alloc_of(&self, tag: u16, layout: Layout) -> Option<NonNull<u8>> {
        let (depot, class) = (self.depot(), class_of_layout(layout));
        let Some(set) = self.set_for(tag) else { return depot.allocate(tag, layout) };
        // SAFETY: P8: the set is valid until `flush`.
        let magazine = unsafe { set.as_ref() }.magazine(class);
        if class == LARGE {
            depot.allocate_large(tag, layout, magazine.ledger())
        } else {
            let object = magazine.pop_slow(depot, class, tag)?;
            #[cfg(feature = "debug")]
            super::watch::made(depot, tag, class, object);
            Some(object)
        }
    }

    /// Memory for an object of `layout`, whose size is not zero, under the selected tag, from the thread's magazines; calls
    /// nobody. `None` when there is none, or the tag is gated: read the budgets, charge the object
    /// ([`super::charged_bytes`]) and call [`alloc_of`](Self::alloc_of).
    #[inline(always)]
    pub(crate) fn alloc(&self, layout: Layout) -> Option<NonNull<u8>> {
        let class = class_of_layout(layout);
        // SAFETY: P8: the current set is valid, or the empty one.
        match unsafe { self.current.get().as_ref() }.magazine(class).pop() {
            Some(block) => {
                #[cfg(feature = "debug")]
                super::watch::made(self.depot(), self.tag(), class, block);
                Some(block)
            }
            None => self.alloc_slow(layout),
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&self, layout: Layout) -> Option<NonNull<u8>> {
        if self.gated.get() { None } else { self.cached_of(self.tag(), layout) }
    }

    /// Memory for an object of `layout` from the magazines of `tag`, which is not metered; calls nobody.
    pub(super) fn cached_of(&self, tag: u16, layout: Layout) -> Option<NonNull<u8>> {
        let class = class_of_layout(layout);
        // SAFETY: P8: the set is valid until `flush`.
        let block = unsafe { self.find_set(tag).as_ref() }?.magazine(class).pop_cached()?;
        #[cfg(feature = "debug")]
        super::watch::made(self.depot(), tag, class, block);
        Some(block)
    }

    /// Gives everything to the depot, for the end of the thread: blocks, counts and the memory of the sets. Afterwards
    /// the pool still works, by way of the depot's locks. A second call does nothing.
    pub(crate) fn flush(&self) {
        if self.depot.is_none() || self.exited.replace(true) {
            return;
        }
        self.tag.set(self.tag());
        self.selected.set(ptr::null());
        self.current.set(EMPTY_SET);
        let (table, len) = (self.table.replace(ptr::null_mut()), self.table_len.replace(0));
        for index in 0..len {
            // SAFETY: P8: the table has `len` initialised entries and belongs to this call now.
            if let Some(set) = NonNull::new(unsafe { *table.add(index) }) {
                // SAFETY: P8: the set is valid and, since the pool has exited, used by nobody else.
                unsafe {
                    for magazine in set.as_ref().magazines() {
                        magazine.flush(self.depot());
                    }
                    self.depot().retire_set(set);
                }
            }
        }
        // SAFETY: P8: the pool's pointer was cleared first, and nothing else refers to the table.
        unsafe { free_table(self.depot().backend(), table, len) };
    }

    /// Whether [`flush`](Self::flush) has run.
    pub(crate) fn has_exited(&self) -> bool {
        self.exited.get()
    }

    /// The tags that the thread allocated or freed objects of, and the bytes it allocated of each less those it freed.
    pub(crate) fn contributions(&self) -> impl Iterator<Item = (u16, i64)> {
        (0..self.table_len.get() as u32).filter_map(|tag| {
            // SAFETY: P8: the set is valid until `flush`.
            let set = unsafe { self.find_set(tag as u16).as_ref() }?;
            Some((set.tag(), set.net_bytes()))
        })
    }

    /// Gives the free blocks of this thread to the depot, which may give pages back; the pool goes on.
    pub(crate) fn shrink(&self) {
        for index in 0..self.table_len.get() {
            // SAFETY: P8; the set is looked up anew each time, because giving blocks away may call the backend.
            if let Some(set) = unsafe { self.find_set(index as u16).as_ref() } {
                for magazine in set.magazines() {
                    magazine.flush(self.depot());
                }
            }
        }
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.flush();
    }
}

fn table_layout(len: usize) -> Layout {
    Layout::array::<*mut MagazineSet>(len).expect("at most 65536 entries")
}

/// # Safety
///
/// - `table` was allocated for `len` entries from `backend` and is not used any more, or `len` is zero.
unsafe fn free_table(
    backend: &dyn crate::backend::AllocatorBackend,
    table: *mut *mut MagazineSet,
    len: usize,
) {
    if len > 0 {
        // SAFETY: the caller's promise.
        unsafe { backend.deallocate(NonNull::new_unchecked(table.cast()), table_layout(len)) };
    }
}

/// Frees an object of any pool, on any thread.
///
/// # Safety
///
/// - `object` came from a pool for a layout of class `class`, belongs to the caller and is not used any more.
#[inline(always)]
pub(crate) unsafe fn free(object: NonNull<u8>, class: Class) {
    // SAFETY: P1: by the caller.
    #[cfg(feature = "debug")]
    unsafe {
        super::watch::gone(class, object);
    }
    // SAFETY: P2 and P5: the header is readable while the object is outside. P8: what `current` points to is valid. P1:
    // the block belongs to the caller; it is kept only if its group, and so its class, tag and depot, is the magazine's.
    unsafe {
        let group = (*header_of(object)).group;
        let set = local::current().as_ref().current.get();
        if !set.as_ref().magazine(class).push(group, object) {
            free_slow(object);
        }
    }
}

/// Frees an object whose class is not known; the page says it.
///
/// # Safety
///
/// - `object` came from a pool, belongs to the caller and is not used any more.
#[inline]
pub(crate) unsafe fn free_any(object: NonNull<u8>) {
    // SAFETY: P2 and P5: header and group are readable while the object is outside; the rest is the caller's promise.
    unsafe { free(object, (*(*header_of(object)).group).class) }
}

#[cold]
#[inline(never)]
unsafe fn free_slow(object: NonNull<u8>) {
    // SAFETY: P2 and P5, as in `free`: while the object is outside its header, group and depot are alive. The group's
    // fields are read before the object is given up.
    unsafe {
        let header = header_of(object);
        let group = &*(*header).group;
        let (tag, large) = (group.tag, group.class == LARGE);
        // The usual reasons: the rack in use is full, or the object is of another tag than the thread, and nobody meters it.
        let current = local::current().as_ref().current.get();
        if current.as_ref().magazine(group.class).push_or_turn(group, object) {
            return;
        }
        if !(*group.depot).is_metered(tag) {
            let set = local::pool_of(group.depot).and_then(|pool| pool.as_ref().find_set(tag).as_ref());
            if set.is_some_and(|set| set.magazine(group.class).push_or_turn(group, object)) {
                return;
            }
        }
        // First, so that this free is on the thread's accounts already.
        if !large && local::pool_of(group.depot).is_none() && local::frees_often() {
            (*group.depot).adopt_thread();
        }
        // P6: the depot is kept alive beyond the moment in which the last object comes back.
        Arc::increment_strong_count(group.depot);
        let depot = Arc::from_raw(group.depot);
        // Before the free is told, because making a set, or room, calls the backend: nothing foreign may run between the
        // credit and the change of the accounts. P8: the set is valid until `flush`, which does not run before the free is
        // done. The magazine is of the group's class and tag.
        let set = local::pool_of(group.depot).and_then(|pool| pool.as_ref().set_for(tag));
        let magazine = set.map(|set| set.as_ref().magazine(group.class));
        if let Some(magazine) = magazine.filter(|_| !large) {
            magazine.make_room(&depot, group);
        }
        // A free that was credited past the thread's accounts must not show in them: it would be credited again.
        let counted = depot.meter_of(tag).is_none_or(|meter| {
            let size = if large { (*header.cast::<LargeHeader>()).size } else { block_size(group.class) };
            meter.pool_freed(tag, size, object)
        });
        let magazine = magazine.filter(|_| counted);
        if !magazine.is_some_and(|magazine| !large && magazine.push(group, object)) {
            depot.free(object, magazine.map(Magazine::ledger));
        }
    }
}
