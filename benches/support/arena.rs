//! Contenders that hand memory out and take it back all at once.
//!
//! [`Contender::round`] opens a scope, runs the work in it and takes everything back; [`Scope`] is what the work may
//! ask for. The general-purpose allocators take part by remembering their blocks and freeing each one at the end of the
//! round, which is what a program without an arena does.

use std::alloc::{GlobalAlloc, Layout, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
use allocator_api2::vec::Vec as AllocVec;

/// Something that runs rounds of scoped allocation.
pub trait Contender {
    /// The name in tables.
    const NAME: &'static str;
    /// What the work of one round allocates from.
    type Scope;
    /// Opens a scope, runs `work` in it, and takes back all it allocated.
    fn round(&mut self, work: impl FnOnce(&Self::Scope));
}

/// A scope that gives memory for one value.
pub trait Values {
    /// Memory for `value`, written in place.
    fn value<T: Copy>(&self, value: T) -> *mut T;
}

/// What else the work of a round may ask for.
pub trait Scope: Values {
    /// Memory of a layout known at run time only.
    fn layout(&self, layout: Layout) -> *mut u8;
    /// `len` elements, each made in place.
    fn slice<T: Copy>(&self, len: usize, make: impl FnMut(usize) -> T) -> *mut T;
    /// An empty growing vector.
    fn vec(&self) -> impl Push + '_;
}

/// A vector as far as the work needs one.
pub trait Push {
    /// Appends one number.
    fn push_one(&mut self, value: u64);
    /// Where the elements are.
    fn start(&self) -> *const u64;
}

impl<A: Allocator> Push for AllocVec<u64, A> {
    #[inline(always)]
    fn push_one(&mut self, value: u64) {
        self.push(value);
    }
    #[inline(always)]
    fn start(&self) -> *const u64 {
        self.as_ptr()
    }
}

/// The least an arena can do: a pointer, an end, one comparison. Nothing frees, nothing grows.
pub struct Limit {
    next: Cell<*mut u8>,
    end: *mut u8,
    start: *mut u8,
    _buffer: Box<[u64]>,
}

impl Limit {
    /// An arena of `bytes` bytes.
    pub fn new(bytes: usize) -> Limit {
        let mut buffer = vec![0_u64; bytes / 8].into_boxed_slice();
        let range = buffer.as_mut_ptr_range();
        let start = range.start.cast();
        Limit { next: Cell::new(start), end: range.end.cast(), start, _buffer: buffer }
    }

    #[inline(always)]
    fn bump(&self, size: usize, align: usize) -> *mut u8 {
        let next = self.next.get();
        // Sizes are kept in multiples of eight, so only larger alignments need masking.
        let start = if align > 8 { next.map_addr(|a| (a + align - 1) & !(align - 1)) } else { next };
        let after = start.wrapping_add((size + 7) & !7);
        if after > self.end {
            full();
        }
        self.next.set(after);
        start
    }
}

#[cold]
#[inline(never)]
fn full() -> ! {
    panic!("the arena of the limit is too small for this work");
}

impl Contender for Limit {
    const NAME: &'static str = "limit";
    type Scope = Limit;
    #[inline(always)]
    fn round(&mut self, work: impl FnOnce(&Limit)) {
        work(self);
        self.next.set(self.start);
    }
}

impl Values for Limit {
    #[inline(always)]
    fn value<T: Copy>(&self, value: T) -> *mut T {
        let place = self.bump(size_of::<T>(), align_of::<T>()).cast::<T>();
        // SAFETY: `bump` gives room for a `T`, aligned, to nobody else.
        unsafe { place.write(value) };
        place
    }
}

impl Scope for Limit {
    #[inline(always)]
    fn layout(&self, layout: Layout) -> *mut u8 {
        self.bump(layout.size(), layout.align())
    }
    #[inline(always)]
    fn slice<T: Copy>(&self, len: usize, make: impl FnMut(usize) -> T) -> *mut T {
        let start = self.bump(size_of::<T>() * len, align_of::<T>()).cast::<T>();
        // SAFETY: `bump` gives room for `len` elements.
        unsafe { fill_with(start, len, make) }
    }
    #[inline(always)]
    fn vec(&self) -> impl Push + '_ {
        AllocVec::new_in(self)
    }
}

