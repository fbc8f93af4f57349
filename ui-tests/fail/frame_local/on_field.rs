//! On a field: frame memory never lives in a long-lived struct.

use framealloc::frame_local;

#[frame_local]
struct World {
    pairs: Vec<u32>,
}

fn main() {
    drop(World { pairs: Vec::new() });
}
