//! What the threads of one allocator share. Nothing here is touched by a fast path, except the id.
//!
//! | type | role |
//! |---|---|
//! | [`Shared`] | everything below, in one `Arc` |
//! | [`FrameClock`] | the frame number and who drives it |
//! | [`ChunkDepot`] | chunks of threads that ended, for threads that begin |
//! | [`Registry`] | what each thread has counted |
//! | [`Orphan`] | frame memory of an exited thread that others read still |
//! | [`BudgetBook`] | budgets of tags, phases and the allocator |

#![forbid(unsafe_code)]

mod book;
mod clock;
mod depot;
mod home;
#[cfg(feature = "debug")]
mod live;
mod meter;
mod orphan;
mod registry;

use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use crate::backend::{AllocatorBackend, LimitedBackend};
use crate::behavior::BehaviorFilter;
use crate::diagnostics::{Diagnostic, Diagnostics, Strict};
use crate::error::AllocError;
use crate::events::EventHub;
use crate::handles::HandleHeap;
use crate::heap::HeapShared;
use crate::phase::PhaseTable;
use crate::pool::Depot;
use crate::raw::clock::Anchor;
use crate::raw::meter::ObjectMeter;
use crate::raw::share::SlotTable;
use crate::raw::supply::ChunkSupply;
use crate::scratch::{ScratchRegistry, ShrinkPolicy};
use crate::streaming::StreamStore;
use crate::sys::attention::Attention;
use crate::sys::ids::next_allocator_id;
use crate::tag::{TagId, TagTable};
use crate::threads::{DeferredQueue, TransferCounters};
use crate::tracking;

use super::config::AllocConfig;
use super::promotion::PromotionQueue;
use super::thread::local;
pub(crate) use book::{BudgetBook, Told};
pub(crate) use clock::FrameClock;
pub(crate) use depot::ChunkDepot;
use meter::Accounts;
pub(crate) use orphan::Orphan;
pub(crate) use registry::Registry;

/// The shared state of one allocator.
pub(crate) struct Shared {
    /// Never reused; what the thread-local pair is compared with.
    pub(crate) id: u64,
    pub(crate) config: AllocConfig,
    pub(crate) backend: Arc<dyn AllocatorBackend>,
    pub(crate) clock: FrameClock,
    pub(crate) chunks: ChunkDepot,
    pub(crate) pool: Arc<Depot>,
    pub(crate) heap: Arc<HeapShared>,
    pub(crate) scratch: ScratchRegistry,
    /// Chunks for scratch and groups.
    pub(crate) supply: ChunkSupply,
    pub(crate) handles: HandleHeap,
    pub(crate) streaming: StreamStore,
    pub(crate) tags: TagTable,
    pub(crate) phases: PhaseTable,
    pub(crate) budgets: BudgetBook,
    pub(crate) registry: Registry,
    pub(crate) promotions: PromotionQueue,
    pub(crate) slots: SlotTable,
    pub(crate) deferred: DeferredQueue,
    pub(crate) transfers: TransferCounters,
    pub(crate) diagnostics: Diagnostics,
    /// What the beginning and the end of a frame ask first.
    pub(crate) attention: Arc<Attention>,
    pub(crate) events: EventHub,
    pub(crate) behavior: BehaviorFilter,
    pub(crate) anchor: Anchor,
    #[cfg(feature = "debug")]
    pub(crate) live: live::LiveObjects,
    /// What every `SmartAlloc` of this allocator shares.
    #[cfg(feature = "debug")]
    pub(crate) holders: crate::sys::sync::Mutex<Weak<super::leaks::Holders>>,
    until_trim: AtomicU32,
}

impl Shared {
    pub(crate) fn new(config: AllocConfig) -> Result<Arc<Self>, AllocError> {
        config.validate()?;
        let strict = match config.strict {
            Some(strict) => strict,
            None => Strict::from_env()?.unwrap_or(Strict::Off),
        };
        let backend = config.build_backend()?;
        let diagnostics = Diagnostics::new(strict);
        if !config.sinks.is_empty() {
            diagnostics.clear_sinks();
            for sink in &config.sinks {
                diagnostics.add_sink(sink.clone());
            }
        }
        let tags = TagTable::new();
        let budgets = BudgetBook::default();
        for (tag, budget) in &config.budgets {
            budget.validate()?;
            budgets.set_tag(tags.child(TagId::UNTAGGED, tag)?, budget, Default::default);
        }
        let id = next_allocator_id();
        Ok(Arc::new_cyclic(|this: &Weak<Shared>| {
            let meter: Arc<dyn ObjectMeter> = Arc::new(Accounts { id, shared: this.clone() });
            let pool_backend: Arc<dyn AllocatorBackend> = match config.pool_size {
                Some(limit) => Arc::new(LimitedBackend::new(backend.clone(), limit)),
                None => backend.clone(),
            };
            let pool = Depot::new(pool_backend);
            pool.set_meter(meter.clone());
            let heap = HeapShared::new(backend.clone(), meter.clone());
            let handles = HandleHeap::new(id, backend.clone(), meter.clone());
            let attention = Arc::new(Attention::new());
            let shared = Self {
                id,
                clock: FrameClock::default(),
                chunks: ChunkDepot::new(backend.clone()),
                pool,
                heap,
                scratch: ScratchRegistry::new(ShrinkPolicy::AfterQuietResets(config.trim_after)),
                supply: ChunkSupply::new(backend.clone(), meter),
                handles,
                streaming: StreamStore::new(id),
                tags,
                phases: PhaseTable::new(),
                budgets,
                registry: Registry::default(),
                promotions: PromotionQueue::new(config.promotion_queue),
                slots: SlotTable::new(backend.clone()),
                deferred: DeferredQueue::new(attention.clone()),
                transfers: TransferCounters::new(),
                diagnostics,
                events: EventHub::new(attention.clone()),
                attention,
                behavior: BehaviorFilter::default(),
                anchor: Anchor::now(),
                #[cfg(feature = "debug")]
                live: live::LiveObjects::new(config.backtraces),
                #[cfg(feature = "debug")]
                holders: crate::sys::sync::Mutex::new(Weak::new()),
                until_trim: AtomicU32::new(config.trim_after),
                config,
                backend,
            };
            shared.meter_pool(|tag| shared.budgets.covers(&shared.tags, tag));
            shared
        }))
    }

    /// Sends a report to the sinks. In strict mode this panics, but on a thread that exits.
    pub(crate) fn deliver(&self, report: Diagnostic) {
        if local::is_exiting() { self.diagnostics.tell(&report) } else { self.diagnostics.report(report) }
    }

    /// Tells the pool which tags budgets cover, so that it reports their frees. Threads add the tags that they meet later.
    pub(crate) fn meter_pool(&self, covers: impl Fn(TagId) -> bool) {
        for (tag, _, _) in self.tags.list() {
            if covers(tag) {
                self.pool.set_metered(tag.0, true);
            }
        }
    }

    /// Gives unused memory of the depots back, once in a while. Returns how many chunks and bytes.
    pub(crate) fn trim(&self) -> (u64, u64) {
        if self.until_trim.fetch_sub(1, Ordering::Relaxed) != 1 {
            return (0, 0);
        }
        self.until_trim.store(self.config.trim_after, Ordering::Relaxed);
        self.chunks.trim()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Labels of this allocator that count nothing may go to others.
        tracking::begin_era();
    }
}
