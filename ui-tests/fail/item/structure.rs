//! On a struct.

use framealloc::frame_system;

#[frame_system(tag = "physics")]
struct Physics {
    bodies: Vec<u32>,
}

fn count(physics: &Physics) -> usize {
    physics.bodies.len()
}

fn main() {}
