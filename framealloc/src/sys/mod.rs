//! Arithmetic, ids and clocks: what every layer may use. No unsafe code, no allocation.

#![forbid(unsafe_code)]

pub(crate) mod align;
pub(crate) mod ids;
pub(crate) mod intern;
mod size;
pub(crate) mod sync;

pub use size::{Bytes, FormattedBytes};