// SAFETY: blocks are disjoint parts of a buffer that lives as long as the `Limit`, and a block only grows in place where
// it is the last one.
unsafe impl Allocator for &Limit {
    #[inline(always)]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let start = NonNull::new(self.bump(layout.size(), layout.align())).ok_or(AllocError)?;
        Ok(NonNull::slice_from_raw_parts(start, layout.size()))
    }
    #[inline(always)]
    unsafe fn deallocate(&self, _: NonNull<u8>, _: Layout) {}
    #[inline(always)]
    unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if block.as_ptr().wrapping_add((old.size() + 7) & !7) == self.next.get() {
            self.next.set(block.as_ptr());
            return self.allocate(new);
        }
        let moved = self.allocate(new)?;
        // SAFETY: the old block holds `old.size()` bytes, the new one more, and they are disjoint.
        unsafe { moved.cast::<u8>().copy_from_nonoverlapping(block, old.size()) };
        Ok(moved)
    }
}

/// Writes `len` elements from `start` on.
///
/// # Safety
///
/// There is room for `len` elements at `start`.
#[inline(always)]
unsafe fn fill_with<T: Copy>(start: *mut T, len: usize, mut make: impl FnMut(usize) -> T) -> *mut T {
    for index in 0..len {
        // SAFETY: `index < len`, and the caller gives room for `len`.
        unsafe { start.add(index).write(make(index)) };
    }
    start
}

/// bumpalo, reset between rounds.
pub struct Bumpalo(bumpalo::Bump);

impl Bumpalo {
    /// An arena whose first chunk holds `bytes` bytes.
    pub fn new(bytes: usize) -> Bumpalo {
        Bumpalo(bumpalo::Bump::with_capacity(bytes))
    }
}

impl Contender for Bumpalo {
    const NAME: &'static str = "bumpalo";
    type Scope = bumpalo::Bump;
    #[inline(always)]
    fn round(&mut self, work: impl FnOnce(&bumpalo::Bump)) {
        work(&self.0);
        self.0.reset();
    }
}

impl Values for bumpalo::Bump {
    #[inline(always)]
    fn value<T: Copy>(&self, value: T) -> *mut T {
        self.alloc(value)
    }
}

impl Scope for bumpalo::Bump {
    #[inline(always)]
    fn layout(&self, layout: Layout) -> *mut u8 {
        self.alloc_layout(layout).as_ptr()
    }
    #[inline(always)]
    fn slice<T: Copy>(&self, len: usize, make: impl FnMut(usize) -> T) -> *mut T {
        self.alloc_slice_fill_with(len, make).as_mut_ptr()
    }
    #[inline(always)]
    fn vec(&self) -> impl Push + '_ {
        AllocVec::new_in(self)
    }
}

/// bump-scope with its default settings, reset between rounds.
pub struct BumpScope(bump_scope::Bump);

impl BumpScope {
    /// An arena whose first chunk holds about `bytes` bytes.
    pub fn new(bytes: usize) -> BumpScope {
        BumpScope(bump_scope::Bump::with_size(bytes))
    }
}

impl Contender for BumpScope {
    const NAME: &'static str = "bump-scope";
    type Scope = bump_scope::Bump;
    #[inline(always)]
    fn round(&mut self, work: impl FnOnce(&bump_scope::Bump)) {
        work(&self.0);
        self.0.reset();
    }
}

impl Values for bump_scope::Bump {
    #[inline(always)]
    fn value<T: Copy>(&self, value: T) -> *mut T {
        bump_scope::BumpBox::leak(self.alloc(value))
    }
}

impl Scope for bump_scope::Bump {
    #[inline(always)]
    fn layout(&self, layout: Layout) -> *mut u8 {
        use bump_scope::traits::BumpAllocatorTyped as _;
        self.allocate_layout(layout).as_ptr()
    }
    #[inline(always)]
    fn slice<T: Copy>(&self, len: usize, mut make: impl FnMut(usize) -> T) -> *mut T {
        let mut index = 0;
        let slice = self.alloc_slice_fill_with(len, || {
            index += 1;
            make(index - 1)
        });
        bump_scope::BumpBox::leak(slice).as_mut_ptr()
    }
    #[inline(always)]
    fn vec(&self) -> impl Push + '_ {
        AllocVec::new_in(self)
    }
}

