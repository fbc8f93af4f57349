//! Rigid bodies: broad phase, narrow phase, islands.

use framealloc::{TaskContext, frame_system as system};
use rayon::prelude::*;

use crate::memory::{EngineAlloc, Heaps, Scratch, TempList};

#[derive(Clone, Copy, Debug, Default)]
pub struct Body {
    pub position: [f32; 3],
    pub velocity: [f32; 3],
    pub radius: f32,
}

#[derive(Clone, Copy, Debug)]
pub struct Aabb {
    low: [f32; 3],
    high: [f32; 3],
}

impl Aabb {
    pub fn around(body: &Body) -> Self {
        let r = body.radius;
        Self { low: body.position.map(|x| x - r), high: body.position.map(|x| x + r) }
    }

    pub fn touches(&self, other: &Self) -> bool {
        (0..3).all(|axis| self.low[axis] <= other.high[axis] && other.low[axis] <= self.high[axis])
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Pair(pub u32, pub u32);

#[derive(Clone, Copy, Debug)]
pub struct Contact {
    pub pair: Pair,
    pub depth: f32,
}

#[derive(Debug, Default)]
pub struct World {
    pub bodies: Vec<Body>,
    pub islands: Vec<Vec<u32>>,
    pub awake: usize,
}

impl World {
    pub fn with_bodies(count: usize) -> Self {
        let body = |i| Body { position: [i as f32 * 0.9, 0.0, 0.0], radius: 0.5, ..Body::default() };
        Self { bodies: (0..count).map(body).collect(), islands: Vec::new(), awake: 0 }
    }

    pub fn advance(&mut self, seconds: f32) {
        for body in &mut self.bodies {
            for axis in 0..3 {
                body.position[axis] += body.velocity[axis] * seconds;
            }
        }
    }
}

#[system(tag = "physics/broad", budget = "2MB", alloc = alloc, frame = arena)]
pub fn broad_phase(alloc: &EngineAlloc, bodies: &[Body]) -> Vec<Pair> {
    let mut bounds = arena.vec_with_capacity(bodies.len());
    for body in bodies {
        bounds.push(arena.boxed(Aabb::around(body))); //~ FA602
    }
    let mut pairs = arena.vec();
    for (a, left) in bounds.iter().enumerate() {
        for (b, right) in bounds.iter().enumerate().skip(a + 1) {
            if left.touches(right) {
                pairs.push(Pair(a as u32, b as u32)); //~ ok FA602
            }
        }
    }
    pairs.to_vec()
}

fn collide(pair: Pair, bodies: &[Body]) -> Option<Contact> {
    let (a, b) = (&bodies[pair.0 as usize], &bodies[pair.1 as usize]);
    let gap: f32 = (0..3).map(|axis| (a.position[axis] - b.position[axis]).powi(2)).sum::<f32>().sqrt();
    let depth = a.radius + b.radius - gap;
    (depth > 0.0).then_some(Contact { pair, depth })
}

#[system(tag = "physics/narrow", budget = "1MB", alloc = alloc)]
pub fn narrow_phase(alloc: &EngineAlloc, pairs: &[Pair], bodies: &[Body]) -> usize {
    let deep = |chunk: &[Pair]| {
        let mut contacts = alloc.frame_vec_with_capacity::<Contact>(chunk.len()); //~ FA203
        contacts.extend(chunk.iter().filter_map(|&pair| collide(pair, bodies)));
        contacts.iter().filter(|contact| contact.depth > 0.01).count()
    };
    pairs.par_chunks(256).map(deep).sum()
}

#[system(tag = "physics/solve", budget = "1MB", alloc = alloc)]
pub fn solve_islands(alloc: &EngineAlloc, world: &mut World) -> f32 {
    let context = TaskContext::of(alloc);
    let bodies = &world.bodies;
    let energies = world.islands.par_iter().map(|island| {
        let _context = context.enter();
        let mut speeds = alloc.frame_vec_with_capacity::<f32>(island.len()); //~ ok FA203
        speeds.extend(island.iter().map(|&body| bodies[body as usize].velocity[1].abs()));
        speeds.iter().sum::<f32>()
    });
    energies.sum()
}

/// Everything that overlaps now, in the caller's frame.
fn gather<'a>(alloc: &'a EngineAlloc, bodies: &[Body]) -> TempList<'a, Contact> {
    let mut contacts = alloc.temp_list(bodies.len());
    for next in 1..bodies.len() as u32 {
        contacts.extend(collide(Pair(next - 1, next), bodies));
    }
    contacts
}

/// One line for the console.
pub fn describe(heaps: &Heaps, bodies: &[Body]) -> String {
    heaps.open();
    let contacts = gather(heaps.scratch(), bodies);
    let deepest = contacts.iter().map(|contact| contact.depth).fold(0.0, f32::max);
    heaps.close();
    format!("{} contacts, {deepest:.3} deep", contacts.len()) //~ FA606
}

/// The number alone.
pub fn count_contacts(alloc: &EngineAlloc, bodies: &[Body]) -> usize {
    alloc.begin_frame();
    let contacts = {
        let contacts = gather(alloc, bodies);
        contacts.len()
    };
    alloc.end_frame();
    contacts //~ ok FA606
}

/// Integration by velocity: what every machine can run.
pub mod plain {
    use super::{Body, EngineAlloc, system};

    #[system(tag = "physics/integrate", budget = "256KB", alloc = alloc, frame = arena)]
    pub fn integrate(alloc: &EngineAlloc, bodies: &mut [Body], seconds: f32) {
        let moves = arena.slice_from_fn(bodies.len(), |i| bodies[i].velocity.map(|v| v * seconds));
        for (body, by) in bodies.iter_mut().zip(moves) {
            for (at, by) in body.position.iter_mut().zip(by) {
                *at += *by;
            }
        }
    }
}

/// Integration in lanes of four.
pub mod wide {
    use super::{Body, EngineAlloc, system};

    #[system(tag = "physics/integrate", budget = "256KB", alloc = alloc, frame = arena)] //~ FA804
    pub fn integrate(alloc: &EngineAlloc, bodies: &mut [Body], seconds: f32) {
        let lanes = bodies.len().div_ceil(4);
        let steps = arena.slice_from_fn(lanes, |_| [seconds; 4]);
        for (four, step) in bodies.chunks_mut(4).zip(steps) {
            for (body, seconds) in four.iter_mut().zip(step) {
                for axis in 0..3 {
                    body.position[axis] += body.velocity[axis] * *seconds;
                }
            }
        }
    }
}
