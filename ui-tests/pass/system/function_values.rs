//! A system is an ordinary function: it coerces, it is a callback, it runs on threads.

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn count(alloc: &SmartAlloc, bodies: &[u32]) -> usize {
    #[frame_local]
    let mut copy: Vec<u32>;
    copy.extend(bodies);
    copy.len()
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let pointer: fn(&SmartAlloc, &[u32]) -> usize = count;
    assert_eq!(pointer(&alloc, &[1, 2]), 2);
    let lengths: Vec<_> = [[1, 2], [3, 4]].iter().map(|bodies| count(&alloc, bodies)).collect();
    assert_eq!(lengths, [2, 2]);
    std::thread::scope(|scope| {
        let handles = [1, 2].map(|n| scope.spawn({
            let alloc = &alloc;
            move || count(alloc, &[n])
        }));
        assert_eq!(handles.map(|handle| handle.join().unwrap()), [1, 1]);
    });
}
