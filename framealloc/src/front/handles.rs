//! Objects behind handles.

#![expect(unsafe_code, reason = "fills memory of the handles")]

use core::alloc::Layout;
use core::fmt;
use core::mem::needs_drop;
use core::ptr::NonNull;

use super::smart_alloc::SmartAlloc;
use crate::error::AllocError;
use crate::frame::or_fail;
use crate::handles::{
    Defragmented, HandleError, HandleMut, HandleRef, HandleStats, HandleTarget, ObjectHandle, Relocation,
    typed,
};
use crate::raw::callbacks::CallbackId;
use crate::tracking::exempt;

impl SmartAlloc {
    /// Objects that are reached through handles and may be moved, so that memory which became sparse can be given back.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let handles = alloc.handles();
    /// let name = handles.alloc(String::from("harbour"));
    /// assert_eq!(*handles.resolve(name).unwrap(), "harbour");
    /// handles.resolve_mut(name).unwrap().push_str(" at night");
    /// handles.defragment(1 << 20); // nobody notices, but the backend
    /// assert_eq!(handles.resolve(name).unwrap().len(), 16);
    /// assert!(handles.free(name));
    /// assert!(handles.resolve(name).is_none());
    /// ```
    pub fn handles(&self) -> Handles<'_> {
        Handles { alloc: self }
    }
}

/// The movable objects of an allocator: [`SmartAlloc::handles`]. `Copy`; any thread may use it.
///
/// | call | cost |
/// |---|---|
/// | [`resolve`](Self::resolve), [`resolve_mut`](Self::resolve_mut) | one atomic read-modify-write, and one to let go; no lock |
/// | [`pin`](Self::pin), [`unpin`](Self::unpin) | the same, and a lock for `unpin` |
/// | [`alloc`](Self::alloc), [`free`](Self::free) | a lock and a search in constant time |
/// | [`defragment`](Self::defragment) | per object moved: the copy and a lock |
///
/// The bytes of an object are charged to the tag that is current when it is made, to its budgets and the allocator's, and
/// credited to that tag when it ends. Statistics count them as heap memory. There may be 67 million objects (2^26) at once.
/// Objects that are alive when the allocator goes are dropped then; a panic of such a destructor goes no further.
#[derive(Clone, Copy)]
pub struct Handles<'a> {
    alloc: &'a SmartAlloc,
}

unsafe fn drop_value<T>(place: NonNull<u8>) {
    // SAFETY: C2: by the caller, an object of this type is at the place, and is dropped here once.
    unsafe { place.cast::<T>().drop_in_place() };
}

