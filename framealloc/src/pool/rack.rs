//! Racks: arrays of free blocks, which threads and the depot trade whole.
//!
//! A block passes through a rack untouched: its address is written down beside those of others. A list through the blocks
//! would fetch the cache line of each from the thread that wrote to it last, one after the other. These are the
//! magazines of Bonwick and Adams, "Magazines and Vmem" (USENIX 2001), where each processor has two of them, too.

use super::class::{Class, batch_len};
use crate::backend::AllocatorBackend;
use core::alloc::Layout;
use core::mem::offset_of;
use core::ptr::{self, NonNull};

/// The address of a free block.
pub(super) type Slot = NonNull<u8>;

/// What a rack begins with; `capacity` slots follow, of which the first `len` hold blocks.
#[repr(C)]
struct Header {
    /// The next rack of a [`RackList`].
    next: *mut Header,
    len: u32,
    capacity: u32,
    slots: [Slot; 0],
}

/// A rack, of which there is one such value only. It has memory of the backend and must be given away or destroyed.
#[must_use]
pub(super) struct Rack(NonNull<Header>);

impl Rack {
    /// An empty rack for a batch of blocks of `class`; `None` when the backend has no memory.
    pub(super) fn new(backend: &dyn AllocatorBackend, class: Class) -> Option<Self> {
        let capacity = batch_len(class);
        let header = backend.allocate(layout(capacity))?.cast::<Header>();
        // SAFETY: P9: the block is fresh and large enough for a header and the slots.
        unsafe { header.write(Header { next: ptr::null_mut(), len: 0, capacity, slots: [] }) };
        Some(Self(header))
    }

    /// Gives an empty rack's memory back. Returns its bytes.
    ///
    /// # Safety
    ///
    /// - The rack came from [`new`](Self::new) with this backend.
    pub(super) unsafe fn destroy(self, backend: &dyn AllocatorBackend) -> usize {
        debug_assert_eq!(self.len(), 0, "P1: its blocks would be lost");
        let layout = layout(self.capacity());
        // SAFETY: P9 and the caller's promise: `new` took it with this layout.
        unsafe { backend.deallocate(self.0.cast(), layout) };
        layout.size()
    }

    /// Blocks in the rack.
    pub(super) fn len(&self) -> u32 {
        // SAFETY: P9: the value is the rack's only one.
        unsafe { self.0.as_ref() }.len
    }

    fn capacity(&self) -> u32 {
        // SAFETY: P9: as above.
        unsafe { self.0.as_ref() }.capacity
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Adds a block to a rack that is not full.
    pub(super) fn push(&mut self, block: Slot) {
        assert!(!self.is_full());
        // SAFETY: P9: the slot exists, because `len < capacity`.
        unsafe {
            let len = self.len();
            self.slots().add(len as usize).write(block);
            self.0.as_mut().len = len + 1;
        }
    }

    pub(super) fn pop(&mut self) -> Option<Slot> {
        let len = self.len().checked_sub(1)?;
        // SAFETY: P9: slots below `len` hold blocks.
        unsafe {
            self.0.as_mut().len = len;
            Some(self.slots().add(len as usize).read())
        }
    }

    /// The first slot. It has the provenance of the whole rack.
    fn slots(&self) -> *mut Slot {
        // SAFETY: P9: the slots lie in the rack's block, behind the header.
        unsafe { self.0.as_ptr().byte_add(offset_of!(Header, slots)).cast() }
    }

    /// Takes the rack apart: its first slot, the one above the last block, and the one above the last slot.
    pub(super) fn into_slots(self) -> (*mut Slot, *mut Slot, *mut Slot) {
        let (base, len, capacity) = (self.slots(), self.len() as usize, self.capacity() as usize);
        // SAFETY: P9: a rack has `capacity` slots, and `len` is at most that.
        unsafe { (base, base.add(len), base.add(capacity)) }
    }

    /// The rack whose first slot is `base`, with blocks below `top`.
    ///
    /// # Safety
    ///
    /// - `base` came from [`into_slots`](Self::into_slots), and is used for this once.
    /// - `top` is one of the rack's slots, or the end of them; all slots below it hold blocks.
    pub(super) unsafe fn from_slots(base: *mut Slot, top: *mut Slot) -> Self {
        // SAFETY: P9: by the caller; the header lies before the slots.
        unsafe {
            let header = base.byte_sub(offset_of!(Header, slots)).cast::<Header>();
            (*header).len = top.offset_from_unsigned(base) as u32;
            Self(NonNull::new_unchecked(header))
        }
    }
}

fn layout(capacity: u32) -> Layout {
    let size = size_of::<Header>() + capacity as usize * size_of::<Slot>();
    // Whole cache lines, so that threads which fill neighbours do not wait for each other.
    Layout::from_size_align(size, 64).expect("a rack is small").pad_to_align()
}

/// Racks on a list.
pub(super) struct RackList {
    first: *mut Header,
    count: usize,
}

impl RackList {
    pub(super) const EMPTY: Self = Self { first: ptr::null_mut(), count: 0 };

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn push(&mut self, mut rack: Rack) {
        // SAFETY: P9: the rack is the list's from now on.
        unsafe { rack.0.as_mut() }.next = self.first;
        self.first = rack.0.as_ptr();
        self.count += 1;
    }

    pub(super) fn pop(&mut self) -> Option<Rack> {
        let rack = Rack(NonNull::new(self.first)?);
        // SAFETY: P9: the rack was the list's.
        self.first = unsafe { rack.0.as_ref() }.next;
        self.count -= 1;
        Some(rack)
    }
}

impl Drop for RackList {
    fn drop(&mut self) {
        debug_assert!(self.first.is_null(), "racks would be lost");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::SystemBackend;

    #[test]
    fn holds_what_was_put_into_it_in_slots_and_in_lists() {
        let backend = SystemBackend::new();
        let mut rack = Rack::new(&backend, 0).unwrap();
        let blocks: Vec<Slot> = (1..=rack.capacity() as usize)
            .map(|n| NonNull::without_provenance(core::num::NonZeroUsize::new(n).unwrap()))
            .collect();
        blocks.iter().for_each(|&block| rack.push(block));
        assert!(rack.is_full());
        let (base, top, end) = rack.into_slots();
        assert_eq!(top, end);
        // SAFETY: `base` is used once, and one block fewer is left.
        let rack = unsafe { Rack::from_slots(base, top.sub(1)) };
        let mut list = RackList::EMPTY;
        list.push(rack);
        list.push(Rack::new(&backend, 39).unwrap());
        assert_eq!((list.count(), list.pop().map(|empty| free(empty, &backend))), (2, Some(0)));
        assert_eq!(list.pop().map(|rack| free(rack, &backend)), Some(blocks.len() as u32 - 1));
        assert!(list.pop().is_none());
    }

    /// Empties a rack and destroys it; how many blocks it had.
    fn free(mut rack: Rack, backend: &SystemBackend) -> u32 {
        let len = rack.len();
        while rack.pop().is_some() {}
        // SAFETY: it came from this backend.
        unsafe { rack.destroy(backend) };
        len
    }
}