/// A general-purpose allocator: every block is remembered, and freed when the round ends.
pub struct General<A> {
    allocator: A,
    blocks: Box<[Cell<(*mut u8, Layout)>]>,
    used: Cell<usize>,
}

impl<A: GlobalAlloc> General<A> {
    /// Remembers up to `blocks` blocks a round.
    pub fn new(allocator: A, blocks: usize) -> General<A> {
        let empty = Cell::new((std::ptr::null_mut(), Layout::new::<u8>()));
        General { allocator, blocks: vec![empty; blocks].into_boxed_slice(), used: Cell::new(0) }
    }

    #[inline(always)]
    fn block(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the work of this package asks for no block of no bytes.
        let block = unsafe { self.allocator.alloc(layout) };
        if block.is_null() {
            handle_alloc_error(layout);
        }
        self.blocks[self.used.get()].set((block, layout));
        self.used.set(self.used.get() + 1);
        block
    }
}

/// A general-purpose allocator without state of its own.
pub trait Stateless: GlobalAlloc + Sized + 'static {
    /// The name in tables.
    const NAME: &'static str;
    /// The allocator.
    const INSTANCE: Self;
}

impl Stateless for std::alloc::System {
    const NAME: &'static str = "system";
    const INSTANCE: Self = std::alloc::System;
}

#[cfg(feature = "contenders")]
impl Stateless for mimalloc::MiMalloc {
    const NAME: &'static str = "mimalloc";
    const INSTANCE: Self = mimalloc::MiMalloc;
}

#[cfg(feature = "contenders")]
impl Stateless for tikv_jemallocator::Jemalloc {
    const NAME: &'static str = "jemalloc";
    const INSTANCE: Self = tikv_jemallocator::Jemalloc;
}

impl<A: Stateless> Contender for General<A> {
    const NAME: &'static str = A::NAME;
    type Scope = General<A>;
    #[inline(always)]
    fn round(&mut self, work: impl FnOnce(&General<A>)) {
        work(self);
        for block in &self.blocks[..self.used.replace(0)] {
            let (block, layout) = block.get();
            // SAFETY: `block` came from this allocator with this layout and is freed once.
            unsafe { self.allocator.dealloc(block, layout) };
        }
    }
}

impl<A: GlobalAlloc> Values for General<A> {
    #[inline(always)]
    fn value<T: Copy>(&self, value: T) -> *mut T {
        let place = self.block(Layout::new::<T>()).cast::<T>();
        // SAFETY: the block has the layout of a `T`.
        unsafe { place.write(value) };
        place
    }
}

impl<A: GlobalAlloc> Scope for General<A> {
    #[inline(always)]
    fn layout(&self, layout: Layout) -> *mut u8 {
        self.block(layout)
    }
    #[inline(always)]
    fn slice<T: Copy>(&self, len: usize, make: impl FnMut(usize) -> T) -> *mut T {
        let layout = Layout::array::<T>(len).expect("the work of this package stays far below isize::MAX");
        let start = self.block(layout).cast::<T>();
        // SAFETY: the block has the layout of `len` elements.
        unsafe { fill_with(start, len, make) }
    }
    #[inline(always)]
    fn vec(&self) -> impl Push + '_ {
        AllocVec::new_in(Direct(&self.allocator))
    }
}

/// A global allocator as the allocator of a container.
struct Direct<'a, A>(&'a A);

// SAFETY: forwards to a global allocator, which gives the same promises.
unsafe impl<A: GlobalAlloc> Allocator for Direct<'_, A> {
    #[inline(always)]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the work of this package asks for no block of no bytes.
        let block = unsafe { self.0.alloc(layout) };
        Ok(NonNull::slice_from_raw_parts(NonNull::new(block).ok_or(AllocError)?, layout.size()))
    }
    #[inline(always)]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { self.0.dealloc(block.as_ptr(), layout) };
    }
    #[inline(always)]
    unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: as the caller promises; the alignment of an element does not change.
        let moved = unsafe { self.0.realloc(block.as_ptr(), old, new.size()) };
        Ok(NonNull::slice_from_raw_parts(NonNull::new(moved).ok_or(AllocError)?, new.size()))
    }
}
