//! Outside of a system, and of a type that would not do inside either: one thing at a time.

use framealloc::frame_local;

fn main() {
    #[frame_local]
    let costs: std::collections::BTreeMap<u32, f32>;
    costs = std::collections::BTreeMap::from([(1, 2.0)]);
    drop(costs);
}
