//! The group.

#![expect(unsafe_code, reason = "places values in an arena and lends them by handle")]

use core::alloc::Layout;
use core::any::Any;
use core::fmt;
use core::mem::{MaybeUninit, needs_drop};
use core::ops::{Index, IndexMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::entry::{self, Entries};
use super::handle::GroupHandle;
use super::nested::Nested;
use crate::error::AllocError;
use crate::raw::arena::Arena;
use crate::raw::fill::fill;
use crate::raw::supply::ChunkSupply;
use crate::sys::ids::next_group_id;

/// Values of any types that are freed together; see [`SmartAlloc::groups`](crate::SmartAlloc::groups).
///
/// `alloc` returns a handle; the group lends the value to whoever has one, by indexing or `get`. Freeing runs the
/// destructors, the latest value's first, and returns the memory. Dropping the group does the same.
///
/// Cost: a bump of a pointer per value or slice, with an entry of four words where there is a destructor; a comparison per
/// access.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let mut level = alloc.groups().create_group("level");
/// let name = level.alloc(String::from("harbour"));
/// let heights = level.alloc_slice(100, |i| i as f32);
/// level[name].push_str(" at night");
/// assert_eq!((level[name].as_str(), level[heights][99]), ("harbour at night", 99.0));
///
/// let freed = alloc.groups().free_group(level); // a use of `level` after this does not compile
/// assert_eq!(freed.objects, 101);
///
/// let other = alloc.groups().create_group("other");
/// assert!(other.get(name).is_none()); // handles of a group that is gone name nothing
/// ```
pub struct Group {
    pub(super) id: u64,
    name: Arc<str>,
    arena: Arena,
    entries: Entries,
    objects: u64,
    pub(super) nested: Nested,
    pub(super) supply: ChunkSupply,
}

// SAFETY: GR1: the group owns its values, which are all Send (`try_alloc`, `try_alloc_slice`).
unsafe impl Send for Group {}
// SAFETY: GR2: a shared group lends values that are Sync only (`get`), and changes nothing.
unsafe impl Sync for Group {}

impl UnwindSafe for Group {}
impl RefUnwindSafe for Group {}

/// What a group had when it was freed, nested groups included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupSummary {
    /// Groups: itself and those nested in it.
    pub groups: u64,
    /// Values; each element of a slice is one.
    pub objects: u64,
    /// Bytes that went back to the backend.
    pub bytes: usize,
}

impl Group {
    pub(crate) fn new(name: &str, supply: ChunkSupply) -> Self {
        Self {
            id: next_group_id(),
            name: name.into(),
            arena: Arena::new(),
            entries: Entries::new(),
            objects: 0,
            nested: Nested::default(),
            supply,
        }
    }

    /// The group's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Values in the group itself; each element of a slice is one.
    pub fn objects(&self) -> u64 {
        self.objects
    }

    /// Bytes handed out to its own values, each rounded up to a multiple of 8.
    pub fn bytes_used(&self) -> usize {
        self.arena.used()
    }

    /// Bytes that the group itself has from the backend, which its tag pays for.
    pub fn bytes_held(&self) -> usize {
        self.arena.held()
    }

