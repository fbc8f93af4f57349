//! Declare what memory is for.
//!
//! framealloc gives game engines, renderers and simulations frame arenas, pools and tracked heap blocks, and lets them say
//! what the memory is for: `#[frame_system]` declares a system's tag and budget, `#[frame_local]` puts a variable into
//! memory that goes with the call, `#[retain]` declares what outlives it. The compiler keeps frame memory from escaping,
//! the runtime measures every byte against its declaration.
//!
//! ```
//! use framealloc::{SmartAlloc, frame_system};
//!
//! #[frame_system(tag = "physics", budget = "64KB")]
//! fn broad_phase(alloc: &SmartAlloc, bodies: &[(f32, f32)]) -> usize {
//!     #[frame_local]
//!     let mut pairs: Vec<(usize, usize)>;
//!     for (i, a) in bodies.iter().enumerate() {
//!         pairs.extend((0..i).filter(|&j| (a.0 - bodies[j].0).abs() < 1.0).map(|j| (j, i)));
//!     }
//!     pairs.len()
//! }
//!
//! let alloc = SmartAlloc::with_defaults();
//! assert_eq!(broad_phase(&alloc, &[(0.0, 0.0), (0.5, 1.0), (9.0, 2.0)]), 1);
//! println!("{}", alloc.intent_report());
//! ```
//!
//! | feature | adds |
//! |---|---|
//! | `debug` | recycled memory is overwritten and out of bounds for AddressSanitizer and valgrind; leak reports |
//! | `log` | `diagnostics::LogSink`: reports as records of the `log` crate |
//! | `minimal` | leaves the behaviour filter out, 54 KB of code; not together with `debug` |
//! | `nightly` | `std::alloc::Allocator` in place of allocator-api2's, with a nightly compiler |
//! | `parking_lot` | the pool's locks are parking_lot's |
//! | `serde` | `Serialize` for handles, containers and reports; snapshots and reports as JSON, `SnapshotEmitter` |

#![cfg_attr(feature = "nightly", feature(allocator_api))]

#[cfg(all(feature = "minimal", feature = "debug"))]
compile_error!(
    "framealloc: the features `minimal` and `debug` contradict each other: one leaves every check out, the other adds \
     checks. Enable `debug` while looking for a mistake and `minimal` in the build that ships; `cargo tree -e features \
     -i framealloc` shows who enables which"
);

// L0: arithmetic, ids, errors, codes
mod error;
mod sys;

pub mod diagnostics;
// L1: where memory comes from
pub mod backend;
// L2: the unsafe building blocks
mod raw;
// L3: allocators
mod frame;
mod group;
mod handles;
mod heap;
mod pool;
mod scratch;
mod streaming;
// L4: policies
mod behavior;
mod budget;
mod events;
mod phase;
mod retention;
mod system;
mod tag;
// L5: what threads hand to each other
mod threads;
// L6: views
mod snapshot;
mod stats;
// L7: the front
mod front;
// Beside the layers: the global allocator's wrapper
pub mod tracking;

pub use behavior::{BehaviorIssue, BehaviorReport, BehaviorThresholds};
pub use budget::{Budget, BudgetEvent, BudgetReset, BudgetStats, OnExceed, SoftLimit};
pub use error::AllocError;
pub use events::{Event, EventKind};
pub use frame::{
    BoundedMap, BoundedVec, ChildFrame, Frame, FrameBox, FrameMap, FrameMemoryStaysOnItsThread, FrameRef,
    FrameSet, FrameSlice, FrameState, FrameString, FrameVec,
};
pub use framealloc_macros::{frame_local, frame_system, retain};
pub use front::{
    AllocConfig, AllocSource, Checkpoint, CheckpointGuard, EnterGuard, FrameHandle, FramePipeline, Groups,
    Handles, IntoTag, OutlivesItsFrame, PhaseGuard, Promoted, PromotionEntry, PromotionResult, Promotions,
    ReadGuard, Retained, Retained as FrameRetained, SmartAlloc, SpeculativeResult, Streaming, Subscription,
    SystemFrame, TagGuard, TaggedAllocator, TaskContext, TaskGuard, TrafficMark,
};
pub use group::{Group, GroupHandle, GroupId, GroupSummary};
pub use handles::{
    Defragmented, HandleError, HandleMut, HandleRef, HandleStats, HandleTarget, ObjectHandle, ObjectId,
    Relocation,
};
pub use heap::{HeapAlloc, HeapBox};
pub use pool::{Acquired, Handle, PoolAlloc, PoolBox, PoolHandle, PoolStats, TypedPool};
pub use raw::callbacks::CallbackId;
#[cfg(feature = "debug")]
pub use raw::meter::ObjectKind;
pub use retention::{
    FailureCounts, FailureReason, FrameSummary, Importance, PromotionTotals, RetentionPolicy, SummaryRow,
};
pub use scratch::{
    ScratchAllocator, ScratchBox, ScratchIsUsedByOneThreadAtATime, ScratchPool, ScratchRegistry,
    ScratchScope, ScratchStats, ShrinkPolicy,
};
pub use snapshot::{
    BudgetSnapshot, DeferredSnapshot, DiagnosticSnapshot, PhaseSnapshot, Snapshot, SnapshotSummary,
    SystemSnapshot, TagSnapshot, ThreadSnapshot, TransferSnapshot,
};
#[cfg(feature = "serde")]
pub use snapshot::{SnapshotConfig, SnapshotEmitter};
pub use stats::{
    AllocStats, FrameStats, IntentReport, MemoryStats, ObjectStats, PhaseStat, PhaseStats, SystemReport,
    TagStats, ThreadStats, TrafficStats, UnfreedTraffic,
};
#[cfg(feature = "debug")]
pub use stats::{LeakReport, LeakedObject};
pub use streaming::{
    StreamData, StreamError, StreamEvent, StreamId, StreamLoad, StreamPriority, StreamProgress, StreamStats,
};
pub use sys::{Bytes, FormattedBytes};
pub use system::HeapUse;
pub use tag::Tag;
pub use threads::{
    BarrierBuilder, BarrierStats, DeferredBox, DeferredConfig, DeferredProcessing, DeferredStats,
    FrameBarrier, FrameWait, NotDeferred, Participant, QueueFullPolicy, TransferHandle, TransferState,
    TransferStats, Transferable,
};
pub use tracking::Tracking;

/// What the attributes expand to. Not for other use: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::budget::{OnExceed, SoftLimit};
    pub use crate::front::{DEBUG_REPORTS, enter, enter_current, report_from};
    pub use crate::system::{HeapUse, System, SystemInfo, bytes};
    pub use inventory;
}
