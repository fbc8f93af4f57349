//! Pushes overlapping things apart and lets them bounce.
//!
//! The contacts of all parts of the narrow phase are brought into one order first; that order, and not the threads,
//! decides the result. They stay readable until the end of the frame: audio turns the hard ones into sounds.

use framealloc::{FrameVec, SmartAlloc, frame_system};

use super::narrow_phase::{Contact, Other, SLICES};
use crate::math::Vec3;
use crate::memory::Buffer;
use crate::scene::Body;

/// Part of the approaching speed that a bounce gives back.
const RESTITUTION: f32 = 0.35;
/// Part of the sliding speed that a contact takes away.
const FRICTION: f32 = 0.02;
/// Slower contacts do not bounce, so that bodies come to rest.
const RESTING: f32 = 0.5;

/// What the contacts of one body add up to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Push {
    shift: Vec3,
    contacts: u32,
}

/// Solves the contacts found by the narrow phase; returns them in their order.
///
/// The returned vector lives in the thread's ambient frame: until `end_frame`, past the end of this system.
#[frame_system(tag = "physics/solve", budget = "1MB")]
pub fn solve<'a>(
    alloc: &'a SmartAlloc,
    bodies: &mut [Body],
    found: [&[Contact]; SLICES],
) -> FrameVec<'a, Contact> {
    let mut contacts = alloc.frame_vec_with_capacity(count(found));
    #[frame_local(capacity = bodies.len())]
    let mut pushes: Box<[Push]>;

    merge(found, &mut contacts);
    bounce(bodies, &mut contacts, &mut pushes);
    contacts
}

/// [`solve`] on the global allocator.
pub fn solve_std(bodies: &mut [Body], found: [&[Contact]; SLICES]) -> Vec<Contact> {
    let mut contacts = Vec::with_capacity(count(found));
    let mut pushes = vec![Push::default(); bodies.len()].into_boxed_slice();

    merge(found, &mut contacts);
    bounce(bodies, &mut contacts, &mut pushes);
    contacts
}

fn count(found: [&[Contact]; SLICES]) -> usize {
    found.iter().map(|part| part.len()).sum()
}

fn merge(found: [&[Contact]; SLICES], contacts: &mut impl Buffer<Contact>) {
    for part in found {
        for &contact in part {
            contacts.push(contact);
        }
    }
    contacts.items_mut().sort_unstable_by_key(Contact::key);
}

fn bounce(bodies: &mut [Body], contacts: &mut [Contact], pushes: &mut [Push]) {
    for contact in contacts {
        let body = bodies[contact.body as usize];
        let other = match contact.other {
            Other::Triangle(_) => Body::default(),
            Other::Body(other) => bodies[other as usize],
        };
        let shares = body.inverse_mass + other.inverse_mass;
        let approach = other.velocity - body.velocity;
        let speed = approach.dot(contact.normal);
        let sliding = approach - contact.normal * speed;
        contact.speed = speed.max(0.0);

        let bounce = if speed > RESTING { 1.0 + RESTITUTION } else { 1.0 };
        let change = contact.normal * (speed.max(0.0) * bounce) + sliding * FRICTION;
        let mut apply = |index: u32, sign: f32, share: f32| {
            let body = &mut bodies[index as usize];
            body.velocity += change * (sign * share);
            let push = &mut pushes[index as usize];
            push.shift += contact.normal * (contact.depth * sign * share);
            push.contacts += 1;
        };
        apply(contact.body, 1.0, body.inverse_mass / shares);
        if let Other::Body(index) = contact.other {
            apply(index, -1.0, other.inverse_mass / shares);
        }
    }
    for (body, push) in bodies.iter_mut().zip(pushes) {
        // The mean of all pushes, not their sum: contacts with neighbouring triangles say the same thing.
        body.position += push.shift * (1.0 / push.contacts.max(1) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::vec3;
    use crate::systems::narrow_phase::touch_bodies;

    #[test]
    fn two_bodies_separate_and_keep_their_momentum() {
        let body = |x: f32, velocity: f32, inverse_mass: f32| Body {
            position: vec3(x, 0.0, 0.0),
            velocity: vec3(velocity, 0.0, 0.0),
            radius: 0.5,
            inverse_mass,
            lives: 0,
        };
        let mut bodies = [body(0.0, 2.0, 1.0), body(0.8, -1.0, 0.5)];
        let momentum = |bodies: &[Body]| bodies.iter().map(|b| b.velocity.x / b.inverse_mass).sum::<f32>();
        let before = momentum(&bodies);
        let contact = touch_bodies(&bodies, (0, 1)).unwrap();
        let solved = solve_std(&mut bodies, [&[contact], &[], &[], &[]]);
        assert!((solved[0].speed - 3.0).abs() < 1.0e-5);
        assert!((momentum(&bodies) - before).abs() < 1.0e-4);
        assert!(bodies[0].velocity.x < bodies[1].velocity.x);
        assert!((bodies[1].position.x - bodies[0].position.x - 1.0).abs() < 1.0e-5);
    }

    #[test]
    fn the_order_of_the_parts_does_not_matter() {
        let bodies = [vec3(0.0, 0.0, 0.0), vec3(0.7, 0.0, 0.0), vec3(0.3, 0.6, 0.0)].map(|position| Body {
            position,
            radius: 0.5,
            inverse_mass: 1.0,
            ..Body::default()
        });
        let [a, b, c] = [(0, 1), (0, 2), (1, 2)].map(|pair| touch_bodies(&bodies, pair).unwrap());
        let (mut one, mut two) = (bodies, bodies);
        solve_std(&mut one, [&[a, b], &[c], &[], &[]]);
        solve_std(&mut two, [&[c], &[], &[b], &[a]]);
        assert_eq!(one, two);
    }
}
