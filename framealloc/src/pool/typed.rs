//! Many objects of one type behind handles.

#![forbid(unsafe_code)]

use super::alloc::PoolAlloc;
use super::boxed::PoolBox;
use super::handle::Handle;
use crate::error::AllocError;
use allocator_api2::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

/// The end of the list of vacant slots.
const NONE: u32 = u32::MAX;

/// Values of one type in pool memory, named by [`Handle`]s.
///
/// Values do not move while they are in the pool. A handle whose value was removed is recognised, also when its slot was
/// used again: a slot counts its generations and is retired before the count would wrap. Everything is O(1), but
/// iteration, which visits every slot that was ever used.
pub struct TypedPool<T> {
    id: u64,
    slots: Vec<Slot<T>, PoolAlloc>,
    /// The first vacant slot.
    vacant: u32,
    len: usize,
}

struct Slot<T> {
    generation: u32,
    /// The next vacant slot, while this one is.
    next: u32,
    value: Option<PoolBox<T>>,
}

impl<T> TypedPool<T> {
    /// An empty pool. Takes no memory.
    pub(crate) fn new(alloc: PoolAlloc) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        Self { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), slots: Vec::new_in(alloc), vacant: NONE, len: 0 }
    }

    /// Puts a value in and names it.
    ///
    /// # Panics
    ///
    /// When there is no memory or a budget refuses, with the text of the [`AllocError`].
    pub fn insert(&mut self, value: T) -> Handle<T> {
        self.try_insert(value).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`insert`](Self::insert) that returns the error. The value is dropped with it.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`], [`AllocError::BudgetExceeded`], or [`AllocError::CapacityExceeded`] beyond
    /// 4294967295 slots.
    pub fn try_insert(&mut self, value: T) -> Result<Handle<T>, AllocError> {
        let value = self.slots.allocator().try_box(value)?;
        if self.vacant == NONE {
            self.add_slot()?;
        }
        let index = self.vacant;
        let slot = &mut self.slots[index as usize];
        self.vacant = slot.next;
        slot.value = Some(value);
        self.len += 1;
        Ok(Handle::new(self.id, index, slot.generation))
    }

    fn add_slot(&mut self) -> Result<(), AllocError> {
        let index = self.slots.len();
        if index >= NONE as usize {
            return Err(AllocError::CapacityExceeded { capacity: index });
        }
        let wanted = index.max(4);
        let layout = || core::alloc::Layout::array::<Slot<T>>(index + wanted);
        self.slots.try_reserve(1).map_err(|_| match layout() {
            Ok(layout) => AllocError::out_of_memory(layout),
            Err(_) => AllocError::overflow::<Slot<T>>(index + wanted),
        })?;
        self.slots.push(Slot { generation: 0, next: NONE, value: None });
        self.vacant = index as u32;
        Ok(())
    }

    fn slot(&self, handle: Handle<T>) -> Option<&Slot<T>> {
        self.slots
            .get(handle.index as usize)
            .filter(|slot| self.id == handle.pool && slot.generation == handle.generation)
    }

    /// The value that `handle` names, if it is still here.
    pub fn get(&self, handle: Handle<T>) -> Option<&T> {
        self.slot(handle)?.value.as_deref()
    }

    /// The value that `handle` names, if it is still here.
    pub fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        self.slot(handle)?;
        self.slots[handle.index as usize].value.as_deref_mut()
    }

    /// Whether `handle` names a value.
    pub fn contains(&self, handle: Handle<T>) -> bool {
        self.get(handle).is_some()
    }

    /// Takes the value out. The handle, and every copy of it, names nothing from then on.
    pub fn remove(&mut self, handle: Handle<T>) -> Option<T> {
        self.slot(handle)?;
        Some(self.vacate(handle.index)?.into_inner())
    }

    /// Empties a slot and makes it usable again, unless its generations are used up.
    fn vacate(&mut self, index: u32) -> Option<PoolBox<T>> {
        let slot = &mut self.slots[index as usize];
        let value = slot.value.take()?;
        self.len -= 1;
        // The last generation is never handed out again: the slot keeps it, vacant and unlinked.
        slot.generation += 1;
        if slot.generation < u32::MAX {
            slot.next = core::mem::replace(&mut self.vacant, index);
        }
        Some(value)
    }

    /// Drops every value. Handles to them name nothing from then on. If a destructor panics, the values after it stay.
    pub fn clear(&mut self) {
        for index in 0..self.slots.len() {
            drop(self.vacate(index as u32));
        }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values with their handles, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Handle<T>, &T)> {
        let id = self.id;
        self.slots.iter().enumerate().filter_map(move |(index, slot)| {
            Some((Handle::new(id, index as u32, slot.generation), slot.value.as_deref()?))
        })
    }

    /// The values with their handles, in no particular order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Handle<T>, &mut T)> {
        let id = self.id;
        self.slots.iter_mut().enumerate().filter_map(move |(index, slot)| {
            Some((Handle::new(id, index as u32, slot.generation), slot.value.as_deref_mut()?))
        })
    }

    /// Makes every vacant slot look as if it had been used `u32::MAX - 1` times.
    #[cfg(test)]
    pub(super) fn age(&mut self) {
        for slot in self.slots.iter_mut().filter(|slot| slot.value.is_none()) {
            slot.generation = u32::MAX - 1;
        }
    }
}

impl<T: core::fmt::Debug> core::fmt::Debug for TypedPool<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
