//! What lies before values with destructors.

#![expect(unsafe_code, reason = "drops values whose type is forgotten")]

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use crate::error::AllocError;

/// The part of an entry that does not depend on the type of its values, which follow it.
pub(super) struct Entry {
    /// The entry made before this one.
    older: *mut Entry,
    len: usize,
    /// Elements whose destructors have been called.
    dropped: usize,
    drop: unsafe fn(NonNull<Entry>),
}

/// The list of a group's entries, latest first. Owns their values (GR1).
pub(super) struct Entries(*mut Entry);

/// How far behind the beginning of its entry the first value lies.
const fn offset<T>() -> usize {
    size_of::<Entry>().next_multiple_of(align_of::<T>())
}

/// The layout of an entry and `len` values.
pub(super) fn layout<T>(len: usize) -> Result<Layout, AllocError> {
    let overflow = |_| AllocError::overflow::<T>(len);
    let values = Layout::array::<T>(len).map_err(overflow)?;
    Ok(Layout::new::<Entry>().extend(values).map_err(overflow)?.0)
}

/// Where the values of an entry lie.
///
/// # Safety
///
/// `block` is of [`layout::<T>`](layout).
pub(super) unsafe fn values<T>(block: NonNull<u8>) -> NonNull<T> {
    // SAFETY: by the caller, the block goes on behind the entry.
    unsafe { block.add(offset::<T>()) }.cast()
}

/// Calls the destructors that were not called yet, in order, until one panics.
///
/// # Safety
///
/// `entry` is one of a group, with values of `T`, that is being freed.
unsafe fn drop_rest<T>(entry: NonNull<Entry>) {
    // SAFETY: GR1: by the caller the group owns the entry and its values.
    unsafe {
        let first = values::<T>(entry.cast());
        let entry = entry.as_ptr();
        while (*entry).dropped < (*entry).len {
            let index = (*entry).dropped;
            (*entry).dropped = index + 1;
            ptr::drop_in_place(first.add(index).as_ptr());
        }
    }
}

impl Entries {
    pub(super) const fn new() -> Self {
        Self(ptr::null_mut())
    }

    /// Puts an entry with `len` values on the list.
    ///
    /// # Safety
    ///
    /// `block` is of [`layout::<T>`](layout) for `len`, in the group's arena, and its values are initialised; the group
    /// owns them from here on.
    pub(super) unsafe fn push<T>(&mut self, block: NonNull<u8>, len: usize) {
        let entry = block.cast::<Entry>();
        // SAFETY: GR1: by the caller, the block begins with room for an entry.
        unsafe { entry.write(Entry { older: self.0, len, dropped: 0, drop: drop_rest::<T> }) };
        self.0 = entry.as_ptr();
    }

    /// Calls destructors, of the latest entry first, until one panics or none is left.
    ///
    /// # Safety
    ///
    /// The group is being freed: nobody uses its values any more, and it is called again after a panic.
    pub(super) unsafe fn drop_all(&mut self) {
        while let Some(entry) = NonNull::new(self.0) {
            // SAFETY: GR1: the entry is on the list, and by the caller its values go now.
            unsafe {
                (entry.as_ref().drop)(entry);
                self.0 = entry.as_ref().older;
            }
        }
    }
}
