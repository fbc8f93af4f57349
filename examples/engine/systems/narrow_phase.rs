//! Which bodies do touch: spheres against the level's triangles and against each other.
//!
//! The work is cut into [`SLICES`] parts that do not depend on the number of threads, so that neither budgets nor
//! results do. Each part writes to a buffer of its own.

use framealloc::{SmartAlloc, frame_system};

use super::broad_phase::Pair;
use crate::math::{Aabb, Vec3, closest_on_triangle, vec3};
use crate::memory::Buffer;
use crate::scene::{Body, Scene};

/// Parts that the narrow phase is cut into.
pub const SLICES: usize = 4;
/// Contacts with triangles that are kept per body, the deepest first.
pub const MANIFOLD: usize = 4;

/// What a body touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    Triangle(u32),
    Body(u32),
}

/// Two things that touch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    pub body: u32,
    pub other: Other,
    /// Unit vector that points from the other thing to the body.
    pub normal: Vec3,
    /// How far they overlap, in metres.
    pub depth: f32,
    /// How fast they approached each other before this step, in metres per second; the solver fills it in.
    pub speed: f32,
}

impl Contact {
    /// The order in which contacts are solved and compared.
    pub fn key(&self) -> (u32, Other) {
        (self.body, self.other)
    }
}

/// Adds the contacts of part `slice` of `SLICES` to `found`.
#[frame_system(tag = "physics/narrow_phase", budget = "256KB")]
pub fn narrow_phase(
    alloc: &SmartAlloc,
    scene: &Scene,
    bodies: &[Body],
    pairs: &[Pair],
    slice: usize,
    found: &mut Vec<Contact>,
) {
    #[frame_local]
    let mut near: Vec<u32>;
    #[frame_local]
    let mut touching: Vec<Contact>;

    collide_slice(scene, bodies, pairs, slice, &mut near, &mut touching);
    found.extend_from_slice(&touching);
}

/// [`narrow_phase`] on the global allocator.
pub fn narrow_phase_std(
    scene: &Scene,
    bodies: &[Body],
    pairs: &[Pair],
    slice: usize,
    found: &mut Vec<Contact>,
) {
    let mut near = Vec::new();
    let mut touching = Vec::new();

    collide_slice(scene, bodies, pairs, slice, &mut near, &mut touching);
    found.extend_from_slice(&touching);
}

/// Collides one part of the bodies with the level, and one part of the pairs.
fn collide_slice(
    scene: &Scene,
    bodies: &[Body],
    pairs: &[Pair],
    slice: usize,
    near: &mut impl Buffer<u32>,
    touching: &mut impl Buffer<Contact>,
) {
    for body in part(slice, bodies.len()) {
        near.truncate(0);
        let sphere = &bodies[body];
        scene.triangles.gather(&Aabb::of_sphere(sphere.position, sphere.radius), near);
        let first = touching.len();
        for &triangle in near.items() {
            if let Some(contact) = touch_triangle(scene, bodies, body as u32, triangle) {
                touching.push(contact);
            }
        }
        let manifold = &mut touching.items_mut()[first..];
        manifold.sort_unstable_by(|a, b| b.depth.total_cmp(&a.depth).then(a.other.cmp(&b.other)));
        let kept = manifold.len().min(MANIFOLD);
        touching.truncate(first + kept);
    }
    for &pair in &pairs[part(slice, pairs.len())] {
        if let Some(contact) = touch_bodies(bodies, pair) {
            touching.push(contact);
        }
    }
}

fn part(slice: usize, len: usize) -> std::ops::Range<usize> {
    len * slice / SLICES..len * (slice + 1) / SLICES
}

/// The contact of a body with a triangle, if they touch.
pub fn touch_triangle(scene: &Scene, bodies: &[Body], body: u32, triangle: u32) -> Option<Contact> {
    let sphere = &bodies[body as usize];
    let apart = sphere.position - closest_on_triangle(sphere.position, scene.level.corners(triangle));
    let distance = apart.length();
    (distance < sphere.radius).then(|| Contact {
        body,
        other: Other::Triangle(triangle),
        normal: if distance > 1.0e-6 { apart * (1.0 / distance) } else { scene.level.normal(triangle) },
        depth: sphere.radius - distance,
        speed: 0.0,
    })
}

/// The contact of two bodies, if they touch.
pub fn touch_bodies(bodies: &[Body], (a, b): Pair) -> Option<Contact> {
    let (first, second) = (&bodies[a as usize], &bodies[b as usize]);
    let apart = first.position - second.position;
    let (distance, reach) = (apart.length(), first.radius + second.radius);
    (distance < reach).then(|| Contact {
        body: a,
        other: Other::Body(b),
        normal: apart.normalized_or(vec3(0.0, 1.0, 0.0)),
        depth: reach - distance,
        speed: 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_cover_everything_once() {
        for len in [0, 1, 3, 4, 5, 1023] {
            let all: Vec<usize> = (0..SLICES).flat_map(|slice| part(slice, len)).collect();
            assert_eq!(all, (0..len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn spheres_touch_at_the_sum_of_their_radii() {
        let at = |x: f32| Body { position: vec3(x, 0.0, 0.0), radius: 0.5, ..Body::default() };
        let contact = touch_bodies(&[at(0.75), at(0.0)], (0, 1)).unwrap();
        assert_eq!((contact.normal, contact.depth), (vec3(1.0, 0.0, 0.0), 0.25));
        assert_eq!(touch_bodies(&[at(1.25), at(0.0)], (0, 1)), None);
    }
}
