//! Pages and the blocks they are cut into.
//!
//! ```text
//! ┌─────────────┬────────┬─────────┬────────┬──────┬────────┬─ ─ ─┬─────┐
//! │ page header │ header │ object  │ header │ hole │ header │     │ end │    64 KiB, aligned to 64 KiB
//! └─────────────┴────────┴─────────┴────────┴──────┴────────┴─ ─ ─┴─────┘
//! ```

use core::alloc::Layout;
use core::cell::Cell;
use core::num::NonZeroUsize;
use core::ptr::{self, NonNull};

/// Size and alignment of a page in bytes.
pub(super) const PAGE: usize = 64 * 1024;
/// Sizes and addresses of blocks are multiples of this.
pub(super) const GRANULE: usize = 16;
/// The smallest block: a header and the links of a hole.
pub(super) const MIN_BLOCK: usize = 32;
/// Bytes of a page that blocks share.
pub(super) const CAPACITY: usize = PAGE - size_of::<Page>() - size_of::<Block>();
/// The layout of a page.
pub(super) const LAYOUT: Layout = match Layout::from_size_align(PAGE, PAGE) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// Owners that are no slots: a hole that may be filled, one in a page that is being emptied, and the end of a page.
pub(super) const HOLE: u32 = u32::MAX;
pub(super) const CLOSED_HOLE: u32 = u32::MAX - 1;
const END: u32 = u32::MAX - 2;

/// The header of a page.
#[repr(C, align(64))]
pub(super) struct Page {
    pub(super) next: Cell<*mut Page>,
    pub(super) prev: Cell<*mut Page>,
    /// The list it is in.
    pub(super) list: Cell<usize>,
    /// Bytes of blocks that have an object.
    pub(super) live: Cell<usize>,
}

/// The header of a block. What it owns begins behind it.
#[repr(C, align(16))]
pub(super) struct Block {
    /// Bytes, the header included.
    pub(super) size: Cell<u32>,
    /// Bytes of the block in front of it; 0 for the first.
    before: Cell<u32>,
    /// The slot of its object, or what else it is.
    pub(super) owner: Cell<u32>,
    /// Bytes of its object.
    pub(super) bytes: Cell<u32>,
}

/// The page of a block, or of any address behind a page's header.
pub(super) fn page_of<T>(inside: NonNull<T>) -> NonNull<Page> {
    // Page zero is no page of anybody.
    inside.map_addr(|address| NonZeroUsize::new(address.get() & !(PAGE - 1)).unwrap_or(address)).cast()
}

/// Bytes of a block for an object of `size` bytes.
pub(super) const fn block_size(size: usize) -> usize {
    let total = size_of::<Block>() + size.next_multiple_of(GRANULE);
    if total < MIN_BLOCK { MIN_BLOCK } else { total }
}

impl Page {
    /// Makes a fresh block of the backend a page with one hole.
    ///
    /// # Safety
    ///
    /// `block` has the layout of a page and belongs to the caller alone.
    pub(super) unsafe fn create(block: NonNull<u8>) -> NonNull<Page> {
        let page = block.cast::<Page>();
        // SAFETY: C3: the page is ours; header, one block and the end fit, by the definition of `CAPACITY`.
        unsafe {
            page.write(Page {
                next: Cell::new(ptr::null_mut()),
                prev: Cell::new(ptr::null_mut()),
                list: Cell::new(usize::MAX),
                live: Cell::new(0),
            });
            Block::write(first(page), CAPACITY, 0, HOLE);
            Block::write(first(page).byte_add(CAPACITY), size_of::<Block>(), CAPACITY, END);
        }
        page
    }
}

/// The first block of a page.
pub(super) fn first(page: NonNull<Page>) -> NonNull<Block> {
    // SAFETY: C3: a page has at least one block behind its header.
    unsafe { page.add(1).cast() }
}

impl Block {
    /// # Safety
    ///
    /// The bytes of the header are inside a page and belong to no object.
    unsafe fn write(at: NonNull<Block>, size: usize, before: usize, owner: u32) {
        let block = Block {
            size: Cell::new(size as u32),
            before: Cell::new(before as u32),
            owner: Cell::new(owner),
            bytes: Cell::new(0),
        };
        // SAFETY: the caller's promise.
        unsafe { at.write(block) };
    }

    pub(super) fn size(&self) -> usize {
        self.size.get() as usize
    }

    /// Whether this is the end of the page.
    pub(super) fn is_end(&self) -> bool {
        self.owner.get() == END
    }

    /// Whether there is no object in it.
    pub(super) fn is_hole(&self) -> bool {
        matches!(self.owner.get(), HOLE | CLOSED_HOLE)
    }
}

/// The object of a block.
///
/// # Safety
///
/// `block` is a block of a live page, and not the end.
pub(super) unsafe fn object(block: NonNull<Block>) -> NonNull<u8> {
    // SAFETY: C3: a block is larger than its header.
    unsafe { block.add(1).cast() }
}

/// The block of an object.
///
/// # Safety
///
/// `object` is what [`object`] returned for a block that exists.
pub(super) unsafe fn block_of(object: NonNull<u8>) -> NonNull<Block> {
    // SAFETY: C3: the header lies before the object.
    unsafe { object.cast::<Block>().sub(1) }
}

/// The block behind another one, which is not the end.
///
/// # Safety
///
/// `block` is a block of a live page, reached under the lock.
pub(super) unsafe fn next(block: NonNull<Block>) -> NonNull<Block> {
    // SAFETY: C3: blocks follow each other up to the end.
    unsafe { block.byte_add(block.as_ref().size()) }
}

/// Cuts `block` at `offset` and returns the second part, which is like the first.
///
/// # Safety
///
/// `block` is a hole of a live page, reached under the lock and in no list; both parts are at least as large as the
/// smallest block, and multiples of the granule.
pub(super) unsafe fn split(block: NonNull<Block>, offset: usize) -> NonNull<Block> {
    // SAFETY: C3: by the caller both parts are blocks, and the bytes between their headers are no object's.
    unsafe {
        let whole = block.as_ref().size();
        let second = block.byte_add(offset);
        Block::write(second, whole - offset, offset, block.as_ref().owner.get());
        block.as_ref().size.set(offset as u32);
        next(second).as_ref().before.set((whole - offset) as u32);
        second
    }
}

/// Makes `block` and the one behind it one block, which is like the first.
///
/// # Safety
///
/// Both are holes of a live page, reached under the lock and in no list.
pub(super) unsafe fn merge(block: NonNull<Block>) {
    // SAFETY: C3: the two blocks are neighbours, and their bytes no object's.
    unsafe {
        let size = block.as_ref().size() + next(block).as_ref().size();
        block.as_ref().size.set(size as u32);
        next(block).as_ref().before.set(size as u32);
    }
}

/// The block in front of `block`, if there is one.
///
/// # Safety
///
/// `block` is a block of a live page, reached under the lock.
pub(super) unsafe fn previous(block: NonNull<Block>) -> Option<NonNull<Block>> {
    // SAFETY: C3: `before` is the size of the block in front, 0 for the first.
    unsafe {
        match block.as_ref().before.get() as usize {
            0 => None,
            before => Some(block.byte_sub(before)),
        }
    }
}