impl<'a> Handles<'a> {
    /// Moves `value` in and names it.
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn alloc<T: Send + 'static>(self, value: T) -> ObjectHandle<T> {
        or_fail!(self.try_alloc(value))
    }

    /// Moves `value` in and names it.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    pub fn try_alloc<T: Send + 'static>(self, value: T) -> Result<ObjectHandle<T>, AllocError> {
        let drop: Option<unsafe fn(NonNull<u8>)> =
            if needs_drop::<T>() { Some(drop_value::<T>) } else { None };
        // SAFETY: C2: the place has the layout of `T` and is written here.
        unsafe { self.make(Layout::new::<T>(), drop, |place| place.cast::<T>().write(value)) }
    }

    /// A block of `len` zero bytes at a multiple of `align` bytes.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let vertices = alloc.handles().alloc_bytes(4096, 64)?;
    /// alloc.handles().resolve_mut(vertices).unwrap()[..4].copy_from_slice(b"mesh");
    /// # Ok::<(), framealloc::AllocError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] when `align` is no power of two, [`AllocError::LayoutOverflow`] when `len` is more
    /// than the address space holds, and when memory or a budget is refused.
    pub fn alloc_bytes(self, len: usize, align: usize) -> Result<ObjectHandle<[u8]>, AllocError> {
        if !align.is_power_of_two() {
            return Err(AllocError::config("align", format!("is {align}; an alignment is a power of two")));
        }
        let layout = Layout::from_size_align(len, align).map_err(|_| AllocError::overflow::<u8>(len))?;
        // SAFETY: C2: zero bytes are a valid `[u8]`, and need no destructor.
        unsafe { self.make(layout, None, |place| place.write_bytes(0, len)) }
    }

    /// # Safety
    ///
    /// `write` makes the place a `T`, which `drop` drops.
    unsafe fn make<T: HandleTarget + ?Sized>(
        self,
        layout: Layout,
        drop: Option<unsafe fn(NonNull<u8>)>,
        write: impl FnOnce(NonNull<u8>),
    ) -> Result<ObjectHandle<T>, AllocError> {
        let handles = &self.alloc.shared.handles;
        let heap = self.alloc.heap();
        let fresh = match layout.size() {
            0 => handles.take(layout, 0, drop).ok_or_else(|| AllocError::out_of_memory(layout)),
            _ => heap.charged(layout, |tag| handles.take(layout, tag, drop)),
        }?;
        write(fresh.place());
        // SAFETY: C2: the place was written in the line above, by the caller as a `T`.
        Ok(unsafe { typed(fresh.publish()) })
    }

    /// Borrows an object: `None` when the handle is stale, or the object is borrowed mutably.
    ///
    /// While the guard lives, the object is not moved, and not dropped when its handle is freed.
    pub fn resolve<T: HandleTarget + Sync + ?Sized>(
        self,
        handle: ObjectHandle<T>,
    ) -> Option<HandleRef<'a, T>> {
        self.try_resolve(handle).ok()
    }

    /// [`resolve`](Self::resolve) that says why not.
    ///
    /// # Errors
    ///
    /// [`HandleError`].
    pub fn try_resolve<T: HandleTarget + Sync + ?Sized>(
        self,
        handle: ObjectHandle<T>,
    ) -> Result<HandleRef<'a, T>, HandleError> {
        self.alloc.shared.handles.resolve(handle)
    }

    /// Borrows an object mutably: `None` when the handle is stale, or the object is borrowed.
    ///
    /// A pinned object may be borrowed; it stays where it is. Also for objects that are not `Sync`.
    pub fn resolve_mut<T: HandleTarget + ?Sized>(self, handle: ObjectHandle<T>) -> Option<HandleMut<'a, T>> {
        self.try_resolve_mut(handle).ok()
    }

    /// [`resolve_mut`](Self::resolve_mut) that says why not.
    ///
    /// # Errors
    ///
    /// [`HandleError`].
    pub fn try_resolve_mut<T: HandleTarget + ?Sized>(
        self,
        handle: ObjectHandle<T>,
    ) -> Result<HandleMut<'a, T>, HandleError> {
        self.alloc.shared.handles.resolve_mut(handle)
    }

    /// Whether the handle's object is there, borrowed or not. Another thread may free it at once.
    pub fn contains<T: HandleTarget + ?Sized>(self, handle: ObjectHandle<T>) -> bool {
        self.alloc.shared.handles.contains(handle.id())
    }

    /// Keeps an object at its address, which is returned, until [`unpin`](Self::unpin) was called as often: for devices and
    /// foreign code. `None` when the handle is stale, or has 4,095 pins.
    ///
    /// The object may be borrowed meanwhile. Reading or writing through the pointer is for `unsafe` code, which sees to it
    /// that no guard lends the object in a way that forbids it. When the handle is freed, the object is dropped by the last
    /// `unpin`. The address is valid until then, at most as long as the allocator.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let handles = alloc.handles();
    /// let upload = handles.alloc([7_u8; 256]);
    /// let address = handles.pin(upload).unwrap();
    /// handles.defragment(usize::MAX);
    /// // SAFETY: the object is pinned, and nobody borrows it mutably.
    /// assert_eq!(unsafe { address.as_ref() }[0], 7);
    /// assert!(handles.unpin(upload) && !handles.unpin(upload));
    /// ```
    pub fn pin<T: HandleTarget + ?Sized>(self, handle: ObjectHandle<T>) -> Option<NonNull<T>> {
        self.alloc.shared.handles.pin_typed(handle).ok()
    }

    /// Takes one [`pin`](Self::pin) back, also after the handle was freed; whether there was one.
    ///
    /// # Panics
    ///
    /// With the panic of the object's destructor, if this is what ends it. Its memory is given back.
    pub fn unpin<T: HandleTarget + ?Sized>(self, handle: ObjectHandle<T>) -> bool {
        self.alloc.shared.handles.unpin(handle.id())
    }

    /// Ends an object; whether the handle named one. From here on the handle is stale. The object is dropped at once, or
    /// by the last guard or pin that holds it, on that thread.
    ///
    /// # Panics
    ///
    /// With the panic of the object's destructor. Its memory is given back.
    pub fn free<T: HandleTarget + ?Sized>(self, handle: ObjectHandle<T>) -> bool {
        self.alloc.shared.handles.free(handle.id())
    }

    /// Moves objects of at most `budget` bytes from sparse pages to fuller ones, and gives the pages back.
    ///
    /// Call it once a frame with what the frame can afford: it goes on where it stopped. A budget below 16 KiB may be too
    /// small for the next object. Objects that are borrowed or pinned stay, and so do those above 16 KiB, which have memory
    /// of their own. The callbacks of [`on_relocate`](Self::on_relocate) are told of each move. While a thread is at it,
    /// calls on other threads, and from callbacks, do nothing.
    ///
    /// # Panics
    ///
    /// With the panic of a callback, or of the destructor of an object that was freed while it was moved. Everything is
    /// valid then; the next call goes on.
    pub fn defragment(self, budget: usize) -> Defragmented {
        self.alloc.shared.handles.defragment(budget)
    }

    /// Calls `callback` after each move of an object, on the thread that moved it, with no lock held: it may use the
    /// handles. One that holds a [`SmartAlloc`] keeps that allocator alive until it is removed.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let moved = Arc::new(AtomicUsize::new(0));
    /// let count = moved.clone();
    /// let id = alloc.handles().on_relocate(move |event| {
    ///     count.fetch_add(event.bytes, Ordering::Relaxed);
    /// });
    /// let objects: Vec<_> = (0..1000).map(|n| alloc.handles().alloc([n; 100])).collect();
    /// objects.iter().step_by(2).for_each(|object| drop(alloc.handles().free(*object)));
    /// let done = alloc.handles().defragment(usize::MAX);
    /// assert!(done.complete && done.bytes_returned > 0);
    /// assert_eq!(moved.load(Ordering::Relaxed) as u64, done.bytes_moved);
    /// assert!(alloc.handles().remove_callback(id));
    /// ```
    pub fn on_relocate(self, callback: impl Fn(&Relocation) + Send + Sync + 'static) -> CallbackId {
        exempt(|| self.alloc.shared.handles.relocated.add(callback))
    }

    /// Removes a callback of [`on_relocate`](Self::on_relocate); whether it was there.
    pub fn remove_callback(self, id: CallbackId) -> bool {
        exempt(|| self.alloc.shared.handles.relocated.remove(id))
    }

    /// What there is now. Takes the lock.
    pub fn stats(self) -> HandleStats {
        self.alloc.shared.handles.stats()
    }
}

impl fmt::Debug for Handles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handles").field("stats", &self.stats()).finish()
    }
}
