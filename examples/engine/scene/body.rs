//! The moving things: spheres that fall on the level.

use crate::level::Level;
use crate::math::{Vec3, vec3};
use crate::random::Random;

/// How far above the surface a body appears, in metres.
pub const SPAWN_HEIGHT: f32 = 3.0;
/// No body moves faster, so that none passes through a triangle within a step.
const MAX_SPEED: f32 = 14.0;

/// A sphere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Body {
    pub position: Vec3,
    pub velocity: Vec3,
    pub radius: f32,
    pub inverse_mass: f32,
    /// How often it was spawned.
    pub lives: u32,
}

impl Body {
    /// The body with number `index`, above a triangle that its number and `lives` choose.
    pub fn spawn(index: usize, lives: u32, level: &Level) -> Self {
        let mut random = Random::new((index as u64) << 32 | u64::from(lives));
        let [a, b, c] = level.corners(random.below(level.triangles.len()) as u32);
        let (mut u, mut v) = (random.unit(), random.unit());
        if u + v > 1.0 {
            (u, v) = (1.0 - u, 1.0 - v);
        }
        let radius = 0.25 + random.unit() * 0.2;
        let lift = radius + SPAWN_HEIGHT * (0.3 + 0.7 * random.unit());
        Self {
            position: a + (b - a) * u + (c - a) * v + vec3(0.0, lift, 0.0),
            velocity: vec3(random.signed() * 2.0, -random.unit() * 3.0, random.signed() * 2.0),
            radius,
            inverse_mass: 0.05 / (radius * radius * radius),
            lives,
        }
    }

    /// Moves the body by one step of `seconds`.
    pub fn advance(&mut self, seconds: f32) {
        self.velocity.y -= 9.81 * seconds;
        let speed = self.velocity.length();
        if speed > MAX_SPEED {
            self.velocity = self.velocity * (MAX_SPEED / speed);
        }
        self.position += self.velocity * seconds;
    }
}
