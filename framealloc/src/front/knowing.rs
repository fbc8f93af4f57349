//! Statistics and reports.

#![forbid(unsafe_code)]

use core::time::Duration;
use std::collections::{BTreeMap, HashMap};

use super::shared::Told;
use super::smart_alloc::SmartAlloc;
use super::thread::nodes::{FrameCounters, SystemCell, TagCell};
use crate::phase::PhaseId;
use crate::stats::{
    AllocStats, FrameStats, IntentReport, MemoryStats, ObjectStats, PhaseStat, PhaseStats, SystemReport,
    TagStats, ThreadStats, TrafficStats,
};
use crate::system::System;
use crate::tag::TagId;
use crate::tracking;

impl FrameCounters {
    fn stats(&self) -> FrameStats {
        FrameStats {
            allocated_bytes: self.bytes.get(),
            allocations: self.allocations.get(),
            live_bytes: self.live.get(),
            peak_bytes: self.peak.get(),
        }
    }
}

impl TagCell {
    fn stats(&self) -> MemoryStats {
        MemoryStats {
            frame: self.frames.stats(),
            pool: ObjectStats::default(),
            heap: ObjectStats {
                allocated_bytes: self.heap_bytes.get(),
                allocations: self.heap_allocations.get(),
                live_bytes: self.heap_live.get(),
                live_objects: 0,
            },
            traffic: TrafficStats {
                allocations: self.traffic.calls.get(),
                allocated_bytes: self.traffic.bytes.get(),
                frees: self.traffic.frees.get(),
                freed_bytes: self.traffic.freed_bytes.get(),
                ..TrafficStats::default()
            },
        }
    }
}

/// One system over all threads, while it is summed up.
#[derive(Default)]
struct SystemSum {
    report: Option<SystemReport>,
    frames: BTreeMap<u64, u64>,
}

impl SystemSum {
    fn add(&mut self, cell: &SystemCell, alloc: &SmartAlloc) {
        let report = self.report.get_or_insert_with(|| declared(cell.system));
        report.peak_bytes = report.peak_bytes.max(cell.peak.get());
        report.runs += cell.runs.get();
        report.threads += 1;
        report.allocated_bytes += cell.bytes.get();
        report.allocations += cell.allocations.get();
        report.overruns += cell.overruns.get();
        report.refusals += cell.refusals.get();
        report.heap_calls += cell.heap_calls.get();
        report.promotions += cell.promotions.get();
        report.duration += Duration::from_nanos(alloc.shared.anchor.nanoseconds(cell.ticks.get()));
        for (frame, bytes) in cell.remembered() {
            *self.frames.entry(frame).or_default() += bytes;
        }
    }

    fn finish(self) -> Option<SystemReport> {
        let mut report = self.report?;
        let mut bytes: Vec<u64> = self.frames.into_values().collect();
        bytes.sort_unstable();
        report.p50_bytes = percentile(&bytes, 50);
        report.p99_bytes = percentile(&bytes, 99);
        report.headroom = report.budget.map(|budget| budget as i64 - report.peak_bytes as i64);
        Some(report)
    }
}

fn declared(system: &'static System) -> SystemReport {
    let info = system.info();
    SystemReport {
        name: info.name,
        module: info.module,
        file: info.file,
        line: info.line,
        tag: info.tag,
        phase: info.phase,
        budget: info.budget,
        peak_bytes: 0,
        p50_bytes: 0,
        p99_bytes: 0,
        headroom: None,
        runs: 0,
        threads: 0,
        allocated_bytes: 0,
        allocations: 0,
        overruns: 0,
        refusals: 0,
        heap_calls: 0,
        promotions: 0,
        duration: Duration::ZERO,
    }
}

/// The value that `percent` of the sorted values do not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

impl SmartAlloc {
    /// Everything by kind, tag and thread. Takes locks; figures of other threads are as of their last settling.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let frame = alloc.frame();
    /// alloc.with_tag("ai", |_| frame.alloc([0_u8; 100]));
    /// assert_eq!(alloc.stats().total.frame.live_bytes, 104);
    /// ```
    pub fn stats(&self) -> AllocStats {
        self.heap().settle_now();
        let tags = self.memory_by_tag();
        let mut inclusive = tags.clone();
        self.shared.tags.accumulate(&mut inclusive, MemoryStats::add);
        let list = self.shared.tags.list();
        let named = tags.iter().zip(&inclusive).zip(&list).map(|((own, inclusive), (_, _, path))| TagStats {
            path: path.clone(),
            frame: own.frame,
            pool: own.pool,
            heap: own.heap,
            traffic: own.traffic,
            inclusive: *inclusive,
        });
        let tags: Vec<TagStats> = named.collect();
        let mut total = inclusive.first().copied().unwrap_or_default();
        let mut threads = Vec::new();
        let mut frame = FrameStats::default();
        self.shared.registry.for_each(|record, live| {
            let mut own = FrameStats {
                live_bytes: record.live.get(),
                peak_bytes: record.peak.get(),
                ..FrameStats::default()
            };
            for cell in record.tags.iter() {
                own.allocated_bytes += cell.frames.bytes.get();
                own.allocations += cell.frames.allocations.get();
            }
            frame.allocated_bytes += own.allocated_bytes;
            frame.allocations += own.allocations;
            frame.live_bytes += own.live_bytes;
            frame.peak_bytes += own.peak_bytes;
            if live {
                threads.push(ThreadStats {
                    name: record.name(),
                    frame: own,
                    chunk_bytes: record.chunk_bytes.get(),
                    chunks_taken: record.chunks_taken.get(),
                });
            }
        });
        total.frame.peak_bytes = frame.peak_bytes;
        AllocStats {
            frame_number: self.frame_number(),
            total,
            pool: self.shared.pool.totals(),
            tags,
            threads,
            ended_threads: self.shared.registry.ended_threads(),
            depot_bytes: self.shared.chunks.bytes(),
            handles: self.shared.handles.stats(),
            streaming: self.shared.streaming.stats(),
        }
    }

