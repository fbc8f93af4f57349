//! Size classes: arithmetic only.
//!
//! Classes are 16 bytes apart up to 128 bytes, then four to a doubling, up to 32 KiB. A layout is served by the class of
//! its size rounded up to its alignment; the block size of that class is a multiple of the alignment (a test tries them
//! all), so blocks that start at an aligned offset stay aligned.

#![forbid(unsafe_code)]

use core::alloc::Layout;

/// A size class, or [`LARGE`].
pub(crate) type Class = usize;

/// The number of size classes.
pub(crate) const CLASSES: usize = 40;

/// What no class serves: such an object is a block of the backend of its own.
pub(crate) const LARGE: Class = CLASSES;

/// The largest block size of a class.
pub(crate) const MAX_SIZE: usize = 32 << 10;

/// The largest alignment that classes serve.
pub(crate) const MAX_ALIGN: usize = 4096;

/// The class for a size that is not zero.
#[inline(always)]
pub(crate) const fn class_of(size: usize, align: usize) -> Class {
    if align > MAX_ALIGN || size > MAX_SIZE {
        return LARGE;
    }
    let size = (size + (align - 1)) & !(align - 1);
    if size > MAX_SIZE {
        LARGE
    } else if size <= 128 {
        size.div_ceil(16) - 1
    } else {
        let below = size - 1;
        let log = below.ilog2() as usize;
        8 + (log - 7) * 4 + ((below >> (log - 2)) & 3)
    }
}

/// The class for `layout`, whose size is not zero.
#[inline(always)]
pub(crate) const fn class_of_layout(layout: Layout) -> Class {
    class_of(layout.size(), layout.align())
}

/// The block size of a class below [`CLASSES`].
#[inline]
pub(crate) const fn block_size(class: Class) -> usize {
    if class < 8 {
        (class + 1) * 16
    } else {
        let step = class - 8;
        (5 + step % 4) << (5 + step / 4)
    }
}

/// What one object of `layout` is charged as: the block size of its class, or its own size when no class serves it.
/// Nothing for a size of zero, which uses no memory.
#[inline]
pub(crate) const fn charged_bytes(layout: Layout) -> usize {
    if layout.size() == 0 {
        return 0;
    }
    match class_of_layout(layout) {
        LARGE => layout.size(),
        class => block_size(class),
    }
}

/// The alignment every block of a class has: the largest power of two that divides the block size, at most
/// [`MAX_ALIGN`].
pub(crate) const fn block_align(class: Class) -> usize {
    let natural = 1 << block_size(class).trailing_zeros();
    if natural > MAX_ALIGN { MAX_ALIGN } else { natural }
}

/// How many blocks move between a thread and the depot at once: about 8 KiB worth, at least 4, at most 128. A thread
/// keeps at most twice as many.
pub(crate) const fn batch_len(class: Class) -> u32 {
    if cfg!(framealloc_loom) {
        return 2;
    }
    match (8 << 10) / block_size(class) {
        0..4 => 4,
        128.. => 128,
        len => len as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_the_smallest_class_that_holds_it() {
        for size in 1..=MAX_SIZE {
            let class = class_of(size, 1);
            assert!(class < CLASSES && block_size(class) >= size, "size {size}");
            assert!(class == 0 || block_size(class - 1) < size, "size {size}");
        }
        assert_eq!(class_of(MAX_SIZE, 1), CLASSES - 1);
        assert_eq!([class_of(MAX_SIZE + 1, 1), class_of(1, 8192), class_of(usize::MAX, 1)], [LARGE; 3]);
    }

    #[test]
    fn every_alignment_divides_its_block_size() {
        for align in (0..=12).map(|log| 1 << log) {
            for size in 1..=MAX_SIZE {
                let class = class_of(size, align);
                assert!(class < CLASSES, "size {size} align {align}");
                assert!(block_size(class) >= size, "size {size} align {align}");
                assert_eq!(block_align(class) % align, 0, "size {size} align {align}");
            }
        }
    }

    #[test]
    fn sizes_waste_at_most_a_quarter() {
        for size in 65..=MAX_SIZE {
            let block = block_size(class_of(size, 1));
            assert!((block - size) * 4 <= block, "size {size} block {block}");
        }
    }

    #[test]
    fn batches_are_bounded() {
        assert_eq!([batch_len(0), batch_len(3), batch_len(CLASSES - 1)], [128, 128, 4]);
    }
}
