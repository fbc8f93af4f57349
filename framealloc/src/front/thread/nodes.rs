//! What a thread keeps about each tag, phase and system it has met.
//!
//! Cells are atomics in the [`ThreadRecord`], which other threads read through the allocator's registry. Nodes belong to
//! the thread and point to the cells.

#![forbid(unsafe_code)]

use core::cell::{Cell, OnceCell};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::thread::ThreadId;

use crate::budget::{Budget, Link, PlainBudget};
use crate::phase::PhaseId;
use crate::raw::list::{Counter, PushList};
use crate::sys::ids::next_record_number;
use crate::system::System;
use crate::tag::TagId;
use crate::tracking::LabelCache;

use super::run::Run;
use super::sizing::Sizing;

/// What one thread has counted; lives until its totals are folded into those of ended threads.
pub(crate) struct ThreadRecord {
    /// Names the record in the accounts of budgets; its address may be another record's later.
    pub(crate) number: u64,
    pub(crate) thread: ThreadId,
    pub(crate) name: Option<String>,
    /// Frame bytes alive on the thread, and the most there were. Totals are the sums over its tags.
    pub(crate) live: Counter,
    pub(crate) peak: Counter,
    pub(crate) tags: PushList<TagCell>,
    pub(crate) phases: PushList<PhaseCell>,
    pub(crate) systems: PushList<SystemCell>,
    /// Bytes of chunks this thread took from the backend or the depot and has not given back.
    pub(crate) chunk_bytes: Counter,
    /// Chunks taken from the backend.
    pub(crate) chunks_taken: Counter,
}

impl ThreadRecord {
    pub(crate) fn new() -> Self {
        let thread = std::thread::current();
        Self {
            number: next_record_number(),
            thread: thread.id(),
            name: thread.name().map(str::to_owned),
            live: Counter::new(),
            peak: Counter::new(),
            tags: PushList::new(),
            phases: PushList::new(),
            systems: PushList::new(),
            chunk_bytes: Counter::new(),
            chunks_taken: Counter::new(),
        }
    }
}

impl ThreadRecord {
    /// `bytes` were handed out; `above` more were alive in between.
    #[inline(always)]
    pub(crate) fn charge(&self, bytes: u64, above: u64) {
        let live = self.live.get() + bytes;
        self.live.set(live);
        self.peak.raise_to(live + above);
    }
}

/// Frame memory of one payer.
#[derive(Debug, Default)]
pub(crate) struct FrameCounters {
    /// Bytes ever.
    pub(crate) bytes: Counter,
    /// Most bytes alive at once.
    pub(crate) peak: Counter,
    /// Allocations ever.
    pub(crate) allocations: Counter,
    /// Bytes alive.
    pub(crate) live: Counter,
}

impl FrameCounters {
    /// `bytes` in `allocations` were handed out; `above` more were alive in between.
    #[inline(always)]
    pub(crate) fn charge(&self, bytes: u64, above: u64, allocations: u64) {
        self.bytes.add(bytes);
        self.allocations.add(allocations);
        let live = self.live.get().wrapping_add(bytes);
        self.live.set(live);
        self.peak.raise_to(live + above);
    }
}

impl FrameCounters {
    /// Adds these totals to `sum`. Its peak is the higher one: an ended thread's peak was not at the same time.
    pub(crate) fn fold_into(&self, sum: &FrameCounters) {
        sum.bytes.add(self.bytes.get());
        sum.allocations.add(self.allocations.get());
        sum.live.add(self.live.get());
        sum.peak.raise_to(self.peak.get());
    }
}

/// Calls and bytes of ordinary heap allocations, as `Tracking` saw them.
#[derive(Debug, Default)]
pub(crate) struct TrafficCounters {
    pub(crate) calls: Counter,
    pub(crate) bytes: Counter,
    pub(crate) frees: Counter,
    pub(crate) freed_bytes: Counter,
}

/// One tag on one thread.
#[derive(Debug)]
pub(crate) struct TagCell {
    pub(crate) tag: TagId,
    pub(crate) frames: FrameCounters,
    pub(crate) heap_bytes: Counter,
    pub(crate) heap_live: Counter,
    pub(crate) heap_allocations: Counter,
    pub(crate) traffic: TrafficCounters,
}

impl TagCell {
    pub(crate) fn new(tag: TagId) -> Self {
        Self {
            tag,
            frames: FrameCounters::default(),
            heap_bytes: Counter::new(),
            heap_live: Counter::new(),
            heap_allocations: Counter::new(),
            traffic: TrafficCounters::default(),
        }
    }

    /// Bytes in frames and heap that the thread has counted as alive, modulo 2^64: another thread may have freed them.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.frames.live.get().wrapping_add(self.heap_live.get())
    }
}

