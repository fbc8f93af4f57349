//! A transfer of a reference to a local variable.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let path = vec![1, 2, 3];
    let handle = alloc.frame_box_for_transfer(path.as_slice());
    std::thread::spawn(move || handle.receive().len());
}
