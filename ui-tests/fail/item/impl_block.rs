//! On a whole `impl`.

use framealloc::frame_system;

struct Physics;

#[frame_system(tag = "physics")]
impl Physics {
    fn step(&mut self) {}
}

fn step(physics: &mut Physics) {
    physics.step();
}

fn main() {}
