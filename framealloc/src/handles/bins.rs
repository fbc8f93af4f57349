//! The holes of all open pages by size: a two-level segregated fit.
//!
//! A hole is found in constant time: by M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: a new dynamic memory allocator
//! for real-time systems", ECRTS 2004. Eight bins for each power of two; a few holes of the request's own bin are looked
//! at first, because packing counts for more here than the last nanosecond.

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use super::page::{self, Block, GRANULE, HOLE, MIN_BLOCK, PAGE, block_size};

/// log2 of the bins for each power of two.
const FINE: u32 = 3;
const BINS: usize = bin_of(PAGE) + 1;
/// Holes of one bin that are tried before a larger bin.
const TRIES: usize = 8;

/// The links of a hole, behind its header.
struct Links {
    next: *mut Block,
    prev: *mut Block,
}

pub(super) struct Bins {
    heads: [*mut Block; BINS],
    /// One bit for each bin that has a hole.
    filled: u128,
}

/// The bin of holes of `size` bytes.
const fn bin_of(size: usize) -> usize {
    let granules = size / GRANULE;
    let power = granules.ilog2();
    if power < FINE {
        return granules;
    }
    ((power - FINE + 1) << FINE) as usize + ((granules >> (power - FINE)) & ((1 << FINE) - 1))
}

const _: () = assert!(BINS <= 128 && size_of::<Block>() + size_of::<Links>() <= MIN_BLOCK);

/// # Safety
///
/// `hole` is a hole of a live page, reached under the lock.
unsafe fn links(hole: NonNull<Block>) -> NonNull<Links> {
    // SAFETY: C3: a hole is large enough for links behind its header, which nobody else uses.
    unsafe { hole.add(1).cast() }
}

/// How far behind the beginning of `hole` a block for an object of `layout` begins; `None` when it does not fit. What
/// remains in front of it is a block or nothing.
fn offset_in(hole: NonNull<Block>, size: usize, layout: Layout) -> Option<usize> {
    let object = hole.addr().get() + size_of::<Block>();
    let mut offset = object.next_multiple_of(layout.align()) - object;
    if (1..MIN_BLOCK).contains(&offset) {
        offset += layout.align();
    }
    (offset + block_size(layout.size()) <= size).then_some(offset)
}

impl Bins {
    pub(super) const fn new() -> Self {
        Self { heads: [ptr::null_mut(); BINS], filled: 0 }
    }

    /// Adds a hole.
    ///
    /// # Safety
    ///
    /// `hole` is a block of a live open page without an object, and in no bin.
    pub(super) unsafe fn insert(&mut self, hole: NonNull<Block>) {
        // SAFETY: C3: the hole is live; C4: holes of bins are live, so the first of the bin is.
        unsafe {
            hole.as_ref().owner.set(HOLE);
            let bin = bin_of(hole.as_ref().size());
            let next = self.heads[bin];
            links(hole).write(Links { next, prev: ptr::null_mut() });
            if let Some(next) = NonNull::new(next) {
                links(next).as_mut().prev = hole.as_ptr();
            }
            self.heads[bin] = hole.as_ptr();
            self.filled |= 1 << bin;
        }
    }

    /// Takes a hole out.
    ///
    /// # Safety
    ///
    /// `hole` is in a bin, and has the size that it had when it was added.
    pub(super) unsafe fn remove(&mut self, hole: NonNull<Block>) {
        // SAFETY: C4: the hole is in a bin, so its links lead to live holes.
        unsafe {
            let bin = bin_of(hole.as_ref().size());
            let Links { next, prev } = links(hole).read();
            match NonNull::new(prev) {
                Some(prev) => links(prev).as_mut().next = next,
                None => self.heads[bin] = next,
            }
            if let Some(next) = NonNull::new(next) {
                links(next).as_mut().prev = prev;
            }
            if self.heads[bin].is_null() {
                self.filled &= !(1 << bin);
            }
        }
    }

    /// Cuts a block for an object of `layout` out of a hole. The block is in no bin and still marked as a hole.
    pub(super) fn cut(&mut self, layout: Layout) -> Option<NonNull<Block>> {
        let (hole, offset) = self.find(layout)?;
        let size = block_size(layout.size());
        // SAFETY: C4: `find` returns a hole of a bin, in which offset and block fit; the parts in front and behind are
        // blocks or nothing.
        unsafe {
            self.remove(hole);
            let mut block = hole;
            if offset > 0 {
                block = page::split(hole, offset);
                self.insert(hole);
            }
            if block.as_ref().size() - size >= MIN_BLOCK {
                let rest = page::split(block, size);
                self.insert(rest);
            }
            Some(block)
        }
    }

    fn find(&self, layout: Layout) -> Option<(NonNull<Block>, usize)> {
        let tight = bin_of(block_size(layout.size()));
        // Any hole of this size has room for the alignment's offset.
        let slack = if layout.align() > GRANULE { layout.align() + MIN_BLOCK } else { 0 };
        let roomy = bin_of((block_size(layout.size()) + slack).min(PAGE));
        self.find_in(tight, layout).or_else(|| {
            let above = self.filled & (!0 << (tight + 1));
            // Over-aligned objects look into each bin that might have a hole which happens to be aligned.
            let maybe = above & ((1 << (roomy + 1)) - 1);
            let sure = above & !((1 << (roomy + 1)) - 1);
            bits(maybe).chain(bits(sure)).find_map(|bin| self.find_in(bin, layout))
        })
    }

    fn find_in(&self, bin: usize, layout: Layout) -> Option<(NonNull<Block>, usize)> {
        let mut next = self.heads[bin];
        for _ in 0..TRIES {
            let hole = NonNull::new(next)?;
            // SAFETY: C4: holes of bins are live and linked.
            let size = unsafe { hole.as_ref() }.size();
            if let Some(offset) = offset_in(hole, size, layout) {
                return Some((hole, offset));
            }
            // SAFETY: C4: as above.
            next = unsafe { links(hole).as_ref() }.next;
        }
        None
    }
}

/// The bits of `set`, lowest first.
fn bits(mut set: u128) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = (set != 0).then_some(set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_ordered_and_every_size_has_one() {
        let sizes = (MIN_BLOCK..=PAGE).step_by(GRANULE);
        assert!(sizes.clone().map(bin_of).is_sorted());
        let widest = sizes.map(bin_of).fold([0; BINS], |mut widths, bin| {
            widths[bin] += GRANULE;
            widths
        });
        assert!(widest.iter().enumerate().all(|(bin, width)| *width <= PAGE / 16 || bin == BINS - 1));
        assert_eq!(bits(0b1011).collect::<Vec<_>>(), [0, 1, 3]);
    }
}
