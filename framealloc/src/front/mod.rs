//! The front: the handle users hold, and the only place that knows allocators and policies both.
//!
//! | file | role |
//! |---|---|
//! | `smart_alloc.rs` | [`SmartAlloc`]: creation, scoped frames, the current allocator |
//! | `ambient.rs` | ambient frames and their handles |
//! | `checkpoint.rs` | checkpoints and speculation on the ambient frame |
//! | `objects.rs` | pool, heap and scratch |
//! | `scopes.rs` | tags and phases |
//! | `tagged.rs` | [`TaggedAllocator`] |
//! | `limits.rs` | budgets |
//! | `retain.rs` | retention |
//! | `knowing.rs` | statistics and reports |
//! | `watching.rs` | subscriptions to events |
//! | `behaving.rs` | the behaviour filter |
//! | `capture.rs` | snapshots |
//! | `reporting.rs` | diagnostics of the program itself |
//! | `system_frame.rs` | what `#[frame_system]` expands to |
//! | `config.rs` | [`AllocConfig`] |
//! | `shared/`, `thread/`, `promotion/` | the state behind the handle |

mod ambient;
mod behaving;
mod capture;
mod checkpoint;
mod config;
mod knowing;
mod limits;
mod objects;
pub(crate) mod promotion;
mod reporting;
mod retain;
mod scopes;
pub(crate) mod shared;
mod smart_alloc;
mod system_frame;
mod tagged;
pub(crate) mod thread;
mod watching;

pub use checkpoint::{Checkpoint, CheckpointGuard, SpeculativeResult};
pub use config::AllocConfig;
pub use promotion::{Promoted, PromotionEntry, PromotionResult, Promotions, Retained};
pub use reporting::{DEBUG_REPORTS, report_from};
pub use scopes::{IntoTag, PhaseGuard, TagGuard};
pub use smart_alloc::{EnterGuard, SmartAlloc};
pub use system_frame::{AllocSource, SystemFrame, enter, enter_current};
pub use tagged::TaggedAllocator;
pub use watching::Subscription;
