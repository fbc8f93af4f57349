//! framealloc as a contender: scoped frames, boxes in them, ambient frames, the pool, the heap.

use std::alloc::Layout;

use framealloc::{Frame, FrameVec, HeapBox, PoolBox, SmartAlloc};

use crate::arena::{Contender, Push, Scope, Values};
use crate::objects::Objects;
use crate::work::Value64;

/// The name in tables, whichever part is measured.
pub const NAME: &str = "framealloc";

/// Scoped frames, one for each round.
#[derive(Clone)]
pub struct Frames(pub SmartAlloc);

impl Contender for Frames {
    const NAME: &'static str = NAME;
    type Scope = Frame;
    #[inline(always)]
    fn round(&mut self, work: impl FnOnce(&Frame)) {
        let frame = self.0.frame();
        work(&frame);
    }
}

impl Values for Frame {
    #[inline(always)]
    fn value<T: Copy>(&self, value: T) -> *mut T {
        self.alloc(value)
    }
}

impl Scope for Frame {
    #[inline(always)]
    fn layout(&self, layout: Layout) -> *mut u8 {
        self.alloc_layout(layout).as_mut_ptr().cast()
    }
    #[inline(always)]
    fn slice<T: Copy>(&self, len: usize, make: impl FnMut(usize) -> T) -> *mut T {
        self.slice_from_fn(len, make).as_mut_ptr()
    }
    #[inline(always)]
    fn vec(&self) -> impl Push + '_ {
        Frame::vec::<u64>(self)
    }
}

impl Push for FrameVec<'_, u64> {
    #[inline(always)]
    fn push_one(&mut self, value: u64) {
        self.push(value);
    }
    #[inline(always)]
    fn start(&self) -> *const u64 {
        self.as_ptr()
    }
}

/// Scoped frames whose values are owned: each box is dropped as soon as it is made.
pub struct Boxes(pub SmartAlloc);

/// The scope of [`Boxes`].
pub struct BoxScope(Frame);

impl Contender for Boxes {
    const NAME: &'static str = NAME;
    type Scope = BoxScope;
    #[inline(always)]
    fn round(&mut self, work: impl FnOnce(&BoxScope)) {
        let frame = BoxScope(self.0.frame());
        work(&frame);
    }
}

impl Values for BoxScope {
    #[inline(always)]
    fn value<T: Copy>(&self, value: T) -> *mut T {
        &raw mut *self.0.boxed(value)
    }
}

/// The ambient frame: each box is dropped as soon as it is made.
pub struct Ambient(pub SmartAlloc);

impl Contender for Ambient {
    const NAME: &'static str = NAME;
    type Scope = SmartAlloc;
    #[inline(always)]
    fn round(&mut self, work: impl FnOnce(&SmartAlloc)) {
        self.0.begin_frame();
        work(&self.0);
        self.0.end_frame();
    }
}

impl Values for SmartAlloc {
    #[inline(always)]
    fn value<T: Copy>(&self, value: T) -> *mut T {
        &raw mut *self.frame_box(value)
    }
}

/// The pool.
pub struct Pool(pub SmartAlloc);

impl Objects for Pool {
    const NAME: &'static str = NAME;
    type Object = PoolBox<Value64>;
    #[inline(always)]
    fn make(&self, value: Value64) -> PoolBox<Value64> {
        self.0.pool_box(value)
    }
    #[inline(always)]
    fn address(object: &PoolBox<Value64>) -> *const Value64 {
        &raw const **object
    }
}

/// The heap.
pub struct Heap(pub SmartAlloc);

impl Objects for Heap {
    const NAME: &'static str = NAME;
    type Object = HeapBox<Value64>;
    #[inline(always)]
    fn make(&self, value: Value64) -> HeapBox<Value64> {
        self.0.heap_box(value)
    }
    #[inline(always)]
    fn address(object: &HeapBox<Value64>) -> *const Value64 {
        &raw const **object
    }
}
