//! The compiler has no frames.

use framealloc::frame_system;

#[frame_system(tag = "math")]
const fn square(n: u32) -> u32 {
    n * n
}

const NINE: u32 = square(3);

fn main() {}
