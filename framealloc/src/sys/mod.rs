//! Arithmetic, ids and clocks: what every layer may use. No unsafe code, no allocation.

#![forbid(unsafe_code)]

pub(crate) mod align;
pub(crate) mod attention;
pub(crate) mod caught;
pub(crate) mod ids;
pub(crate) mod intern;
mod size;
pub(crate) mod sync;

pub use size::{Bytes, FormattedBytes};

/// Serialises shared text as a string.
#[cfg(feature = "serde")]
pub(crate) fn serialize_text<S: serde::Serializer>(
    text: &std::sync::Arc<str>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

/// Serialises a time as whole nanoseconds.
#[cfg(feature = "serde")]
pub(crate) fn serialize_nanoseconds<S: serde::Serializer>(
    time: &core::time::Duration,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
