//! Unsafe building blocks.
pub(crate) mod box_traits;
pub(crate) mod meter;
