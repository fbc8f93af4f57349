//! What a program run found out, as plain data; `text.rs` prints it and `json.rs` writes it.

mod json;
mod text;

pub use json::{check_target, write_json};
pub use text::{bytes, print, print_opening};

use std::collections::BTreeMap;

use framealloc::IntentReport;
use serde::Serialize;

use crate::game::{Counts, Digests, Run, SYSTEM_NAMES, Settings, WARM_UP};
use crate::memory::Framed;
use crate::scene::Scene;
use crate::tally::Tally;

/// Everything that is printed at the end.
#[derive(Debug, Serialize)]
pub struct Report {
    pub level: LevelFacts,
    pub frames: usize,
    pub bodies: usize,
    pub workers: usize,
    /// The annotated systems, as framealloc measured them.
    pub systems: Vec<SystemRow>,
    /// Who served the allocations made through framealloc; absent without a run on it.
    pub shares: Option<Shares>,
    pub runs: Vec<RunFacts>,
    pub proofs: Vec<Proof>,
    /// What framealloc reported: budgets that are nearly used up, leaked handles and the like.
    pub diagnostics: Vec<String>,
    /// Snapshots that were written; absent unless they were asked for.
    pub snapshots: Option<u64>,
    /// framealloc's own report, if that was asked for; `systems` has the same in JSON.
    #[serde(skip)]
    pub intent: Option<IntentReport>,
}

#[derive(Debug, Serialize)]
pub struct LevelFacts {
    pub name: String,
    pub vertices: usize,
    pub triangles: usize,
    pub tiles: usize,
    pub cells: usize,
    pub walkable_cells: usize,
}

/// One system: what it declared and what it used.
#[derive(Clone, Debug, Serialize)]
pub struct SystemRow {
    pub system: String,
    pub tag: String,
    pub budget_bytes: Option<u64>,
    /// The most that one run used.
    pub peak_bytes: u64,
    pub p50_bytes_per_frame: u64,
    pub p99_bytes_per_frame: u64,
    /// Budget less peak; negative if the budget was exceeded.
    pub headroom_bytes: Option<i64>,
    pub runs: u64,
    pub allocations: u64,
    pub heap_calls: u64,
    pub promotions: u64,
}

/// Number of allocations by the part of framealloc that served them.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Shares {
    pub frame: u64,
    pub pool: u64,
    pub heap: u64,
}

impl Shares {
    /// The parts in percent, in the order of the fields.
    pub fn percent(&self) -> [f64; 3] {
        let all = (self.frame + self.pool + self.heap).max(1) as f64;
        [self.frame, self.pool, self.heap].map(|part| part as f64 * 100.0 / all)
    }
}

/// One run of the game.
#[derive(Debug, Serialize)]
pub struct RunFacts {
    pub allocator: &'static str,
    pub frame_time_ms: Times,
    /// Time in each system, all threads together, in microseconds per frame after the warm-up.
    pub system_time_us: BTreeMap<&'static str, f64>,
    /// All threads together, frames after the warm-up, without what framealloc does for its own bookkeeping: its
    /// `Tracking` does not count that.
    pub heap_calls_per_frame: f64,
    pub heap_bytes_per_frame: f64,
    pub counts: Counts,
    pub digests: Hex,
}

/// Frame times in milliseconds, frames after the warm-up.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Times {
    pub mean: f64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

/// Digests as hexadecimal text, as JSON numbers do not hold 64 bits.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Hex {
    pub positions: String,
    pub contacts: String,
    pub path_costs: String,
    pub draw_lists: String,
    pub samples: String,
    pub meshes: String,
}

/// Something the program claims about itself and has checked.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    pub claim: &'static str,
    pub holds: bool,
    pub detail: String,
}

impl LevelFacts {
    fn new(scene: &Scene) -> Self {
        Self {
            name: scene.level.name.clone(),
            vertices: scene.level.vertices.len(),
            triangles: scene.level.triangles.len(),
            tiles: scene.tiles.len(),
            cells: scene.nav.len(),
            walkable_cells: scene.nav.walkable().len(),
        }
    }
}

impl RunFacts {
    fn new(allocator: &'static str, run: &Run) -> Self {
        // A run that ends before the warm-up is shown as a whole.
        let from = if run.times.len() > WARM_UP { WARM_UP } else { 0 };
        let heap = &run.heap[from..];
        let per_frame =
            |field: fn(&Tally) -> u64| heap.iter().map(field).sum::<u64>() as f64 / heap.len() as f64;
        let microseconds = |all: u64| all as f64 / 1000.0 / heap.len() as f64;
        Self {
            allocator,
            frame_time_ms: Times::new(run, from),
            system_time_us: SYSTEM_NAMES.into_iter().zip(run.system_nanoseconds.map(microseconds)).collect(),
            heap_calls_per_frame: per_frame(|tally| tally.heap_calls),
            heap_bytes_per_frame: per_frame(|tally| tally.heap_bytes),
            counts: run.counts,
            digests: Hex::new(&run.digests),
        }
    }
}

impl Times {
    fn new(run: &Run, from: usize) -> Self {
        let mut sorted: Vec<f64> = run.times[from..].iter().map(|time| time.as_secs_f64() * 1000.0).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        Self { mean, p50: at(50), p99: at(99), max: at(100) }
    }
}

impl Hex {
    fn new(digests: &Digests) -> Self {
        let hex = |digest: crate::random::Digest| format!("{:016x}", digest.value());
        Self {
            positions: hex(digests.positions),
            contacts: hex(digests.contacts),
            path_costs: hex(digests.path_costs),
            draw_lists: hex(digests.draw_lists),
            samples: hex(digests.samples),
            meshes: hex(digests.meshes),
        }
    }
}

impl Report {
    pub fn new(scene: &Scene, settings: Settings) -> Self {
        Self {
            level: LevelFacts::new(scene),
            frames: settings.frames,
            bodies: settings.bodies,
            workers: settings.workers,
            systems: Vec::new(),
            shares: None,
            runs: Vec::new(),
            proofs: Vec::new(),
            diagnostics: Vec::new(),
            snapshots: None,
            intent: None,
        }
    }

    /// Adds what framealloc measured of the annotated systems.
    pub fn add_systems(&mut self, runtime: &Framed) {
        self.systems = runtime.system_rows();
        self.shares = Some(runtime.shares());
        self.diagnostics = runtime.diagnostics();
    }

    pub fn add_run(&mut self, allocator: &'static str, run: &Run) {
        self.runs.push(RunFacts::new(allocator, run));
    }

    pub fn prove(&mut self, claim: &'static str, holds: bool, detail: impl Into<String>) {
        self.proofs.push(Proof { claim, holds, detail: detail.into() });
    }
}
