//! Pages, and where objects are placed in them. Everything here happens under one lock.
//!
//! ```text
//! lists: [0] full pages ... [31] nearly empty pages │ [RESTING] pages of this pass │ victim (in no list) │ empty (in no list)
//! ```

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use super::bins::Bins;
use super::compact::Pass;
use super::page::{self, Block, CAPACITY, CLOSED_HOLE, HOLE, PAGE, Page};

/// Lists of pages by their share of holes.
pub(super) const SHARES: usize = 32;
/// The list of pages that this pass of compaction filled, or could not empty.
pub(super) const RESTING: usize = SHARES;
/// No list.
pub(super) const UNLISTED: usize = usize::MAX;

/// Objects above this many bytes, or aligned to more than [`MAX_ALIGN`], have a block of the backend to themselves.
pub(super) const MAX_SMALL: usize = PAGE / 4;
pub(super) const MAX_ALIGN: usize = 4096;

/// Whether an object lies in a page, or has no size and lies nowhere.
pub(super) const fn is_small(layout: Layout) -> bool {
    layout.size() == 0 || (layout.size() <= MAX_SMALL && layout.align() <= MAX_ALIGN)
}

/// The pages of one allocator.
pub(super) struct Space {
    bins: Bins,
    pub(super) lists: [*mut Page; SHARES + 1],
    /// One page without an object is kept, so that an object that comes and goes takes no page each time.
    empty: *mut Page,
    pub(super) pages: usize,
    /// Bytes of blocks that have an object.
    pub(super) used: usize,
    pub(super) pass: Pass,
    /// Bytes of the objects alive, and of those with a block of their own, with their number.
    pub(super) live_bytes: u64,
    pub(super) large_bytes: u64,
    pub(super) objects: u64,
}

// SAFETY: C3: the pages belong to the space.
unsafe impl Send for Space {}

impl Space {
    pub(super) fn new() -> Self {
        Self {
            bins: Bins::new(),
            lists: [ptr::null_mut(); SHARES + 1],
            empty: ptr::null_mut(),
            pages: 0,
            used: 0,
            pass: Pass::default(),
            live_bytes: 0,
            large_bytes: 0,
            objects: 0,
        }
    }

    /// Bytes of holes in all pages.
    pub(super) fn holes(&self) -> usize {
        self.pages * CAPACITY - self.used
    }

    /// Counts an object that begins or ends.
    pub(super) fn count_object(&mut self, layout: Layout, begins: bool) {
        let size = layout.size() as u64;
        let large = if is_small(layout) { 0 } else { size };
        if begins {
            self.objects += 1;
            self.live_bytes += size;
            self.large_bytes += large;
        } else {
            self.objects -= 1;
            self.live_bytes -= size;
            self.large_bytes -= large;
        }
    }

    /// A place for an object of `layout`, of the slot `owner`; `None` when no hole has room.
    pub(super) fn place(&mut self, layout: Layout, owner: u32) -> Option<NonNull<u8>> {
        let block = self.bins.cut(layout)?;
        let page = page::page_of(block);
        // SAFETY: C3: the block was just cut from a live page and has no object yet.
        unsafe {
            block.as_ref().owner.set(owner);
            block.as_ref().bytes.set(layout.size() as u32);
            self.count(page, block.as_ref().size() as isize);
            Some(page::object(block))
        }
    }

    /// Adds a fresh page; `resting` when a pass of compaction fills it.
    ///
    /// # Safety
    ///
    /// `block` has the layout of a page and belongs to the caller, who gives it up.
    pub(super) unsafe fn add_page(&mut self, block: NonNull<u8>, resting: bool) {
        // SAFETY: C3: by the caller the block is a page that is ours. Its one hole is in no bin.
        unsafe {
            let page = Page::create(block);
            self.pages += 1;
            self.bins.insert(page::first(page));
            self.list(page, if resting { RESTING } else { SHARES - 1 });
        }
    }

    /// Frees the place of an object. A page that is to go back to the backend is returned.
    ///
    /// # Safety
    ///
    /// `object` came from [`Space::place`] or a move, belongs to the caller and is not used any more.
    pub(super) unsafe fn free(&mut self, object: NonNull<u8>) -> Option<NonNull<u8>> {
        // SAFETY: C3: by the caller the object's block is live.
        unsafe {
            let block = page::block_of(object);
            let page = page::page_of(block);
            let size = block.as_ref().size();
            self.pass.freed += size;
            if self.pass.is_victim(page) {
                block.as_ref().owner.set(CLOSED_HOLE);
            } else {
                self.open_hole(block);
            }
            self.count(page, -(size as isize));
            (page.as_ref().live.get() == 0).then(|| self.retire(page)).flatten()
        }
    }

