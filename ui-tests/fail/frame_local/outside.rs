//! Without `#[frame_system]` on the function.

use framealloc::frame_local;

fn main() {
    #[frame_local]
    let mut list: Vec<u32>;
    list.push(1);
}
