//! Contenders that make one object at a time and free each by itself, in any order.

use std::alloc::{Layout, handle_alloc_error};
use std::cell::Cell;

use crate::arena::Stateless;
use crate::work::Value64;

/// Something that makes objects of 64 bytes.
pub trait Objects {
    /// The name in tables.
    const NAME: &'static str;
    /// An owned object; dropping it frees it.
    type Object;
    /// A new object with this value.
    fn make(&self, value: Value64) -> Self::Object;
    /// Where it is.
    fn address(object: &Self::Object) -> *const Value64;
}

/// The least a pool can do: one intrusive list of free places.
pub struct FreeList {
    first: Cell<*mut Place>,
    _places: Box<[Place]>,
}

/// A place that is free or holds a value.
#[derive(Clone, Copy)]
union Place {
    next: *mut Place,
    value: Value64,
}

impl FreeList {
    /// A pool of `count` places. It stays where it is for ever: its objects point to it.
    pub fn new(count: usize) -> &'static FreeList {
        let mut places = vec![Place { next: std::ptr::null_mut() }; count].into_boxed_slice();
        let mut first = std::ptr::null_mut();
        for place in &mut places {
            place.next = first;
            first = place;
        }
        Box::leak(Box::new(FreeList { first: Cell::new(first), _places: places }))
    }
}

/// An object of [`FreeList`].
pub struct FreeListObject {
    place: *mut Place,
    list: &'static FreeList,
}

impl Drop for FreeListObject {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the place belongs to this object until now.
        unsafe { (*self.place).next = self.list.first.get() };
        self.list.first.set(self.place);
    }
}

impl Objects for &'static FreeList {
    const NAME: &'static str = "limit";
    type Object = FreeListObject;
    #[inline(always)]
    fn make(&self, value: Value64) -> FreeListObject {
        let place = self.first.get();
        assert!(!place.is_null(), "the free list of the limit is too short for this work");
        // SAFETY: a place on the list is free and holds the address of the next.
        unsafe {
            self.first.set((*place).next);
            (*place).value = value;
        }
        FreeListObject { place, list: self }
    }
    #[inline(always)]
    fn address(object: &FreeListObject) -> *const Value64 {
        object.place.cast()
    }
}

/// A general-purpose allocator without state of its own.
pub struct Malloc<A>(pub A);

/// An object of [`Malloc`].
pub struct MallocObject<A: Stateless>(*mut Value64, std::marker::PhantomData<A>);

// SAFETY: the object owns its block, and a global allocator may free on any thread.
unsafe impl<A: Stateless> Send for MallocObject<A> {}

impl<A: Stateless> Drop for MallocObject<A> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the block came from the same stateless allocator with this layout and is freed once.
        unsafe { A::INSTANCE.dealloc(self.0.cast(), Layout::new::<Value64>()) };
    }
}

impl<A: Stateless> Objects for Malloc<A> {
    const NAME: &'static str = A::NAME;
    type Object = MallocObject<A>;
    #[inline(always)]
    fn make(&self, value: Value64) -> MallocObject<A> {
        let layout = Layout::new::<Value64>();
        // SAFETY: the layout is 64 bytes.
        let block = unsafe { self.0.alloc(layout) }.cast::<Value64>();
        if block.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: the block has the layout of the value.
        unsafe { block.write(value) };
        MallocObject(block, std::marker::PhantomData)
    }
    #[inline(always)]
    fn address(object: &MallocObject<A>) -> *const Value64 {
        object.0
    }
}
