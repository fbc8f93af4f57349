//! The state that changes from frame to frame.

use super::{Body, Camera, Cell, SPAWN_HEIGHT, Scene};
use crate::math::{Aabb, Vec3};
use crate::random::Random;
use crate::systems::broad_phase::Pair;
use crate::systems::path::Request;

/// Seconds per frame.
pub const STEP: f32 = 1.0 / 60.0;
/// How many of the bodies are agents that walk along paths.
pub const AGENTS: usize = 16;
/// Agents that ask for a new path per frame.
pub const REQUESTS_PER_FRAME: usize = 4;
/// How far a body may stray from the level, in metres.
const MARGIN: f32 = SPAWN_HEIGHT + 2.0;
/// Frames after which a body is thrown in anew; not all in the same frame.
const LIFETIME: usize = 300;

/// A body that walks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Agent {
    pub goal: Cell,
    /// Where it is heading now.
    pub waypoint: Option<Vec3>,
}

/// Bodies, agents, camera, and the frame's candidate pairs.
#[derive(Debug)]
pub struct World {
    pub frame: u32,
    pub bodies: Vec<Body>,
    pub agents: Vec<Agent>,
    pub camera: Camera,
    /// What the broad phase found in this frame; the narrow phase reads it on the workers.
    pub pairs: Vec<Pair>,
    /// The paths that agents ask for in this frame.
    pub requests: Vec<Request>,
    bounds: Aabb,
    random: Random,
}

impl World {
    pub fn new(scene: &Scene, bodies: usize) -> Self {
        let bounds = scene.level.bounds();
        let mut random = Random::new(0xA11CE);
        let walkable = scene.nav.walkable();
        let agents = if walkable.is_empty() { 0 } else { AGENTS.min(bodies) };
        Self {
            frame: 0,
            bodies: (0..bodies).map(|index| Body::spawn(index, 0, &scene.level)).collect(),
            agents: (0..agents)
                .map(|_| Agent { goal: walkable[random.below(walkable.len())], waypoint: None })
                .collect(),
            camera: Camera::new(&bounds),
            pairs: Vec::with_capacity(bodies * 32),
            requests: Vec::with_capacity(REQUESTS_PER_FRAME),
            bounds,
            random,
        }
    }

    /// Moves everything by one step: agents accelerate towards their waypoints, bodies fall, and those that left
    /// the level or whose turn it is start anew.
    pub fn advance(&mut self, scene: &Scene) {
        self.frame += 1;
        self.camera.advance();
        for (body, agent) in self.bodies.iter_mut().zip(&self.agents) {
            if let Some(waypoint) = agent.waypoint {
                let mut ahead = waypoint - body.position;
                ahead.y = 0.0;
                body.velocity += ahead.normalized_or(Vec3::ZERO) * (25.0 * STEP);
                body.velocity.x *= 0.95;
                body.velocity.z *= 0.95;
            }
        }
        for (index, body) in self.bodies.iter_mut().enumerate() {
            body.advance(STEP);
            let outside = !Aabb::of_sphere(body.position, MARGIN).overlaps(&self.bounds);
            let turn =
                index >= self.agents.len() && (self.frame as usize + index * 37).is_multiple_of(LIFETIME);
            if outside || turn {
                *body = Body::spawn(index, body.lives + 1, &scene.level);
            }
        }
    }

    /// Lists the agents whose turn it is to plan, with where they are and where they want to go.
    pub fn request_paths(&mut self, scene: &Scene) {
        const GROUPS: usize = AGENTS / REQUESTS_PER_FRAME;
        self.requests.clear();
        let walkable = scene.nav.walkable();
        for index in (self.frame as usize % GROUPS..self.agents.len()).step_by(GROUPS) {
            let Some(from) = scene.nav.nearest(self.bodies[index].position) else { continue };
            let goal = &mut self.agents[index].goal;
            // A few attempts at a goal that can be reached; the last one stands even if it cannot.
            for _ in 0..4 {
                if from != *goal && scene.nav.connected(from, *goal) {
                    break;
                }
                *goal = walkable[self.random.below(walkable.len())];
            }
            self.requests.push(Request { agent: index as u32, from, to: *goal });
        }
    }
}
