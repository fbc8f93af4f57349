//! What a run is asked to do, and what it reports.

use std::time::Duration;

use framealloc::BarrierStats;

use super::stopwatch::Laps;
use crate::random::Digest;
use crate::tally::Tally;

/// The most workers of a run.
pub const MOST_WORKERS: usize = 4;

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub frames: usize,
    pub bodies: usize,
    pub workers: usize,
}

/// What a run did and what it cost.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub digests: Digests,
    pub counts: Counts,
    pub times: Vec<Duration>,
    /// Heap calls and bytes of each frame, all threads together, annotated or not.
    pub heap: Vec<Tally>,
    /// Time in each system after the warm-up, all threads together, in the order of [`SYSTEM_NAMES`](super::SYSTEM_NAMES).
    pub system_nanoseconds: Laps,
    /// Frame memory that each worker was given.
    pub worker_frame_bytes: Vec<u64>,
    /// How the threads met at the ends of their stages.
    pub barrier: BarrierStats,
    /// Heap calls of annotated systems after [`WARM_UP`](super::WARM_UP) frames; `None` if the run was not longer.
    pub steady_heap_calls: Option<u64>,
}

impl Run {
    /// A record that takes `frames` frames without growing.
    pub fn with_capacity(frames: usize) -> Self {
        Self { times: Vec::with_capacity(frames), heap: Vec::with_capacity(frames), ..Self::default() }
    }
}

/// What must be equal between runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    pub positions: Digest,
    pub contacts: Digest,
    pub path_costs: Digest,
    pub draw_lists: Digest,
    pub samples: Digest,
    pub meshes: Digest,
}

/// How much there was to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub pairs: u64,
    pub contacts: u64,
    pub paths: u64,
    pub path_cost: u64,
    pub drawn: u64,
    pub voices: u64,
    pub meshes: u64,
}

/// What the progress line shows.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub frame: usize,
    pub frames: usize,
    pub contacts: usize,
    pub drawn: usize,
    pub voices: usize,
    pub time: Duration,
}
