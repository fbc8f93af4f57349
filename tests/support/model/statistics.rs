//! What the statistics say against what the model knows.

use std::collections::BTreeMap;

use framealloc::{AllocStats, Promoted};

use super::grave::bury;
use super::handles::Owner;
use super::world::{RETAINED, World};
use crate::Counted;

impl World {
    /// Takes every promoted value and checks it.
    fn take_promotions(&mut self, index: usize) {
        let mut result = self.states[index].fixture.alloc.take_promotions();
        let listed = result.promotions.len() as u64;
        let mut taken = 0;
        while let Some(value) = result.promotions.take::<Counted>(RETAINED) {
            value.verify();
            taken += 1;
            if let Promoted::Leaked(value) = value {
                self.buried += 1;
                bury((value, self.counter.clone()));
            }
        }
        while let Some(value) = result.promotions.take_failed::<Counted>(RETAINED) {
            value.verify();
            taken += 1;
        }
        let alive = result.summary.failures_by_reason.handle_alive;
        assert!(taken <= listed && listed <= result.summary.count, "{:?}", result.summary);
        assert_eq!(result.promotions.len() as u64, alive, "{:?}", result.summary);
    }

    pub(super) fn check_statistics(&mut self, index: usize) {
        self.take_promotions(index);
        let stats = self.states[index].fixture.alloc.stats();
        if self.shared {
            return;
        }
        self.check_sums(&stats);
        self.check_objects(index, &stats);
        self.check_frames(index, &stats);
        self.check_budgets(index, &stats);
        let phases = self.states[index].fixture.alloc.phase_stats();
        let since = stats.total.frame.allocated_bytes - self.states[index].base;
        assert_eq!(phases.total_bytes(), since, "phases of the frame: {phases:?}");
    }

    /// Tags, threads and the whole agree.
    fn check_sums(&self, stats: &AllocStats) {
        let sum = |part: fn(&framealloc::FrameStats) -> u64| {
            stats.tags.iter().map(|tag| part(&tag.frame)).sum::<u64>()
        };
        let total = &stats.total.frame;
        let sums = [sum(|f| f.live_bytes), sum(|f| f.allocated_bytes), sum(|f| f.allocations)];
        assert_eq!(sums, [total.live_bytes, total.allocated_bytes, total.allocations]);
        let threads: u64 = stats.threads.iter().map(|thread| thread.frame.live_bytes).sum();
        assert_eq!(threads, total.live_bytes, "by thread");
        for tag in stats.tags.iter().skip(1) {
            let below = stats.tags.iter().filter(|other| {
                other
                    .path
                    .strip_prefix(&*tag.path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            let live: u64 = below.map(|tag| tag.frame.live_bytes).sum();
            assert_eq!(tag.inclusive.frame.live_bytes, live, "inclusive bytes of {}", tag.path);
        }
    }

    fn check_objects(&self, index: usize, stats: &AllocStats) {
        let kinds = self.handles_of(index).map(|handle| (handle.kind.is_object(), handle.kind.bytes()));
        let (mut pool, mut heap) = (0, 0);
        for ((is_pool, is_heap), bytes) in kinds {
            pool += u64::from(is_pool);
            heap += if is_heap { bytes } else { 0 };
        }
        heap += self.states[index].fixture.alloc.scratch_registry().bytes_held() as u64;
        if !self.is_leaky(index) {
            // A vector that was refused a smaller block keeps its larger one.
            let exact = self.states[index].fixture.backend.failed() == 0 && !self.states[index].budgeted;
            let live = stats.total.heap.live_bytes;
            assert_eq!(stats.pool.live_objects, pool);
            assert!(live == heap || live > heap && !exact, "{live} bytes on the heap, {heap} known");
            let by_tag: u64 = stats.tags.iter().map(|tag| tag.pool.live_objects).sum();
            assert_eq!(by_tag, pool, "pool objects by tag");
        }
    }

    fn check_frames(&self, index: usize, stats: &AllocStats) {
        let mut scoped: BTreeMap<&str, i64> = BTreeMap::new();
        let mut used = 0;
        for scope in self.scopes.iter().filter(|scope| scope.alloc == index) {
            let recorded: i64 = scope.records.values().sum();
            assert_eq!(recorded, scope.frame().bytes_used() as i64, "bytes of one frame");
            used += recorded;
            for (tag, bytes) in &scope.records {
                *scoped.entry(tag).or_default() += bytes;
            }
        }
        let state = &self.states[index];
        let ambient_handles =
            self.handles_of(index).filter(|handle| matches!(handle.owner, Owner::Ambient(_)));
        let ambient: u64 = ambient_handles.map(|handle| handle.kind.bytes()).sum();
        let idle = state.segments.is_empty()
            && state.forgotten.is_empty()
            && !self.handles_of(index).any(|handle| matches!(handle.owner, Owner::Ambient(_)));
        let live = stats.total.frame.live_bytes as i64;
        assert!(live >= used + ambient as i64, "{live} are less than {used} + {ambient}");
        if idle {
            assert_eq!(live, used, "only scoped frames are alive");
        }
        // When the backend failed, bytes may have been booked on another tag of the same frame.
        if state.fixture.backend.failed() > 0 {
            return;
        }
        for tag in &stats.tags {
            let (live, known) = (tag.frame.live_bytes as i64, scoped.remove(&*tag.path).unwrap_or(0));
            assert!(live >= known && (!idle || live == known), "{}: {live} and {known}", tag.path);
        }
        assert!(scoped.values().all(|bytes| *bytes == 0), "tags without statistics: {scoped:?}");
    }

    fn check_budgets(&self, index: usize, stats: &AllocStats) {
        let alloc = &self.states[index].fixture.alloc;
        for name in ["", "a", "b", "c"] {
            let live = match name {
                "" => Some(stats.total.live_bytes()),
                _ => stats.tags.iter().find(|tag| &*tag.path == name).map(|tag| tag.inclusive.live_bytes()),
            };
            let budget = if name.is_empty() { alloc.budget() } else { alloc.tag_budget(name) };
            if let (Some(live), Some(budget)) = (live, budget) {
                assert_eq!(budget.used, live, "charged to the budget of {name:?}: {budget:?}");
                assert!(budget.reserved >= budget.used, "{budget:?}");
            }
            // When the backend failed, a tag may answer for bytes of another one that the other's budget allowed.
            let failed = self.states[index].fixture.backend.failed() > 0;
            if let (Some(live), Some(limit), false) = (live, self.states[index].limits.get(name), failed) {
                assert!(live <= *limit, "{name:?}: {live} bytes under a limit of {limit}");
            }
        }
    }
}