    /// Moves `value` into the group and names it.
    ///
    /// # Panics
    ///
    /// When memory or a budget of the group's tag is refused.
    #[track_caller]
    pub fn alloc<T: Send + 'static>(&mut self, value: T) -> GroupHandle<T> {
        or_panic(self.try_alloc(value))
    }

    /// Moves `value` into the group and names it.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`] or [`AllocError::BudgetExceeded`]; `value` is dropped then.
    pub fn try_alloc<T: Send + 'static>(&mut self, value: T) -> Result<GroupHandle<T>, AllocError> {
        let slice = self.place(1, |place: &mut [MaybeUninit<T>]| {
            place[0].write(value);
        })?;
        Ok(GroupHandle::new(self.id, slice.cast()))
    }

    /// Makes `len` elements with `make`, in order, and names the slice. Elements made before a panic are dropped.
    ///
    /// # Panics
    ///
    /// As [`Group::alloc`].
    #[track_caller]
    pub fn alloc_slice<T: Send + 'static>(
        &mut self,
        len: usize,
        make: impl FnMut(usize) -> T,
    ) -> GroupHandle<[T]> {
        or_panic(self.try_alloc_slice(len, make))
    }

    /// Makes `len` elements with `make`, in order, and names the slice.
    ///
    /// # Errors
    ///
    /// As [`Group::try_alloc`], and [`AllocError::LayoutOverflow`]; `make` is not called then.
    pub fn try_alloc_slice<T: Send + 'static>(
        &mut self,
        len: usize,
        make: impl FnMut(usize) -> T,
    ) -> Result<GroupHandle<[T]>, AllocError> {
        let slice = self.place(len, |place| fill(place, make))?;
        Ok(GroupHandle::new(self.id, slice))
    }

    /// Room for `len` elements, which `write` initialises, all of them or none.
    fn place<T>(
        &mut self,
        len: usize,
        write: impl FnOnce(&mut [MaybeUninit<T>]),
    ) -> Result<NonNull<[T]>, AllocError> {
        let block = match needs_drop::<T>() {
            true => self.room(entry::layout::<T>(len)?)?,
            false => self.room(Layout::array::<T>(len).map_err(|_| AllocError::overflow::<T>(len))?)?,
        };
        // SAFETY: GR1: the block has the layout of an entry and its values, or of the values alone.
        let first = if needs_drop::<T>() { unsafe { entry::values::<T>(block) } } else { block.cast() };
        // SAFETY: GR1: the room is fresh, holds `len` elements, and nobody else knows it.
        write(unsafe { NonNull::slice_from_raw_parts(first.cast(), len).as_mut() });
        if needs_drop::<T>() {
            // SAFETY: GR1: the values were written in the line above.
            unsafe { self.entries.push::<T>(block, len) };
        }
        self.objects += len as u64;
        Ok(NonNull::slice_from_raw_parts(first, len))
    }

    fn room(&mut self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        if let Some(block) = self.arena.bump(layout) {
            return Ok(block);
        }
        let fresh = self.supply.obtain(self.arena.wanted(layout, 0, usize::MAX)?)?;
        // SAFETY: F1: the chunk was just obtained for this arena.
        unsafe { self.arena.adopt(fresh) };
        self.arena.bump(layout).ok_or_else(|| AllocError::out_of_memory(layout))
    }

    /// The value that `handle` names, if it is one of this group. Values that are not `Sync` are lent by
    /// [`get_mut`](Self::get_mut) only, because a group may be shared between threads.
    pub fn get<T: ?Sized + Sync>(&self, handle: GroupHandle<T>) -> Option<&T> {
        if !self.contains(handle) {
            return None;
        }
        // SAFETY: GR2: the handle is of this group, which is borrowed.
        Some(unsafe { handle.value.as_ref() })
    }

    /// The value that `handle` names, to change, if it is one of this group.
    pub fn get_mut<T: ?Sized>(&mut self, mut handle: GroupHandle<T>) -> Option<&mut T> {
        if !self.contains(handle) {
            return None;
        }
        // SAFETY: GR2: the handle is of this group, which is borrowed mutably, so the value is lent once.
        Some(unsafe { handle.value.as_mut() })
    }

    /// Whether `handle` names a value of this group.
    pub fn contains<T: ?Sized>(&self, handle: GroupHandle<T>) -> bool {
        handle.group == self.id
    }

    /// Frees the group and those nested in it. Destructors run, inner groups first, in each the latest value first.
    ///
    /// # Panics
    ///
    /// With the panic of the first destructor that had one, after all have run and the memory is back.
    pub(crate) fn free(mut self) -> GroupSummary {
        let (summary, panic) = self.clear();
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
        summary
    }

    /// Frees everything in the group and in those nested in it. The group is over, although it is dropped later.
    fn clear(&mut self) -> (GroupSummary, Option<Box<dyn Any + Send>>) {
        let mut panics = Panics(None);
        let mut summary = GroupSummary::default();
        // Inner groups come after outer ones. A list instead of recursion: groups may nest deeply.
        let mut inner: Vec<Group> = self.nested.take();
        let mut next = 0;
        while next < inner.len() {
            let further = inner[next].nested.take();
            inner.extend(further);
            next += 1;
        }
        while let Some(mut group) = inner.pop() {
            group.clear_own(&mut summary, &mut panics);
        }
        self.clear_own(&mut summary, &mut panics);
        (summary, panics.0)
    }

    fn clear_own(&mut self, summary: &mut GroupSummary, panics: &mut Panics) {
        // SAFETY: GR1: the group is being freed, and is called again after each panic.
        while !panics.none_in(|| unsafe { self.entries.drop_all() }) {}
        summary.groups += 1;
        summary.objects += core::mem::take(&mut self.objects);
        summary.bytes += self.arena.held();
        // SAFETY: A2: all destructors have run, and no borrow of the group is left (GR2).
        let chunks = unsafe { self.arena.clear() };
        self.supply.take_back(chunks);
    }
}

/// The first panic of a group's destructors.
struct Panics(Option<Box<dyn Any + Send>>);

impl Panics {
    /// Runs `work`; whether it did not panic. Of panics after the first, not even the payload's destructor is heard.
    fn none_in(&mut self, work: impl FnOnce()) -> bool {
        let Err(payload) = catch_unwind(AssertUnwindSafe(work)) else { return true };
        if self.0.is_none() {
            self.0 = Some(payload);
        } else if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            core::mem::forget(second);
        }
        false
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let (_, panic) = self.clear();
        let Some(payload) = panic else { return };
        if !std::thread::panicking() {
            resume_unwind(payload);
        }
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            core::mem::forget(second);
        }
    }
}

impl<T: ?Sized + Sync> Index<GroupHandle<T>> for Group {
    type Output = T;

    /// # Panics
    ///
    /// When the handle is of another group, or of one that was freed.
    #[track_caller]
    fn index(&self, handle: GroupHandle<T>) -> &T {
        match self.get(handle) {
            Some(value) => value,
            None => self.not_mine(),
        }
    }
}

impl<T: ?Sized + Sync> IndexMut<GroupHandle<T>> for Group {
    #[track_caller]
    fn index_mut(&mut self, handle: GroupHandle<T>) -> &mut T {
        if !self.contains(handle) {
            self.not_mine();
        }
        // SAFETY: GR2: as in `get_mut`.
        unsafe { &mut *handle.value.as_ptr() }
    }
}

impl Group {
    #[cold]
    #[track_caller]
    fn not_mine(&self) -> ! {
        panic!(
            "the handle names no value of group \"{}\": its group was freed, or is another one; use `get` to ask",
            self.name
        )
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("name", &self.name)
            .field("objects", &self.objects)
            .field("bytes_used", &self.bytes_used())
            .field("bytes_held", &self.bytes_held())
            .field("nested", &self.nested)
            .finish()
    }
}

#[inline]
#[track_caller]
pub(super) fn or_panic<T>(result: Result<T, AllocError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
