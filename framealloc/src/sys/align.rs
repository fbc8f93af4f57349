//! Rounding of addresses and sizes.
//!
//! The bump pointer of a frame is kept on a multiple of [`GRAIN`], so that types aligned to 8 or less need no masking,
//! and allocate, grow, shrink and deallocate round sizes with the same function (F4).

/// The granularity of frame memory in bytes.
pub(crate) const GRAIN: usize = 8;

/// `size` rounded up to the grain. Sizes come from a [`core::alloc::Layout`], so they are at most `isize::MAX` and the
/// sum cannot wrap.
#[inline(always)]
pub(crate) const fn grain_up(size: usize) -> usize {
    (size + (GRAIN - 1)) & !(GRAIN - 1)
}

/// `address` rounded up to `align` (a power of two); `None` when that passes the end of the address space.
#[inline(always)]
pub(crate) const fn checked_align_up(address: usize, align: usize) -> Option<usize> {
    match address.checked_add(align - 1) {
        Some(sum) => Some(sum & !(align - 1)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_to_the_grain() {
        assert_eq!([0, 1, 8, 9, 64].map(grain_up), [0, 8, 8, 16, 64]);
        assert_eq!(grain_up(isize::MAX as usize), isize::MAX as usize + 1);
    }

    #[test]
    fn aligning_past_the_end_is_none() {
        assert_eq!(checked_align_up(4097, 4096), Some(8192));
        assert_eq!(checked_align_up(usize::MAX - 2, 4096), None);
    }
}
