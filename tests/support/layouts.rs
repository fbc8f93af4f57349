//! Types of awkward size and alignment.

/// Aligned to a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Line(pub [u8; 64]);

/// Aligned to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(4096))]
pub struct Page(pub [u8; 4096]);

/// Nothing, aligned to a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub struct Nothing;

/// Whether `value` is where its type wants it.
pub fn is_aligned<T: ?Sized>(value: &T) -> bool {
    std::ptr::from_ref(value).cast::<u8>().addr().is_multiple_of(align_of_val(value))
}
