//! Helpers shared by this package's targets.
//!
//! | module | role |
//! |---|---|
//! | [`backend`] | a backend that fails at the nth request |
//! | [`fixture`] | an allocator with a counting backend and a ring of reports |
//! | [`drops`] | values that count how often they are dropped |
//! | [`layouts`] | types of awkward size and alignment |
//! | [`rng`] | a small deterministic generator |
//! | [`threads`] | threads whose end is waited for, thread-local destructors included |
//! | [`model`] | programs of operations against a naive model |

pub mod backend;
pub mod drops;
pub mod fixture;
pub mod layouts;
pub mod model;
pub mod rng;
pub mod threads;

pub use backend::FailingBackend;
pub use drops::{Counted, DropCounter};
pub use fixture::Fixture;
pub use rng::Rng;
pub use threads::{caught, on_thread, panic_text};
