//! Snapshots that fill themselves.

#![forbid(unsafe_code)]

use super::smart_alloc::SmartAlloc;
use crate::budget::{BudgetReset, BudgetStats, OnExceed};
use crate::retention::PromotionTotals;
#[cfg(feature = "serde")]
use crate::snapshot::SnapshotEmitter;
use crate::snapshot::{
    BudgetSnapshot, DeferredSnapshot, DiagnosticSnapshot, PhaseSnapshot, Snapshot, SnapshotSummary,
    SystemSnapshot, TagSnapshot, ThreadSnapshot, TransferSnapshot,
};
use crate::stats::{AllocStats, PhaseStats, SystemReport, TagStats, ThreadStats};
use crate::tag::TagId;
use crate::threads::{DeferredStats, TransferStats};
use crate::tracking;

impl SmartAlloc {
    /// Everything that is known about this allocator, in numbers. Between two frames, the figures of the frame are those
    /// of the one that ended last.
    ///
    /// Cost: locks and some microseconds; not for inside a frame.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// alloc.begin_frame();
    /// drop(alloc.frame_box([0_u8; 100]));
    /// let kept = alloc.pool_box([0_u8; 64]);
    /// alloc.end_frame();
    /// let summary = alloc.snapshot().summary;
    /// assert_eq!((summary.frame_bytes, summary.pool_bytes, summary.total_bytes), (104, 64, 168));
    /// ```
    pub fn snapshot(&self) -> Snapshot {
        tracking::exempt(|| {
            let (stats, phases) = (self.stats(), self.phase_stats());
            let mut snapshot = Snapshot::new(stats.frame_number);
            snapshot.summary = summary(&stats, &phases);
            snapshot.threads = stats.threads.iter().map(thread).collect();
            snapshot.tags = stats.tags.iter().map(tag).collect();
            snapshot.phases = self.phase_snapshots(&phases);
            snapshot.systems = self.intent_report().systems.iter().map(system).collect();
            snapshot.budgets = self.budget_snapshots();
            snapshot.promotions = self.promotion_totals();
            snapshot.transfers = self.transfer_snapshot();
            snapshot.deferred = self.deferred_snapshot();
            snapshot.diagnostics = self.diagnostic_snapshots();
            snapshot
        })
    }

    /// What became of retained values since the allocator was made.
    pub fn promotion_totals(&self) -> PromotionTotals {
        self.shared.promotions.totals()
    }

    fn phase_snapshots(&self, phases: &PhaseStats) -> Vec<PhaseSnapshot> {
        let phases = phases.iter().map(|(name, stat)| PhaseSnapshot {
            name: name.to_owned(),
            bytes: stat.bytes_allocated,
            allocations: stat.allocation_count,
            peak_bytes: stat.peak_bytes,
            count: stat.count,
            duration_ns: stat.duration.as_nanos() as u64,
            heap_calls: stat.heap_calls,
        });
        phases.collect()
    }

    fn budget_snapshots(&self) -> Vec<BudgetSnapshot> {
        let mut budgets = Vec::new();
        for (id, shared) in self.shared.budgets.of_tags() {
            budgets.push(match id {
                TagId::UNTAGGED => budget("allocator", "", &shared.stats()),
                _ => budget("tag", &self.shared.tags.path(id), &shared.stats()),
            });
        }
        let heap = self.heap();
        for id in self.shared.budgets.of_phases() {
            let stats = heap.phase_budget(id);
            budgets.extend(stats.map(|stats| budget("phase", &self.shared.phases.name(id), &stats)));
        }
        let thread = heap.record.name();
        budgets.extend(heap.frame_budget().map(|stats| budget("thread_frame", &thread, &stats)));
        budgets.extend(heap.pool_budget().map(|stats| budget("thread_pool", &thread, &stats)));
        budgets
    }

    fn transfer_snapshot(&self) -> TransferSnapshot {
        let TransferStats { sent, received, dropped, in_flight, .. } = self.transfer_stats();
        TransferSnapshot { sent, received, dropped, in_flight }
    }

    fn deferred_snapshot(&self) -> DeferredSnapshot {
        let DeferredStats { deferred, processed, early, pending, .. } = self.deferred_stats();
        DeferredSnapshot { deferred, processed, early, pending }
    }

