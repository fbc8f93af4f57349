//! The front: the handle users hold, and the only place that knows allocators and policies both.
//!
//! | file | role |
//! |---|---|
//! | `smart_alloc.rs` | [`SmartAlloc`]: creation, scoped frames, the current allocator |
//! | `ambient.rs` | ambient frames and their handles |
//! | `checkpoint.rs` | checkpoints and speculation on the ambient frame |
//! | `objects.rs` | pool and heap |
//! | `groups.rs` | scratch and groups |
//! | `handles.rs` | objects behind handles |
//! | `scopes.rs` | tags and phases |
//! | `task_context.rs` | [`TaskContext`]: both, on other threads |
//! | `share.rs` | values that other threads read |
//! | `pipeline.rs` | [`FramePipeline`] |
//! | `streaming.rs` | streamed data |
//! | `tagged.rs` | [`TaggedAllocator`] |
//! | `limits.rs` | budgets |
//! | `retain.rs` | retention |
//! | `threads.rs` | transfer and deferred destructors |
//! | `knowing.rs` | statistics and reports |
//! | `leaks.rs` | what is alive at the end, with the feature `debug` |
//! | `live_traffic.rs` | ordinary heap blocks that are alive |
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
mod groups;
mod handles;
mod knowing;
#[cfg(feature = "debug")]
mod leaks;
mod limits;
mod live_traffic;
#[cfg(all(test, framealloc_loom))]
mod loom_tests;
mod objects;
mod pipeline;
pub(crate) mod promotion;
mod reporting;
mod retain;
mod scopes;
mod share;
pub(crate) mod shared;
mod smart_alloc;
mod streaming;
mod system_frame;
mod tagged;
mod task_context;
pub(crate) mod thread;
mod threads;
mod watching;

pub use checkpoint::{Checkpoint, CheckpointGuard, SpeculativeResult};
pub use config::AllocConfig;
pub use groups::Groups;
pub use handles::Handles;
pub use live_traffic::TrafficMark;
pub use pipeline::FramePipeline;
pub use promotion::{Promoted, PromotionEntry, PromotionResult, Promotions, Retained};
pub use reporting::{DEBUG_REPORTS, report_from};
pub use retain::OutlivesItsFrame;
pub use scopes::{IntoTag, PhaseGuard, TagGuard};
pub use share::{FrameHandle, ReadGuard};
pub use smart_alloc::{EnterGuard, SmartAlloc};
pub use streaming::Streaming;
pub use system_frame::{AllocSource, SystemFrame, enter, enter_current};
pub use tagged::TaggedAllocator;
pub use task_context::{TaskContext, TaskGuard};
pub use watching::Subscription;
