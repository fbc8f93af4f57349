//! What each thread has counted, and what ended threads had.

use std::sync::Arc;

use super::Shared;
use crate::front::thread::nodes::{PhaseCell, SystemCell, TagCell, ThreadRecord};
use crate::raw::list::{Counter, PushList};
use crate::sys::sync::{Mutex, lock};
use crate::tag::TagId;

/// The records of live threads, and one that ended threads are folded into.
pub(crate) struct Registry(Mutex<Records>);

struct Records {
    live: Vec<Arc<ThreadRecord>>,
    ended: Arc<ThreadRecord>,
    ended_threads: u64,
}

impl Default for Registry {
    fn default() -> Self {
        Self(Mutex::new(Records { live: Vec::new(), ended: Arc::new(ThreadRecord::new()), ended_threads: 0 }))
    }
}

impl Registry {
    /// A thread begins to count.
    pub(crate) fn enter(&self, record: Arc<ThreadRecord>) {
        lock(&self.0).live.push(record);
    }

    /// A thread is done counting: its totals are folded into those of ended threads.
    pub(crate) fn leave(&self, record: &Arc<ThreadRecord>, shared: &Shared) {
        let mut records = lock(&self.0);
        let frame = shared.clock.number();
        fold(record, &records.ended, frame);
        records.live.retain(|live| !Arc::ptr_eq(live, record));
        records.ended_threads += 1;
    }

    /// Calls `visit` with the record of each live thread and that of the ended ones, which is last, while no thread can
    /// leave.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&ThreadRecord, bool)) {
        let records = lock(&self.0);
        records.live.iter().for_each(|record| visit(record, true));
        visit(&records.ended, false);
    }

    /// Frame allocations of all threads in frame number `frame`, as of their last settlings.
    pub(crate) fn frame_allocations(&self, frame: u64) -> u64 {
        let mut sum = 0;
        self.for_each(|record, _| {
            let cells = record.phases.iter().filter(|cell| cell.frame.get() == frame);
            sum += cells.map(|cell| cell.allocations.get()).sum::<u64>();
        });
        sum
    }

    /// Number of threads that ended.
    pub(crate) fn ended_threads(&self) -> u64 {
        lock(&self.0).ended_threads
    }

    /// Counts a heap object that a thread without a heap here made or freed.
    pub(crate) fn orphan_heap(&self, tag: TagId, bytes: u64, made: bool) {
        let records = lock(&self.0);
        let cell = find_or_push(&records.ended.tags, |cell| cell.tag == tag, || TagCell::new(tag));
        if made {
            cell.heap_bytes.add(bytes);
            cell.heap_live.add(bytes);
            cell.heap_allocations.add(1);
        } else {
            cell.heap_live.sub(bytes);
        }
    }

    /// Counts frame memory of an exited thread that is read still, or is so no longer.
    pub(crate) fn orphan_frame(&self, tag: TagId, bytes: u64, alive: bool) {
        let records = lock(&self.0);
        let cell = find_or_push(&records.ended.tags, |cell| cell.tag == tag, || TagCell::new(tag));
        for live in [&cell.frames.live, &records.ended.live] {
            if alive {
                live.add(bytes);
            } else {
                live.sub(bytes);
            }
        }
    }
}

fn find_or_push<T>(list: &PushList<T>, is_it: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> &T {
    match list.iter().find(|cell| is_it(cell)) {
        Some(cell) => cell,
        None => list.push(make()),
    }
}

fn add_all(pairs: &[(&Counter, &Counter)]) {
    pairs.iter().for_each(|(from, to)| to.add(from.get()));
}

/// Adds what `from` counted to `to`. The caller holds the registry's lock, so only one thread writes to `to`.
fn fold(from: &ThreadRecord, to: &ThreadRecord, frame: u64) {
    to.live.add(from.live.get());
    to.peak.raise_to(from.peak.get());
    for cell in from.tags.iter() {
        let sum = find_or_push(&to.tags, |other| other.tag == cell.tag, || TagCell::new(cell.tag));
        cell.frames.fold_into(&sum.frames);
        add_all(&[
            (&cell.heap_bytes, &sum.heap_bytes),
            (&cell.heap_live, &sum.heap_live),
            (&cell.heap_allocations, &sum.heap_allocations),
            (&cell.traffic.calls, &sum.traffic.calls),
            (&cell.traffic.bytes, &sum.traffic.bytes),
            (&cell.traffic.frees, &sum.traffic.frees),
            (&cell.traffic.freed_bytes, &sum.traffic.freed_bytes),
        ]);
    }
    for cell in from.phases.iter().filter(|cell| cell.frame.get() == frame) {
        let sum = find_or_push(&to.phases, |other| other.phase == cell.phase, || PhaseCell::new(cell.phase));
        if sum.frame.get() != frame {
            sum.restart(frame);
        }
        sum.peak.raise_to(cell.peak.get());
        add_all(&[
            (&cell.bytes, &sum.bytes),
            (&cell.allocations, &sum.allocations),
            (&cell.entries, &sum.entries),
            (&cell.ticks, &sum.ticks),
            (&cell.heap_calls, &sum.heap_calls),
        ]);
    }
    for cell in from.systems.iter() {
        let same = |other: &SystemCell| core::ptr::eq(other.system, cell.system);
        let sum = find_or_push(&to.systems, same, || SystemCell::new(cell.system));
        sum.peak.raise_to(cell.peak.get());
        add_all(&[
            (&cell.runs, &sum.runs),
            (&cell.bytes, &sum.bytes),
            (&cell.allocations, &sum.allocations),
            (&cell.overruns, &sum.overruns),
            (&cell.refusals, &sum.refusals),
            (&cell.heap_calls, &sum.heap_calls),
            (&cell.promotions, &sum.promotions),
            (&cell.ticks, &sum.ticks),
        ]);
        cell.remembered().for_each(|(stamp, bytes)| sum.remember(stamp, bytes));
    }
}
