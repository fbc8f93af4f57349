//! The slots that handles name: at stable addresses, found without a lock.
//!
//! ```text
//! root ─► directory ─► segment: slot slot slot ...     index = 8 bits │ 8 bits │ 10 bits
//! ```

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use super::word::Word;
use crate::backend::AllocatorBackend;

const SEGMENT: usize = 1 << 10;
const FAN: usize = 1 << 8;
/// The most slots there are.
const MOST: usize = FAN * FAN * SEGMENT;

/// The end of the list of vacant slots.
const NONE: u32 = u32::MAX;

/// What a handle leads to.
pub(super) struct Slot {
    pub(super) word: Word,
    /// Where the object is; null while the slot is vacant. Everything but `word` is written and read as C2 says.
    pub(super) place: Cell<*mut u8>,
    pub(super) about: Cell<About>,
    next_vacant: Cell<u32>,
}

/// What is known about an object besides its place.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// Runs the destructor, if there is one.
    pub(super) drop: Option<unsafe fn(NonNull<u8>)>,
    pub(super) size: usize,
    /// The alignment, as a power of two.
    pub(super) power: u8,
    pub(super) tag: u16,
}

impl About {
    pub(super) fn layout(self) -> Layout {
        Layout::from_size_align(self.size, 1 << self.power).expect("it was a layout when it was taken apart")
    }
}

struct Segment([Slot; SEGMENT]);
struct Directory([AtomicPtr<Segment>; FAN]);

/// All slots of one allocator. Growing it and taking and giving back vacant slots is done under the lock of the space;
/// what was grown stays until the table is released.
pub(super) struct Table {
    root: [AtomicPtr<Directory>; FAN],
    /// Slots that exist: a multiple of the segment size.
    slots: Cell<usize>,
    vacant: Cell<u32>,
}

/// How large the table is, and what it needs to grow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    slots: usize,
    needs_directory: bool,
}

/// A block that the table needs: taken from the backend without the lock.
pub(super) enum Growth {
    Directory(NonNull<u8>),
    Segment(NonNull<u8>),
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            root: [const { AtomicPtr::new(ptr::null_mut()) }; FAN],
            slots: Cell::new(0),
            vacant: Cell::new(NONE),
        }
    }

    /// The slot of `index`, if it exists.
    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&Slot> {
        let index = index as usize;
        let directory = self.root.get(index / (SEGMENT * FAN))?.load(Ordering::Acquire);
        // SAFETY: C1: a published directory and its segments stay until the table is released, and are initialised.
        unsafe {
            let segment = directory.as_ref()?.0[index / SEGMENT % FAN].load(Ordering::Acquire);
            Some(&segment.as_ref()?.0[index % SEGMENT])
        }
    }

    /// A vacant slot; under the lock.
    pub(super) fn take(&self) -> Option<(u32, &Slot)> {
        let index = self.vacant.get();
        let slot = self.get(index)?;
        self.vacant.set(slot.next_vacant.get());
        Some((index, slot))
    }

    /// Takes a vacant slot back; under the lock.
    pub(super) fn put(&self, index: u32, slot: &Slot) {
        slot.next_vacant.set(self.vacant.get());
        self.vacant.set(index);
    }

    /// How large the table is; under the lock.
    pub(super) fn extent(&self) -> Extent {
        let slots = self.slots.get();
        let entry = self.root.get(slots / (SEGMENT * FAN));
        let needs_directory = entry.is_some_and(|entry| entry.load(Ordering::Relaxed).is_null());
        Extent { slots, needs_directory }
    }

    /// What a table of this extent needs to grow, from `backend`; `None` when there is no memory, or the table is as large
    /// as it gets. Without the lock.
    pub(super) fn prepare(backend: &dyn AllocatorBackend, extent: Extent) -> Option<Growth> {
        if extent.slots >= MOST {
            None
        } else if extent.needs_directory {
            backend.allocate(Layout::new::<Directory>()).map(Growth::Directory)
        } else {
            backend.allocate(Layout::new::<Segment>()).map(Growth::Segment)
        }
    }

    /// Takes what [`Table::prepare`] found, or returns it when another thread was faster; under the lock.
    pub(super) fn grow(&self, growth: Growth, extent: Extent) -> Option<Growth> {
        if extent != self.extent() {
            return Some(growth);
        }
        let slots = extent.slots;
        let entry = &self.root[slots / (SEGMENT * FAN)];
        match growth {
            Growth::Directory(block) => {
                let directory = block.cast::<Directory>().as_ptr();
                let empty = Directory([const { AtomicPtr::new(ptr::null_mut()) }; FAN]);
                // SAFETY: C1: the block is fresh and was taken for a directory.
                unsafe { directory.write(empty) };
                entry.store(directory, Ordering::Release);
            }
            Growth::Segment(block) => {
                let segment = block.cast::<Segment>().as_ptr();
                for offset in (0..SEGMENT).rev() {
                    let index = (slots + offset) as u32;
                    let slot = Slot {
                        word: Word::vacant(),
                        place: Cell::new(ptr::null_mut()),
                        about: Cell::new(About { drop: None, size: 0, power: 0, tag: 0 }),
                        next_vacant: Cell::new(self.vacant.replace(index)),
                    };
                    // SAFETY: C1: the block is fresh and was taken for a segment, of which this is one slot.
                    unsafe { (&raw mut (*segment).0[offset]).write(slot) };
                }
                // SAFETY: C1: the directory was published before a segment is prepared for it.
                let directory = unsafe { &*entry.load(Ordering::Relaxed) };
                directory.0[slots / SEGMENT % FAN].store(segment, Ordering::Release);
                self.slots.set(slots + SEGMENT);
            }
        }
        None
    }

    /// Gives a block back that was not needed.
    pub(super) fn discard(backend: &dyn AllocatorBackend, growth: Growth) {
        // SAFETY: C1: the block came from this backend with this layout, and nobody has seen it.
        unsafe {
            match growth {
                Growth::Directory(block) => backend.deallocate(block, Layout::new::<Directory>()),
                Growth::Segment(block) => backend.deallocate(block, Layout::new::<Segment>()),
            }
        }
    }

    /// Bytes of the table; under the lock.
    pub(super) fn bytes(&self) -> u64 {
        let directories = self.root.iter().filter(|entry| !entry.load(Ordering::Relaxed).is_null()).count();
        (directories * size_of::<Directory>() + self.slots.get() / SEGMENT * size_of::<Segment>()) as u64
    }

    /// Calls `visit` with each slot.
    pub(super) fn for_each(&mut self, mut visit: impl FnMut(&Slot)) {
        (0..self.slots.get() as u32).filter_map(|index| self.get(index)).for_each(&mut visit);
    }

    /// Gives the whole table back.
    pub(super) fn release(&mut self, backend: &dyn AllocatorBackend) {
        for entry in &mut self.root {
            let Some(directory) = NonNull::new(core::mem::replace(entry.get_mut(), ptr::null_mut())) else {
                continue;
            };
            // SAFETY: C1: the table is exclusively ours, so nobody looks into it any more, and each block is given back
            // once.
            unsafe {
                for entry in &directory.as_ref().0 {
                    if let Some(segment) = NonNull::new(entry.load(Ordering::Relaxed)) {
                        backend.deallocate(segment.cast(), Layout::new::<Segment>());
                    }
                }
                backend.deallocate(directory.cast(), Layout::new::<Directory>());
            }
        }
    }
}