    /// Makes `block` a hole, together with the holes beside it.
    ///
    /// # Safety
    ///
    /// `block` belongs to the caller, is in no bin, and has no object; its page is open.
    unsafe fn open_hole(&mut self, block: NonNull<Block>) {
        let is_open = |block: &Block| block.owner.get() == HOLE;
        // SAFETY: C3, C4: neighbours are live; holes of an open page are in bins.
        unsafe {
            let mut hole = block;
            let behind = page::next(block);
            if is_open(behind.as_ref()) {
                self.bins.remove(behind);
                page::merge(hole);
            }
            if let Some(before) = page::previous(block)
                && is_open(before.as_ref())
            {
                self.bins.remove(before);
                page::merge(before);
                hole = before;
            }
            self.bins.insert(hole);
        }
    }

    /// Takes the holes of a page out of the bins, and the page out of its list: nothing is placed there any more.
    pub(super) fn close(&mut self, page: NonNull<Page>) {
        self.list(page, UNLISTED);
        let mut block = page::first(page);
        // SAFETY: C3, C4: the page is live and open, so its holes are in bins.
        unsafe {
            while !block.as_ref().is_end() {
                if block.as_ref().owner.get() == HOLE {
                    self.bins.remove(block);
                    block.as_ref().owner.set(CLOSED_HOLE);
                }
                block = page::next(block);
            }
        }
    }

    /// Undoes [`Space::close`]; the page rests until the pass is over.
    pub(super) fn reopen(&mut self, page: NonNull<Page>) {
        let mut block = page::first(page);
        // SAFETY: C3: the page is live and closed, so its holes are in no bin.
        unsafe {
            while !block.as_ref().is_end() {
                if block.as_ref().is_hole() {
                    while page::next(block).as_ref().is_hole() {
                        page::merge(block);
                    }
                    self.bins.insert(block);
                }
                block = page::next(block);
            }
        }
        self.list(page, RESTING);
    }

    /// A page has no object any more: it is kept as the one empty page, or returned.
    pub(super) fn retire(&mut self, page: NonNull<Page>) -> Option<NonNull<u8>> {
        if self.pass.is_victim(page) {
            self.pass.forget_victim();
        } else if self.empty.is_null() {
            self.list(page, UNLISTED);
            self.empty = page.as_ptr();
            return None;
        } else {
            self.close(page);
        }
        self.pages -= 1;
        Some(page.cast())
    }

    /// Takes the empty page out, if there is one.
    pub(super) fn take_empty(&mut self) -> Option<NonNull<u8>> {
        let page = NonNull::new(core::mem::replace(&mut self.empty, ptr::null_mut()))?;
        self.close(page);
        self.pages -= 1;
        Some(page.cast())
    }

    /// Counts `bytes` more (or less) in use in `page`, and puts it into the list for that.
    pub(super) fn count(&mut self, page: NonNull<Page>, bytes: isize) {
        if self.empty == page.as_ptr() {
            self.empty = ptr::null_mut();
            self.list(page, 0);
        }
        self.used = self.used.wrapping_add_signed(bytes);
        // SAFETY: C3: the page is live.
        let header = unsafe { page.as_ref() };
        header.live.set(header.live.get().wrapping_add_signed(bytes));
        if header.list.get() < SHARES {
            self.list(page, share_of(header));
        }
    }

    /// Puts a page into another list.
    pub(super) fn list(&mut self, page: NonNull<Page>, to: usize) {
        // SAFETY: C3: pages of lists are live.
        unsafe {
            let header = page.as_ref();
            let from = header.list.replace(to);
            if from == to {
                return;
            }
            if from != UNLISTED {
                let (next, prev) = (header.next.get(), header.prev.get());
                match prev.as_ref() {
                    Some(prev) => prev.next.set(next),
                    None => self.lists[from] = next,
                }
                if let Some(next) = next.as_ref() {
                    next.prev.set(prev);
                }
            }
            if to != UNLISTED {
                header.prev.set(ptr::null_mut());
                header.next.set(self.lists[to]);
                if let Some(next) = self.lists[to].as_ref() {
                    next.prev.set(page.as_ptr());
                }
                self.lists[to] = page.as_ptr();
            }
        }
    }

    /// Calls `give_back` with each page, in whatever state; no object is left.
    pub(super) fn drain(&mut self, mut give_back: impl FnMut(NonNull<u8>)) {
        if let Some(page) = NonNull::new(core::mem::replace(&mut self.empty, ptr::null_mut())) {
            give_back(page.cast());
        }
        if let Some(page) = self.pass.victim() {
            self.pass.forget_victim();
            give_back(page.cast());
        }
        for head in &mut self.lists {
            while let Some(page) = NonNull::new(*head) {
                // SAFETY: C3: pages of lists are live until they are given back.
                *head = unsafe { page.as_ref() }.next.get();
                give_back(page.cast());
            }
        }
        self.pages = 0;
    }
}

/// The list for a page that may be emptied.
pub(super) fn share_of(page: &Page) -> usize {
    (CAPACITY - page.live.get()) * SHARES / PAGE
}
