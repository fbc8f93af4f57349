//! Counting and judging.

use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::report::{BehaviorIssue, BehaviorReport};
use super::thresholds::BehaviorThresholds;
use crate::error::AllocError;

/// A frame that ended with handles alive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quarantine {
    /// The number of the tag that has most of its bytes.
    pub(crate) tag: u16,
    pub(crate) frame: u64,
    pub(crate) handles: u64,
}

/// A site of retained values: name, tag and size.
type Site = (&'static str, u16, usize);

/// In how many frames in a row something happened.
#[derive(Clone, Copy, Default)]
struct Streak {
    last: u64,
    length: u64,
}

/// Pool objects of one tag.
#[derive(Clone, Copy, Default)]
struct Objects {
    made: u64,
    freed_in_frame: u64,
    /// `freed_in_frame` when it was judged last.
    judged: u64,
}

/// What an issue is about; one of each is kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Kept(u16),
    Retained(Site),
    Pool(u16),
    Churn(u16),
    Heap(&'static str),
}

#[derive(Default)]
struct State {
    thresholds: BehaviorThresholds,
    frames: u64,
    /// Ended frames that handles keep, by thread and serial; those that are issues already have been told.
    kept: HashMap<(usize, u64), (Quarantine, bool)>,
    retained: HashMap<Site, Streak>,
    /// Pool objects made in frame `fresh_frame` and still alive, by address, with their tags.
    fresh: HashMap<usize, u16>,
    fresh_frame: u64,
    objects: HashMap<u16, Objects>,
    /// Values promoted since the last judgement, by tag.
    promoted: HashMap<u16, u64>,
    issues: Vec<(Subject, BehaviorIssue)>,
}

/// The filter of one allocator. Its lock is held while nothing foreign runs but the standard library's collections.
#[derive(Default)]
pub(crate) struct BehaviorFilter {
    on: AtomicBool,
    state: Mutex<State>,
}

const UNTOLD: &str = "the behaviour filter in a build with the feature `minimal`, which leaves it out";

impl BehaviorFilter {
    /// Whether somebody wants to know.
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        cfg!(not(feature = "minimal")) && self.on.load(Ordering::Relaxed)
    }

    /// Starts afresh with these thresholds. Returns whether it was on before.
    ///
    /// # Errors
    ///
    /// `InvalidConfig` names a threshold that cannot work; `Unsupported` in builds without the filter.
    pub(crate) fn enable(&self, thresholds: BehaviorThresholds) -> Result<bool, AllocError> {
        thresholds.validate()?;
        if cfg!(feature = "minimal") {
            return Err(AllocError::Unsupported { what: UNTOLD });
        }
        *self.lock() = State { thresholds, ..State::default() };
        Ok(self.on.swap(true, Ordering::Relaxed))
    }

    /// Stops; what was found stays. Returns whether it was on before.
    pub(crate) fn disable(&self) -> bool {
        self.on.swap(false, Ordering::Relaxed)
    }

    /// A frame ended with handles alive. `key` names it.
    pub(crate) fn kept(&self, key: (usize, u64), quarantine: Quarantine) {
        self.lock().kept.insert(key, (quarantine, false));
    }

    /// The last handle of an ended frame went.
    pub(crate) fn let_go(&self, key: (usize, u64)) {
        self.lock().kept.remove(&key);
    }

    /// A retained value of this site was promoted in `frame`.
    pub(crate) fn promoted(&self, frame: u64, name: &'static str, tag: u16, bytes: usize) {
        let mut state = self.lock();
        *state.promoted.entry(tag).or_default() += 1;
        let streak = state.retained.entry((name, tag, bytes)).or_default();
        let length = match frame.wrapping_sub(streak.last) {
            0 => streak.length.max(1),
            1 => streak.length + 1,
            _ => 1,
        };
        *streak = Streak { last: frame, length };
    }

    /// A pool object was made in `frame`. Frame 0 is no frame.
    pub(crate) fn pool_made(&self, frame: u64, tag: u16, block: usize) {
        let mut state = self.lock();
        if state.fresh_frame != frame {
            state.fresh_frame = frame;
            state.fresh.clear();
        }
        if frame != 0 {
            state.fresh.insert(block, tag);
            state.objects.entry(tag).or_default().made += 1;
        }
    }

    /// A pool object was freed in `frame`.
    pub(crate) fn pool_freed(&self, frame: u64, block: usize) {
        let mut state = self.lock();
        if state.fresh_frame == frame
            && let Some(tag) = state.fresh.remove(&block)
        {
            state.objects.entry(tag).or_default().freed_in_frame += 1;
        }
    }

    /// A system called the ordinary heap although it declared it would not.
    pub(crate) fn heap_used(&self, frame: u64, system: &'static str, tag: &str, message: &str) {
        let issue = BehaviorIssue {
            code: "BF004",
            message: message.to_owned(),
            tag: tag.into(),
            suggestion: "use #[frame_local] containers, or reserve outside of the hot path",
            frame,
            occurrences: 1,
        };
        self.lock().note(Subject::Heap(system), || issue);
    }

    /// Frame number `frame` is over, with so many frame allocations on all threads. Returns what is new.
    pub(crate) fn judge(
        &self,
        frame: u64,
        allocations: u64,
        path: impl Fn(u16) -> Arc<str>,
    ) -> Vec<BehaviorIssue> {
        let mut state = self.lock();
        state.frames += 1;
        let known = state.issues.len();
        state.judge_kept(frame, &path);
        state.judge_retained(frame, &path);
        state.judge_objects(frame, &path);
        state.judge_promotions(frame, allocations, &path);
        state.issues[known..].iter().map(|(_, issue)| issue.clone()).collect()
    }

    /// What was found.
    pub(crate) fn report(&self) -> BehaviorReport {
        let state = self.lock();
        let issues = state.issues.iter().map(|(_, issue)| issue.clone()).collect();
        BehaviorReport { enabled: self.is_on(), frames: state.frames, issues }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts an issue, or adds it when it is new.
    fn note(&mut self, subject: Subject, make: impl FnOnce() -> BehaviorIssue) {
        match self.issues.iter_mut().find(|(known, _)| *known == subject) {
            Some((_, issue)) => issue.occurrences += 1,
            None => self.issues.push((subject, make())),
        }
    }

    fn judge_kept(&mut self, frame: u64, path: &impl Fn(u16) -> Arc<str>) {
        let limit = self.thresholds.long_lived_frames;
        let late = |(kept, told): &(Quarantine, bool)| !told && frame.saturating_sub(kept.frame) > limit;
        let found: Vec<Quarantine> = self
            .kept
            .values_mut()
            .filter(|entry| late(entry))
            .map(|(kept, told)| {
                *told = true;
                *kept
            })
            .collect();
        for kept in found {
            self.note(Subject::Kept(kept.tag), || BehaviorIssue {
                code: "BF001",
                message: format!(
                    "a frame ended in frame {} with {} handles alive, and they still keep its memory after {} frames",
                    kept.frame,
                    kept.handles,
                    frame - kept.frame
                ),
                tag: path(kept.tag),
                suggestion: "put what outlives the frame into the pool (`pool_box`), or retain it with \
                             `RetentionPolicy::PromoteToPool`",
                frame,
                occurrences: 1,
            });
        }
    }

    fn judge_retained(&mut self, frame: u64, path: &impl Fn(u16) -> Arc<str>) {
        let limit = self.thresholds.long_lived_frames;
        // What was not retained in this frame is not retained in a row.
        self.retained.retain(|_, streak| streak.last == frame);
        let mut found: Vec<(Site, u64)> = self
            .retained
            .iter()
            .filter(|(_, streak)| streak.length > limit)
            .map(|(site, streak)| (*site, streak.length))
            .collect();
        found.sort_unstable();
        for (site, frames) in found {
            let (name, tag, bytes) = site;
            self.note(Subject::Retained(site), || BehaviorIssue {
                code: "BF001",
                message: format!("`{name}` ({bytes} bytes) was retained again in each of the last {frames} frames"),
                tag: path(tag),
                suggestion: "keep one value in the pool (`pool_box`) or on the heap (`heap_box`) and update it in place",
                frame,
                occurrences: 1,
            });
        }
    }

    fn judge_objects(&mut self, frame: u64, path: &impl Fn(u16) -> Arc<str>) {
        let limit = self.thresholds.same_frame_objects;
        let mut found: Vec<(u16, Objects)> = Vec::new();
        for (tag, objects) in &mut self.objects {
            let Objects { made, freed_in_frame, judged } = *objects;
            if freed_in_frame > judged && freed_in_frame >= limit && freed_in_frame * 2 >= made {
                objects.judged = freed_in_frame;
                found.push((*tag, *objects));
            }
        }
        found.sort_unstable_by_key(|(tag, _)| *tag);
        for (tag, Objects { made, freed_in_frame, .. }) in found {
            self.note(Subject::Pool(tag), || BehaviorIssue {
                code: "BF002",
                message: format!(
                    "{freed_in_frame} of {made} pool objects were freed in the frame that made them"
                ),
                tag: path(tag),
                suggestion: "use frame memory for what does not outlive the frame: `frame_box`, `frame_vec`, \
                             #[frame_local]",
                frame,
                occurrences: 1,
            });
        }
    }

    fn judge_promotions(&mut self, frame: u64, allocations: u64, path: &impl Fn(u16) -> Arc<str>) {
        let promoted = core::mem::take(&mut self.promoted);
        let count: u64 = promoted.values().sum();
        let limit = u64::from(self.thresholds.promotion_percent);
        if count < self.thresholds.least_promotions || count * 100 <= allocations * limit {
            return;
        }
        let most = promoted.into_iter().max_by_key(|(tag, count)| (*count, core::cmp::Reverse(*tag)));
        let Some((tag, _)) = most else { return };
        let percent = (count * 100).checked_div(allocations).unwrap_or(100);
        self.note(Subject::Churn(tag), || BehaviorIssue {
            code: "BF003",
            message: format!("{count} of {allocations} frame allocations ({percent} %) were promoted"),
            tag: path(tag),
            suggestion: "allocate what outlives the frame where it belongs: `pool_box` or `heap_box`",
            frame,
            occurrences: 1,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(tag: u16) -> Arc<str> {
        format!("tag{tag}").into()
    }

    #[test]
    fn minimal_builds_have_no_filter() {
        let filter = BehaviorFilter::default();
        let enabled = filter.enable(BehaviorThresholds::default());
        assert_eq!(enabled.is_ok(), cfg!(not(feature = "minimal")));
        assert_eq!(filter.is_on(), cfg!(not(feature = "minimal")));
        assert_eq!(filter.report().enabled, filter.is_on());
    }

    #[test]
    fn a_streak_needs_every_frame() {
        let filter = BehaviorFilter::default();
        for frame in 1..=40 {
            if frame % 10 != 0 {
                filter.promoted(frame, "grid", 3, 64);
                filter.promoted(frame, "grid", 3, 64);
            }
            assert!(filter.judge(frame, 1000, path).is_empty(), "frame {frame}");
        }
        for frame in 41..=51 {
            filter.promoted(frame, "grid", 3, 64);
            assert_eq!(filter.judge(frame, 1000, path).len(), usize::from(frame == 51), "frame {frame}");
        }
        assert_eq!(&*filter.report().issues[0].tag, "tag3");
    }

    #[test]
    fn objects_are_forgotten_with_their_frame() {
        let filter = BehaviorFilter::default();
        for frame in 0..50 {
            filter.pool_made(frame, 1, 64);
            filter.pool_freed(frame + 1, 64);
            filter.pool_freed(frame, 99);
            assert!(filter.judge(frame, 0, path).is_empty());
        }
        for _ in 0..50 {
            filter.pool_made(0, 1, 64);
            filter.pool_freed(0, 64);
        }
        assert!(filter.judge(0, 0, path).is_empty(), "without frames nothing is of one frame");
    }

    #[test]
    fn thresholds_that_cannot_work_are_named() {
        for (thresholds, name) in [
            (BehaviorThresholds::default().with_promotion_percent(100), "promotion_percent"),
            (BehaviorThresholds::default().with_long_lived_frames(0), "long_lived_frames"),
            (BehaviorThresholds::default().with_same_frame_objects(0), "same_frame_objects"),
            (BehaviorThresholds::default().with_least_promotions(0), "least_promotions"),
        ] {
            let error = BehaviorFilter::default().enable(thresholds).unwrap_err();
            assert!(matches!(error, AllocError::InvalidConfig { field, .. } if field == name), "{error}");
        }
    }
}
