//! Objects behind handles: made, borrowed, pinned and ended.

use core::alloc::Layout;
use core::num::NonZeroUsize;
use core::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::handle::{HandleError, ObjectId};
use super::page;
use super::space::{Space, is_small};
use super::stats::{HandleStats, Relocation};
use super::table::{About, Slot, Table};
use super::word::{Fate, Refusal, Word};
use crate::backend::AllocatorBackend;
use crate::raw::callbacks::Callbacks;
use crate::raw::meter::ObjectMeter;
use crate::raw::tls;
use crate::sys::caught::Caught;

/// The movable objects of one allocator.
pub(crate) struct HandleHeap {
    allocator: u64,
    table: Table,
    pub(super) space: Mutex<Space>,
    pub(super) backend: Arc<dyn AllocatorBackend>,
    meter: Arc<dyn ObjectMeter>,
    pub(crate) relocated: Callbacks<Relocation>,
}

// SAFETY: C1, C2: what is not atomic is reached under the lock of the space, or by whoever holds a count of the object.
// Objects are `Send`, because only such are put in.
unsafe impl Send for HandleHeap {}
// SAFETY: C2: as for Send; an object is lent to several threads only if it is `Sync`.
unsafe impl Sync for HandleHeap {}

/// An object that is being made: its place is not written yet, and no handle names it. It ends when it is dropped.
pub(crate) struct Fresh<'h> {
    heap: &'h HandleHeap,
    slot: &'h Slot,
    index: u32,
    place: NonNull<u8>,
}

impl Fresh<'_> {
    /// Where the value is to be written.
    pub(crate) fn place(&self) -> NonNull<u8> {
        self.place
    }

    /// Names the object.
    ///
    /// # Safety
    ///
    /// The value at the place is initialised, as the destructor given to [`HandleHeap::take`] expects it.
    pub(crate) unsafe fn publish(self) -> ObjectId {
        let generation = self.slot.word.publish();
        ObjectId {
            allocator: self.heap.allocator,
            generation,
            index: core::mem::ManuallyDrop::new(self).index,
        }
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        self.heap.vacate(self.index, self.slot, || true);
    }
}

/// A borrow or a pin of an object.
#[derive(Clone, Copy)]
pub(super) struct Held<'h> {
    slot: &'h Slot,
    index: u32,
}

impl Held<'_> {
    /// Where the object is while it is held, and its size in bytes.
    pub(super) fn object(self) -> (NonNull<u8>, usize) {
        let place = NonNull::new(self.slot.place.get()).expect("the object is held");
        (place, self.slot.about.get().size)
    }
}

impl HandleHeap {
    pub(crate) fn new(
        allocator: u64,
        backend: Arc<dyn AllocatorBackend>,
        meter: Arc<dyn ObjectMeter>,
    ) -> Self {
        Self {
            allocator,
            table: Table::new(),
            space: Mutex::new(Space::new()),
            backend,
            meter,
            relocated: Callbacks::default(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Space> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for an object of `layout` under `tag`, and its slot; `None` when there is no memory. `drop` is its
    /// destructor. Charges nothing: the caller has charged `layout.size()` bytes, which are told to the meter as freed
    /// heap memory when the object ends.
    pub(crate) fn take(
        &self,
        layout: Layout,
        tag: u16,
        drop: Option<unsafe fn(NonNull<u8>)>,
    ) -> Option<Fresh<'_>> {
        let large = if is_small(layout) { None } else { Some(self.backend.allocate(layout)?) };
        let give_back = |block| {
            // SAFETY: C3: the block was just taken with this layout, and nobody has seen it.
            unsafe { self.backend.deallocate(block, layout) };
        };
        let Some((space, index, slot)) = self.take_slot(self.lock()) else {
            large.into_iter().for_each(give_back);
            return None;
        };
        let (mut space, place) = match layout.size() {
            0 => (space, NonZeroUsize::new(layout.align()).map(NonNull::without_provenance)),
            _ if is_small(layout) => self.take_place(space, layout, index),
            _ => (space, large),
        };
        let Some(place) = place else {
            self.table.put(index, slot);
            return None;
        };
        let power = layout.align().trailing_zeros() as u8;
        slot.place.set(place.as_ptr());
        slot.about.set(About { drop, size: layout.size(), power, tag });
        space.count_object(layout, true);
        Some(Fresh { heap: self, slot, index, place })
    }

    /// A vacant slot. The lock is let go of to ask the backend for more.
    fn take_slot<'h>(
        &'h self,
        mut space: MutexGuard<'h, Space>,
    ) -> Option<(MutexGuard<'h, Space>, u32, &'h Slot)> {
        loop {
            if let Some((index, slot)) = self.table.take() {
                return Some((space, index, slot));
            }
            let extent = self.table.extent();
            drop(space);
            let growth = Table::prepare(&*self.backend, extent)?;
            space = self.lock();
            if let Some(surplus) = self.table.grow(growth, extent) {
                drop(space);
                Table::discard(&*self.backend, surplus);
                space = self.lock();
            }
        }
    }

    /// A place in a page. The lock is let go of to ask the backend for more.
    fn take_place<'h>(
        &'h self,
        mut space: MutexGuard<'h, Space>,
        layout: Layout,
        index: u32,
    ) -> (MutexGuard<'h, Space>, Option<NonNull<u8>>) {
        loop {
            if let Some(place) = space.place(layout, index) {
                return (space, Some(place));
            }
            drop(space);
            let fresh = self.backend.allocate(page::LAYOUT);
            space = self.lock();
            let Some(fresh) = fresh else { return (space, None) };
            // SAFETY: C3: the block was just taken for a page.
            unsafe { space.add_page(fresh, false) };
        }
    }

