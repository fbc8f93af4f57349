//! Frame memory with declared intent.

mod error;
mod sys;
pub mod backend;
mod raw;
pub mod pool;
pub mod heap;

pub use error::AllocError;
pub use sys::{Bytes, FormattedBytes};
