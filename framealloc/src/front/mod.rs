//! The front: the handle users hold, and the only place that knows allocators and policies both.
//!
//! | file | role |
//! |---|---|
//! | `smart_alloc.rs` | [`SmartAlloc`]: creation, scoped frames, the current allocator |
//! | `ambient.rs` | ambient frames and their handles |
//! | `checkpoint.rs` | checkpoints and speculation on the ambient frame |
//! | `objects.rs` | pool and heap |
//! | `groups.rs` | scratch and groups |
//! | `scopes.rs` | tags and phases |
//! | `tagged.rs` | [`TaggedAllocator`] |
//! | `limits.rs` | budgets |
//! | `retain.rs` | retention |
//! | `threads.rs` | transfer and deferred destructors |
//! | `knowing.rs` | statistics and reports |
//! | `leaks.rs` | what is alive at the end, with the feature `debug` |
//! | `live_traffic.rs` | ordinary heap blocks that are alive |
//! | `system_frame.rs` | what `#[frame_system]` expands to |
//! | `config.rs` | [`AllocConfig`] |
//! | `shared/`, `thread/`, `promotion/` | the state behind the handle |

mod ambient;
mod checkpoint;
mod config;
mod groups;
mod knowing;
#[cfg(feature = "debug")]
mod leaks;
mod limits;
mod live_traffic;
mod objects;
pub(crate) mod promotion;
mod retain;
mod scopes;
pub(crate) mod shared;
mod smart_alloc;
mod system_frame;
mod tagged;
pub(crate) mod thread;
mod threads;

pub use checkpoint::{Checkpoint, CheckpointGuard, SpeculativeResult};
pub use config::AllocConfig;
pub use groups::Groups;
pub use live_traffic::TrafficMark;
pub use promotion::{Promoted, PromotionEntry, PromotionResult, Promotions, Retained};
pub use scopes::{IntoTag, PhaseGuard, TagGuard};
pub use smart_alloc::{EnterGuard, SmartAlloc};
pub use system_frame::{AllocSource, SystemFrame, enter, enter_current};
pub use tagged::TaggedAllocator;
