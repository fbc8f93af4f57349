//! A small engine: the frame loop and its subsystems.

pub mod ai;
pub mod assets;
pub mod audio;
pub mod editor;
pub mod jobs;
pub mod memory;
pub mod net;
pub mod particles;
pub mod physics;
pub mod render;
pub mod streaming;

use std::time::{Duration, Instant};

use memory::Heaps;
use particles::Spark;
use physics::World;
use render::{Camera, DrawItem, RenderQueue};

/// What the platform layer tells about the window.
#[derive(Debug, Default)]
pub struct Window {
    pub minimised: bool,
    pub frames_left: u32,
}

impl Window {
    pub fn next_frame(&mut self) -> bool {
        let open = self.frames_left > 0;
        self.frames_left = self.frames_left.saturating_sub(1);
        open
    }
}

/// Times of the last frames.
#[derive(Debug)]
pub struct Profiler {
    started: Instant,
    times: Vec<Duration>,
}

impl Default for Profiler {
    fn default() -> Self {
        Self { started: Instant::now(), times: Vec::new() }
    }
}

impl Profiler {
    /// Starts a row; the previous one ends.
    pub fn begin_frame(&mut self) {
        let now = Instant::now();
        self.times.push(now - self.started);
        self.started = now;
    }

    pub fn slowest(&self) -> Duration {
        self.times.iter().copied().max().unwrap_or_default()
    }
}

#[derive(Debug)]
pub struct Engine {
    heaps: Heaps,
    profiler: Profiler,
    world: World,
    scene: Vec<DrawItem>,
    sparks: Vec<Spark>,
}

impl Engine {
    pub fn new(bodies: usize) -> Self {
        let heaps = Heaps::new();
        memory::install_budgets(&heaps.frame);
        Self {
            heaps,
            profiler: Profiler::default(),
            world: World::with_bodies(bodies),
            scene: (0..bodies as u32).map(DrawItem::new).collect(),
            sparks: Vec::new(),
        }
    }

    /// Runs until the window closes; returns the number of items drawn.
    pub fn run(&mut self, window: &mut Window) -> usize {
        let mut drawn = 0;
        while window.next_frame() {
            self.profiler.begin_frame(); //~ ok FA603
            self.heaps.frame.begin_frame();
            self.simulate();
            if window.minimised {
                continue; //~ FA603
            }
            drawn += self.present();
            self.heaps.frame.end_frame();
        }
        drawn
    }

    /// The dedicated server: no window, no drawing.
    pub fn run_headless(&mut self, ticks: u32) -> Duration {
        for _ in 0..ticks {
            self.open_frame();
            self.simulate();
            self.close_frame();
        }
        self.profiler.slowest()
    }

    fn open_frame(&mut self) {
        self.profiler.begin_frame();
        self.heaps.frame.begin_frame(); //~ ok FA603
    }

    fn close_frame(&self) {
        self.heaps.frame.end_frame();
    }

    fn simulate(&mut self) {
        let alloc = self.heaps.scratch();
        let pairs = physics::broad_phase(alloc, &self.world.bodies);
        self.world.awake = physics::narrow_phase(alloc, &pairs, &self.world.bodies);
        physics::solve_islands(alloc, &mut self.world);
        self.world.advance(1.0 / 60.0);
        particles::update(alloc, &mut self.sparks, 1.0 / 60.0);
    }

    fn present(&self) -> usize {
        let alloc = self.heaps.scratch();
        let camera = Camera::default();
        render::shadow_casters(alloc, &self.scene) + render::count_visible(alloc, &self.scene, &camera)
    }

    pub fn render_queue(&self) -> RenderQueue<'_> {
        RenderQueue::new(&self.heaps)
    }
}