    /// What each tag has.
    fn memory_by_tag(&self) -> Vec<MemoryStats> {
        let mut tags = vec![MemoryStats::default(); self.shared.tags.len()];
        self.shared.registry.for_each(|record, _| {
            for cell in record.tags.iter() {
                if let Some(sum) = tags.get_mut(cell.tag.index()) {
                    sum.add(&cell.stats());
                }
            }
        });
        for (id, sum) in (0..=u16::MAX).zip(&mut tags) {
            let pool = self.shared.pool.tag_totals(id);
            sum.pool = ObjectStats {
                allocated_bytes: pool.allocated_bytes,
                allocations: pool.allocations,
                live_bytes: pool.live_bytes,
                live_objects: pool.live_objects,
            };
        }
        self.add_live_traffic(&mut tags);
        tags
    }

    /// Bytes of `tag` and those below it that are alive, and how many of them each living thread has counted.
    pub(super) fn live_bytes_of(&self, tag: TagId) -> (u64, HashMap<u64, Told>) {
        let below = |of: TagId| self.shared.tags.ancestry(of).any(|of| of == tag);
        let (mut live, mut threads) = (0_u64, HashMap::<u64, Told>::new());
        self.shared.registry.for_each(|record, alive| {
            for cell in record.tags.iter().filter(|cell| below(cell.tag)) {
                let bytes = cell.live_bytes();
                live = live.wrapping_add(bytes);
                if alive {
                    let told = threads.entry(record.number).or_default();
                    told.cells = told.cells.wrapping_add(bytes);
                }
            }
        });
        let pooled = self.shared.pool.live_bytes(
            |of| below(TagId(of)),
            |thread, bytes| {
                let told = threads.entry(thread).or_default();
                told.pool = told.pool.wrapping_add(bytes);
            },
        );
        // Objects that one thread makes and another frees while this reads may seem to be fewer than none.
        let live = (live as i64).wrapping_add(pooled).max(0).unsigned_abs();
        (live, threads)
    }

    /// What a tag (a path from the root) has, if it was ever used.
    pub fn tag_stats(&self, path: &str) -> Option<TagStats> {
        self.stats().tags.into_iter().find(|tag| &*tag.path == path)
    }

    /// What each phase had in the current frame, or in the last one if none is open.
    pub fn phase_stats(&self) -> PhaseStats {
        self.heap().settle_now();
        let frame = self.frame_number();
        let mut sums: BTreeMap<PhaseId, (PhaseStat, u64)> = BTreeMap::new();
        self.shared.registry.for_each(|record, _| {
            for cell in record.phases.iter().filter(|cell| cell.frame.get() == frame) {
                let (stat, ticks) = sums.entry(cell.phase).or_default();
                stat.bytes_allocated += cell.bytes.get();
                stat.allocation_count += cell.allocations.get();
                stat.peak_bytes = stat.peak_bytes.max(cell.peak.get());
                stat.count += cell.entries.get();
                stat.heap_calls += cell.heap_calls.get();
                *ticks += cell.ticks.get();
            }
        });
        let phases = sums.into_iter().map(|(phase, (mut stat, ticks))| {
            stat.duration = Duration::from_nanos(self.shared.anchor.nanoseconds(ticks));
            (self.shared.phases.name(phase), stat)
        });
        PhaseStats { phases: phases.collect() }
    }

    /// Every system of the program: declared against measured.
    pub fn intent_report(&self) -> IntentReport {
        self.heap().settle_now();
        let mut sums: Vec<(&'static System, SystemSum)> =
            System::all().into_iter().map(|system| (system, SystemSum::default())).collect();
        self.shared.registry.for_each(|record, _| {
            for cell in record.systems.iter() {
                if let Some((_, sum)) =
                    sums.iter_mut().find(|(system, _)| core::ptr::eq(*system, cell.system))
                {
                    sum.add(cell, self);
                }
            }
        });
        let mut systems: Vec<SystemReport> =
            sums.into_iter().map(|(system, sum)| sum.finish().unwrap_or_else(|| declared(system))).collect();
        systems.sort_by_key(|system| (system.tag, system.name, system.line));
        IntentReport { frame: self.frame_number(), systems, tracked: tracking::is_installed() }
    }
}
