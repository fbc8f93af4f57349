//! Values with a declared future.
//!
//! ```text
//!   frame memory:  [ header | value ] ─► [ header | value ] ─► ...     one list per frame, in order of declaration
//!                        ▲ Retained lends the value, and says when it lets go
//!   frame end:     value ──move──► pool | heap | scratch | leaked, or is dropped
//!                                   └─► queue ─► PromotionResult ─► take::<T>(name)
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`Retained`] | the handle while the frame lives |
//! | [`PromotionResult`], [`Promotions`] | what came out of frame ends |
//! | [`Promoted`] | one value, taken out with its type |
//!
//! # Invariants
//!
//! * **R1** A retained value is owned by its node until the frame's end, which moves it exactly once: to its target, to a
//!   box of the standard heap if the target refused, or to its destructor. If a handle of an ambient frame is alive at
//!   the end, the handle owns the value from then on.
//! * **R2** A moved value is owned by one [`store::Stored`], which remembers its type and how to drop it.

mod node;
mod queue;
mod store;

pub use node::Retained;
pub(crate) use node::{Settled, settle_all, splice_retained};
pub(crate) use queue::PromotionQueue;
pub use queue::{PromotionEntry, PromotionResult, Promotions};
pub use store::Promoted;