    fn diagnostic_snapshots(&self) -> Vec<DiagnosticSnapshot> {
        let counts = self.shared.diagnostics.counts();
        let codes = counts.iter().map(|count| DiagnosticSnapshot {
            code: count.code.id.to_owned(),
            title: count.code.title.to_owned(),
            severity: count.code.severity.to_string(),
            reported: count.reported,
            suppressed: count.suppressed,
        });
        codes.collect()
    }
}

#[cfg(feature = "serde")]
impl SnapshotEmitter {
    /// Writes a snapshot of `alloc` if one is due or a tool asked for one, and returns its path. While the driving thread
    /// is inside a frame it does nothing: snapshots are taken between frames.
    ///
    /// Cost: one system call when nothing is written; otherwise a file of some kilobytes.
    ///
    /// # Errors
    ///
    /// What the file system says. Nothing is tried again before the interval is over, except what a tool asks for.
    pub fn maybe_emit(&mut self, alloc: &SmartAlloc) -> std::io::Result<Option<std::path::PathBuf>> {
        if alloc.is_frame_active() {
            return Ok(None);
        }
        tracking::exempt(|| self.emit_if_due(|| alloc.snapshot()))
    }
}

fn summary(stats: &AllocStats, phases: &PhaseStats) -> SnapshotSummary {
    let (frame_bytes, total) = (phases.total_bytes(), &stats.total);
    SnapshotSummary {
        frame_bytes,
        pool_bytes: total.pool.live_bytes,
        heap_bytes: total.heap.live_bytes,
        total_bytes: frame_bytes.wrapping_add(total.pool.live_bytes).wrapping_add(total.heap.live_bytes),
        peak_bytes: total.frame.peak_bytes,
    }
}

fn thread(stats: &ThreadStats) -> ThreadSnapshot {
    ThreadSnapshot {
        name: stats.name.clone(),
        frame_bytes: stats.frame.live_bytes,
        peak_bytes: stats.frame.peak_bytes,
        allocated_bytes: stats.frame.allocated_bytes,
        allocations: stats.frame.allocations,
        chunk_bytes: stats.chunk_bytes,
        chunks_taken: stats.chunks_taken,
    }
}

fn tag(stats: &TagStats) -> TagSnapshot {
    TagSnapshot {
        path: stats.path.to_string(),
        frame_bytes: stats.frame.live_bytes,
        pool_bytes: stats.pool.live_bytes,
        heap_bytes: stats.heap.live_bytes,
        inclusive_bytes: stats.inclusive.live_bytes(),
        allocated_bytes: stats.frame.allocated_bytes,
        allocations: stats.frame.allocations + stats.pool.allocations + stats.heap.allocations,
        peak_bytes: stats.frame.peak_bytes,
        heap_calls: stats.traffic.allocations,
    }
}

fn system(report: &SystemReport) -> SystemSnapshot {
    SystemSnapshot {
        name: report.name.to_owned(),
        module: report.module.to_owned(),
        file: report.file.to_owned(),
        line: report.line,
        tag: report.tag.to_owned(),
        phase: report.phase.to_owned(),
        budget: report.budget,
        peak_bytes: report.peak_bytes,
        p50_bytes: report.p50_bytes,
        p99_bytes: report.p99_bytes,
        headroom: report.headroom,
        runs: report.runs,
        allocated_bytes: report.allocated_bytes,
        allocations: report.allocations,
        overruns: report.overruns,
        refusals: report.refusals,
        heap_calls: report.heap_calls,
        promotions: report.promotions,
        duration_ns: report.duration.as_nanos() as u64,
    }
}

fn budget(kind: &str, name: &str, stats: &BudgetStats) -> BudgetSnapshot {
    let on_exceed = match stats.on_exceed {
        OnExceed::Warn => "warn",
        OnExceed::Fail => "fail",
        OnExceed::Panic => "panic",
    };
    let resets = match stats.resets {
        BudgetReset::PerRun => "per_run",
        BudgetReset::PerFrame => "per_frame",
        BudgetReset::Never => "never",
    };
    BudgetSnapshot {
        kind: kind.to_owned(),
        name: name.to_owned(),
        limit: stats.limit,
        soft: stats.soft,
        used: stats.used,
        peak: stats.peak,
        overruns: stats.overruns,
        refusals: stats.refusals,
        on_exceed: on_exceed.to_owned(),
        resets: resets.to_owned(),
    }
}
