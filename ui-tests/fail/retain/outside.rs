//! Without `#[frame_system]` on the function.

use framealloc::retain;

fn main() {
    #[retain(PromoteToPool)]
    let list = vec![1];
    drop(list);
}