    pub(super) fn slot(&self, index: u32) -> Option<&Slot> {
        self.table.get(index)
    }

    /// The id of the object that a slot has; under the lock, so that it does not end meanwhile.
    pub(super) fn id_of(&self, index: u32, slot: &Slot) -> ObjectId {
        ObjectId { allocator: self.allocator, generation: slot.word.generation(), index }
    }

    fn hold(
        &self,
        id: ObjectId,
        how: impl Fn(&Word, u64) -> Result<(), Refusal>,
    ) -> Result<Held<'_>, HandleError> {
        let slot = self.named(id).ok_or(HandleError::Stale)?;
        loop {
            match how(&slot.word, id.generation) {
                Ok(()) => return Ok(Held { slot, index: id.index }),
                Err(Refusal::Stale) => return Err(HandleError::Stale),
                Err(Refusal::InUse) => return Err(HandleError::InUse),
                // A move holds the lock from its beginning to its end, and calls nobody.
                Err(Refusal::Moving) => drop(self.lock()),
            }
        }
    }

    fn named(&self, id: ObjectId) -> Option<&Slot> {
        if id.allocator == self.allocator { self.table.get(id.index) } else { None }
    }

    pub(super) fn read(&self, id: ObjectId) -> Result<Held<'_>, HandleError> {
        self.hold(id, Word::read)
    }

    pub(super) fn write(&self, id: ObjectId) -> Result<Held<'_>, HandleError> {
        self.hold(id, Word::write)
    }

    pub(super) fn end_read(&self, held: Held<'_>) {
        self.seal(held.slot.word.end_read(), held.index, held.slot);
    }

    pub(super) fn end_write(&self, held: Held<'_>) {
        self.seal(held.slot.word.end_write(), held.index, held.slot);
    }

    /// Pins the object; where it stays, and its size in bytes.
    pub(crate) fn pin(&self, id: ObjectId) -> Result<(NonNull<u8>, usize), HandleError> {
        self.hold(id, Word::pin).map(Held::object)
    }

    /// Takes one pin back; whether there was one.
    pub(crate) fn unpin(&self, id: ObjectId) -> bool {
        let Some((slot, fate)) =
            self.named(id).and_then(|slot| Some((slot, slot.word.unpin(id.generation)?)))
        else {
            return false;
        };
        self.lock().pass.stir();
        self.seal(fate, id.index, slot);
        true
    }

    /// Whether the handle's object is there.
    pub(crate) fn contains(&self, id: ObjectId) -> bool {
        self.named(id).is_some_and(|slot| slot.word.is_live(id.generation))
    }

    /// Frees the object, at once or when nobody holds it any more; whether it was there.
    pub(crate) fn free(&self, id: ObjectId) -> bool {
        let Some((slot, fate)) =
            self.named(id).and_then(|slot| Some((slot, slot.word.condemn(id.generation)?)))
        else {
            return false;
        };
        self.seal(fate, id.index, slot);
        true
    }

    #[inline]
    pub(super) fn seal(&self, fate: Fate, index: u32, slot: &Slot) {
        if fate == Fate::YoursToEnd {
            self.end(index, slot);
        }
    }

    /// Drops a condemned object that nobody holds, and vacates its slot.
    #[cold]
    #[inline(never)]
    fn end(&self, index: u32, slot: &Slot) {
        struct Vacate<'h>(&'h HandleHeap, u32, &'h Slot);

        impl Drop for Vacate<'_> {
            fn drop(&mut self) {
                self.0.vacate(self.1, self.2, || self.2.word.vacate());
            }
        }

        let _vacate = Vacate(self, index, slot);
        drop_object(slot);
    }

    /// Frees the place of an object that is gone, and its slot if that is `vacant`.
    fn vacate(&self, index: u32, slot: &Slot, vacant: impl FnOnce() -> bool) {
        let about = slot.about.get();
        let layout = about.layout();
        let mut space = self.lock();
        let place = NonNull::new(slot.place.replace(ptr::null_mut()));
        space.count_object(layout, false);
        let mut block = None;
        if layout.size() > 0 && is_small(layout) {
            // SAFETY: C2: the object is gone, and this call alone ends it.
            block = place.and_then(|place| unsafe { space.free(place) }).map(|page| (page, page::LAYOUT));
        } else if layout.size() > 0 {
            block = place.map(|place| (place, layout));
        }
        if vacant() {
            self.table.put(index, slot);
        }
        drop(space);
        if layout.size() > 0 {
            self.meter.heap_freed(about.tag, layout.size(), tls::last());
        }
        if let Some((block, layout)) = block {
            // SAFETY: C3: the block came from this backend with this layout, and nobody uses it any more.
            unsafe { self.backend.deallocate(block, layout) };
        }
    }

    /// Gives the page back that is kept without an object. Returns the bytes.
    pub(crate) fn trim(&self) -> usize {
        let empty = self.lock().take_empty();
        if let Some(page) = empty {
            // SAFETY: C3: the space gave the page up; it came from this backend with this layout.
            unsafe { self.backend.deallocate(page, page::LAYOUT) };
        }
        empty.map_or(0, |_| page::PAGE)
    }

    /// What there is now.
    pub(crate) fn stats(&self) -> HandleStats {
        let space = self.lock();
        HandleStats {
            objects: space.objects,
            live_bytes: space.live_bytes,
            resident_bytes: (space.pages * page::PAGE) as u64 + space.large_bytes,
            table_bytes: self.table.bytes(),
        }
    }
}

/// Runs the destructor of a slot's object.
fn drop_object(slot: &Slot) {
    if let (Some(place), Some(drop)) = (NonNull::new(slot.place.get()), slot.about.get().drop) {
        // SAFETY: C2: the object is condemned, or the heap is exclusively ours, and this call alone drops it.
        unsafe { drop(place) };
    }
}

impl Drop for HandleHeap {
    fn drop(&mut self) {
        // Guards borrow the allocator, so nobody holds an object but by a guard that was forgotten or a pin.
        let backend = self.backend.clone();
        let mut caught = Caught::default();
        self.table.for_each(|slot| {
            let Some(place) = NonNull::new(slot.place.get()) else { return };
            // The last handle of an allocator may go while a thread exits, where a panic would abort the process.
            caught.catch(|| drop_object(slot));
            let layout = slot.about.get().layout();
            if layout.size() > 0 && !is_small(layout) {
                // SAFETY: C3: a large object has a block of its own.
                unsafe { backend.deallocate(place, layout) };
            }
        });
        let space = self.space.get_mut().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: C3: pages came from this backend, and no object is left.
        space.drain(|page| unsafe { backend.deallocate(page, page::LAYOUT) });
        self.table.release(&*backend);
    }
}
