//! Without `#[frame_system]` on the function, and without an import.

fn main() {
    #[frame_local]
    let list = vec![1];
    drop(list);
}
