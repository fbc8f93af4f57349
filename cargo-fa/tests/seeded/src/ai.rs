//! Agents: goals, paths, steering.

use framealloc::RetentionPolicy as Keep;
use framealloc::{Promoted, Retained, SmartAlloc, frame_system};

#[derive(Clone, Copy, Debug)]
pub struct Agent {
    pub position: [f32; 2],
    pub speed: f32,
    pub goal: u32,
}

#[derive(Clone, Debug)]
pub struct Goal {
    pub position: [f32; 2],
    pub neighbours: Vec<u32>,
}

pub type Path = Vec<u32>;

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[frame_system(tag = "ai", budget = "256KB")]
pub fn update(alloc: &SmartAlloc, agents: &mut [Agent], goals: &[Goal]) -> usize {
    #[frame_local(capacity = agents.len())]
    let mut arrived: Vec<usize>;
    for (index, agent) in agents.iter().enumerate() {
        if distance(agent.position, goals[agent.goal as usize].position) < agent.speed {
            arrived.push(index);
        }
    }
    for &index in &arrived {
        let goal = &goals[agents[index].goal as usize];
        agents[index].goal = goal.neighbours.first().copied().unwrap_or(0);
    }
    arrived.len()
}

#[frame_system(tag = "ai/steering", frame = arena)] //~ FA302
pub fn steer(alloc: &SmartAlloc, agents: &mut [Agent], goals: &[Goal], seconds: f32) {
    let forces = arena.slice_from_fn(agents.len(), |i| {
        let to = goals[agents[i].goal as usize].position;
        [to[0] - agents[i].position[0], to[1] - agents[i].position[1]]
    });
    for (agent, force) in agents.iter_mut().zip(forces) {
        agent.position[0] += force[0] * agent.speed * seconds;
        agent.position[1] += force[1] * agent.speed * seconds;
    }
}

/// Plays the next ticks through and tells how many were looked at.
pub fn look_ahead(alloc: &SmartAlloc, agents: &[Agent], ticks: u32) -> usize {
    let mut futures = Vec::with_capacity(ticks as usize);
    for tick in 1..=ticks {
        alloc.begin_frame();
        let reach = alloc.frame_slice_from_fn(agents.len(), |i| agents[i].speed * tick as f32);
        futures.push(reach); //~ FA601
        alloc.end_frame();
    }
    futures.len()
}

/// Paths that were found, as long as they are of use.
#[derive(Debug)]
pub struct Navigator<'e> {
    alloc: &'e SmartAlloc,
    last: Option<Retained<'e, Path>>,
    found: usize,
}

impl<'e> Navigator<'e> {
    pub fn new(alloc: &'e SmartAlloc) -> Self {
        Self { alloc, last: None, found: 0 }
    }

    /// Keeps the path until the next one is found.
    pub fn remember(&mut self, path: Path) {
        let path = self.alloc.frame_retained(path, Keep::Discard);
        self.last = Some(path); //~ FA605
        self.found += 1;
    }

    pub fn next_step(&self) -> Option<u32> {
        self.last.as_ref()?.first().copied()
    }

    /// The length of a path that nobody needs afterwards.
    pub fn measure(&self, path: Path, goals: &[Goal]) -> f32 {
        let path = self.alloc.frame_retained(path, Keep::Discard); //~ ok FA605
        path.windows(2)
            .map(|at| distance(goals[at[0] as usize].position, goals[at[1] as usize].position))
            .sum()
    }
}

/// Rasterises the level, for as long as it is played.
pub fn bake_grid(alloc: &SmartAlloc, tiles: &[u8]) -> Option<Promoted<Vec<u8>>> {
    alloc.begin_frame();
    let mut grid = alloc.frame_retained_named("nav grid", tiles.to_vec(), Keep::Discard); //~ FA604
    for tile in grid.iter_mut() {
        *tile = u8::from(*tile > 3);
    }
    grid.release();
    let mut ended = alloc.end_frame_with_promotions();
    ended.promotions.take::<Vec<u8>>("nav grid")
}

/// Links the goals that see each other; [`collect_links`] fetches the result.
#[frame_system(tag = "ai/nav", budget = "512KB")]
pub fn link_goals(alloc: &SmartAlloc, goals: &[Goal]) -> usize {
    #[retain(PromoteToPool, name = "goal links")] //~ ok FA604
    let mut links: Vec<(u32, u32)> = Vec::new();
    for (from, goal) in goals.iter().enumerate() {
        links.extend(goal.neighbours.iter().map(|&to| (from as u32, to)));
    }
    links.len()
}

pub fn collect_links(alloc: &SmartAlloc) -> Option<Promoted<Vec<(u32, u32)>>> {
    alloc.take_promotions().promotions.take("goal links")
}

/// Steps from a goal to all that are two away.
fn explore(alloc: &SmartAlloc, goals: &[Goal], from: &Goal) -> usize {
    let mut open = alloc.frame_vec();
    open.extend(from.neighbours.iter().map(|&next| goals[next as usize].neighbours.len()));
    open.iter().sum()
}

/// The goal with the fewest steps around it; what an attempt allocates is given back.
pub fn nearest_hub(alloc: &SmartAlloc, goals: &[Goal]) -> Option<usize> {
    let mut best = None;
    for (index, goal) in goals.iter().enumerate() {
        let _attempt = alloc.frame_checkpoint(); //~ FA607
        let steps = explore(alloc, goals, goal);
        if best.is_none_or(|(fewest, _)| steps < fewest) {
            best = Some((steps, index));
        }
    }
    best.map(|(_, index)| index)
}

/// The same with the most.
pub fn busiest_hub(alloc: &SmartAlloc, goals: &[Goal]) -> Option<usize> {
    let mut best = None;
    for (index, goal) in goals.iter().enumerate() {
        let _attempt = alloc.checkpoint_guard(); //~ ok FA607
        let steps = explore(alloc, goals, goal);
        if best.is_none_or(|(most, _)| steps > most) {
            best = Some((steps, index));
        }
    }
    best.map(|(_, index)| index)
}
