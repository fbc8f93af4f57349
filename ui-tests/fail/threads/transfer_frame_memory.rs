//! A transfer of a reference into a frame, instead of the value.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let path: &mut [u32] = frame.slice_from_fn(10, |n| n as u32);
    let handle = alloc.frame_box_for_transfer(path);
    std::thread::spawn(move || handle.receive().len());
}
