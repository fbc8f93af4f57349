//! Frame memory with declared intent.

mod error;
mod sys;

pub use error::AllocError;
pub use sys::{Bytes, FormattedBytes};