/// One phase on one thread, during the frame `frame`.
#[derive(Debug)]
pub(crate) struct PhaseCell {
    pub(crate) phase: PhaseId,
    /// The frame number the other fields are about.
    pub(crate) frame: Counter,
    pub(crate) bytes: Counter,
    pub(crate) peak: Counter,
    pub(crate) allocations: Counter,
    pub(crate) entries: Counter,
    pub(crate) ticks: Counter,
    pub(crate) heap_calls: Counter,
}

impl PhaseCell {
    pub(crate) fn new(phase: PhaseId) -> Self {
        Self {
            phase,
            frame: Counter::new(),
            bytes: Counter::new(),
            peak: Counter::new(),
            allocations: Counter::new(),
            entries: Counter::new(),
            ticks: Counter::new(),
            heap_calls: Counter::new(),
        }
    }

    /// Starts over for `frame`.
    #[cold]
    pub(crate) fn restart(&self, frame: u64) {
        for field in
            [&self.bytes, &self.peak, &self.allocations, &self.entries, &self.ticks, &self.heap_calls]
        {
            field.set(0);
        }
        self.frame.set(frame);
    }
}

/// Number of frames whose bytes a [`SystemCell`] remembers.
pub(crate) const HISTORY: usize = 512;

/// One system on one thread.
#[derive(Debug)]
pub(crate) struct SystemCell {
    pub(crate) system: &'static System,
    pub(crate) runs: Counter,
    pub(crate) bytes: Counter,
    /// Most bytes alive in one run.
    pub(crate) peak: Counter,
    pub(crate) allocations: Counter,
    pub(crate) overruns: Counter,
    pub(crate) refusals: Counter,
    pub(crate) heap_calls: Counter,
    pub(crate) promotions: Counter,
    pub(crate) ticks: Counter,
    /// (frame number modulo 2^24, bytes modulo 2^40) of the last frames, a ring.
    pub(crate) history: Box<[AtomicU64; HISTORY]>,
    pub(crate) frames: Counter,
}

const BYTES_BITS: u32 = 40;

impl SystemCell {
    pub(crate) fn new(system: &'static System) -> Self {
        Self {
            system,
            runs: Counter::new(),
            bytes: Counter::new(),
            peak: Counter::new(),
            allocations: Counter::new(),
            overruns: Counter::new(),
            refusals: Counter::new(),
            heap_calls: Counter::new(),
            promotions: Counter::new(),
            ticks: Counter::new(),
            history: Box::new([const { AtomicU64::new(0) }; HISTORY]),
            frames: Counter::new(),
        }
    }

    /// Adds the bytes of a run in `frame` to the history.
    #[inline]
    pub(crate) fn remember(&self, frame: u64, bytes: u64) {
        let stamp = frame << BYTES_BITS;
        let last = (self.frames.get() as usize).wrapping_sub(1) % HISTORY;
        let slot = &self.history[last];
        let before = slot.load(Ordering::Relaxed);
        if self.frames.get() > 0 && before >> BYTES_BITS == stamp >> BYTES_BITS {
            slot.store(before.wrapping_add(bytes), Ordering::Relaxed);
        } else {
            self.history[self.frames.get() as usize % HISTORY].store(stamp | bytes, Ordering::Relaxed);
            self.frames.add(1);
        }
    }

    /// (frame stamp, bytes) of the remembered frames.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = (u64, u64)> {
        let len = (self.frames.get() as usize).min(HISTORY);
        self.history[..len].iter().map(|slot| {
            let word = slot.load(Ordering::Relaxed);
            (word >> BYTES_BITS, word & ((1 << BYTES_BITS) - 1))
        })
    }
}

/// A tag, from its thread's side.
pub(crate) struct TagNode {
    pub(crate) tag: TagId,
    pub(crate) cell: NonNull<TagCell>,
    pub(crate) parent: *const TagNode,
    /// This thread's end of the tag's budget, if it has one; at the root, of the allocator's.
    pub(crate) link: OnceCell<Link>,
    /// A budget on the path from here to the root can refuse.
    pub(crate) refusing: Cell<bool>,
    /// There is a budget on the path from here to the root.
    pub(crate) budgeted: Cell<bool>,
    /// The label of ordinary heap blocks, where `Tracking` knows what is alive.
    pub(crate) label: LabelCache,
}

/// A phase, from its thread's side.
pub(crate) struct PhaseNode {
    pub(crate) phase: PhaseId,
    pub(crate) cell: NonNull<PhaseCell>,
    /// This thread's budget for the phase in one frame.
    pub(crate) budget: OnceCell<PlainBudget>,
}

/// A system, from its thread's side.
pub(crate) struct SystemNode {
    pub(crate) system: &'static System,
    pub(crate) cell: NonNull<SystemCell>,
    pub(crate) tag: NonNull<TagNode>,
    pub(crate) phase: NonNull<PhaseNode>,
    pub(crate) budget: Budget,
    /// The budget can refuse.
    pub(crate) refusing: bool,
    /// A record for the next run.
    pub(super) free_run: Cell<*mut Run>,
    /// The frame of the last run that was counted.
    pub(crate) last_frame: Cell<u64>,
    pub(crate) sizing: Sizing,
}
