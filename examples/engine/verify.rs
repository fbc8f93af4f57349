//! Checks against slow and simple code that shares nothing with the systems but the geometry.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::failure::Failure;
use crate::memory::Runtime;
use crate::random::Random;
use crate::scene::{Body, Cell, NavGrid, Scene, World};
use crate::systems::narrow_phase::{Contact, MANIFOLD, SLICES, touch_bodies, touch_triangle};
use crate::systems::path::Request;

/// Bodies and frames of the brute-force check.
const BODIES: usize = 48;
const FRAMES: usize = 90;
/// Paths whose cost is compared.
const PATHS: usize = 64;

/// Runs the physics of a small scene and compares the contacts of every frame with those found by trying every body
/// against every triangle and every other body. Returns the number of contacts.
///
/// # Errors
/// The first frame that differs, or no contact at all.
pub fn contacts<R: Runtime>(runtime: &R, scene: &Scene) -> Result<usize, Failure> {
    let mut world = World::new(scene, BODIES);
    let mut total = 0;
    for frame in 1..=FRAMES {
        runtime.begin_frame();
        world.advance(scene);
        runtime.broad_phase(&world.bodies, &mut world.pairs);
        let found: [Vec<Contact>; SLICES] = std::array::from_fn(|slice| {
            let mut found = Vec::new();
            runtime.narrow_phase(scene, &world.bodies, &world.pairs, slice, &mut found);
            found
        });
        let expected = brute_force(scene, &world.bodies);
        let mut sorted = found.concat();
        sorted.sort_unstable_by_key(Contact::key);
        if sorted != expected {
            return Err(Failure::proof(format!(
                "frame {frame}: {} contacts, brute force finds {}",
                sorted.len(),
                expected.len()
            )));
        }
        total += expected.len();
        drop(runtime.solve(&mut world.bodies, found.each_ref().map(|found| &found[..])));
        runtime.end_frame(&mut Vec::new());
    }
    if total == 0 {
        return Err(Failure::proof("the small scene has no contacts"));
    }
    Ok(total)
}

fn brute_force(scene: &Scene, bodies: &[Body]) -> Vec<Contact> {
    let mut all = Vec::new();
    for body in 0..bodies.len() as u32 {
        let triangles = 0..scene.level.triangles.len() as u32;
        let mut touched: Vec<Contact> =
            triangles.filter_map(|triangle| touch_triangle(scene, bodies, body, triangle)).collect();
        touched.sort_by(|a, b| b.depth.total_cmp(&a.depth).then(a.other.cmp(&b.other)));
        all.extend(touched.into_iter().take(MANIFOLD));
        all.extend((body + 1..bodies.len() as u32).filter_map(|other| touch_bodies(bodies, (body, other))));
    }
    all.sort_by_key(Contact::key);
    all
}

/// Compares the cost of paths between random cells with Dijkstra's. Returns how many have a path.
///
/// # Errors
/// The first path whose cost differs.
pub fn paths<R: Runtime>(runtime: &R, scene: &Scene) -> Result<usize, Failure> {
    let walkable = scene.nav.walkable();
    if walkable.is_empty() {
        return Ok(0);
    }
    let mut random = Random::new(0xD1);
    let mut found = 0;
    runtime.begin_frame();
    for agent in 0..PATHS as u32 {
        let mut pick = || walkable[random.below(walkable.len())];
        let request = Request { agent, from: pick(), to: pick() };
        let cost = runtime.receive(runtime.find_path(&scene.nav, request)).cost;
        let expected = dijkstra(&scene.nav, request.from, request.to);
        if cost != expected {
            let Request { from, to, .. } = request;
            return Err(Failure::proof(format!(
                "path from cell {from} to {to}: A* says {cost:?}, Dijkstra {expected:?}"
            )));
        }
        found += usize::from(cost.is_some());
    }
    runtime.end_frame(&mut Vec::new());
    Ok(found)
}

fn dijkstra(grid: &NavGrid, from: Cell, to: Cell) -> Option<u32> {
    let mut settled = vec![false; grid.len()];
    let mut open = BinaryHeap::from([(Reverse(0), from)]);
    while let Some((Reverse(cost), cell)) = open.pop() {
        if cell == to {
            return Some(cost);
        }
        if !std::mem::replace(&mut settled[cell as usize], true) {
            open.extend(grid.steps(cell).map(|(next, step, _)| (Reverse(cost + step), next)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Plain;

    #[test]
    fn the_embedded_level_passes() {
        let scene = Scene::new(crate::level::load_embedded().unwrap());
        assert!(contacts(&Plain, &scene).unwrap() > 100);
        assert!(paths(&Plain, &scene).unwrap() > 10);
    }
}
