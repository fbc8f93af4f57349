//! What frame memory may do: be lent down the call, be shared with scoped threads, be copied out.

use framealloc::{FrameVec, SmartAlloc, frame_system};

fn fill(list: &mut FrameVec<'_, u32>, bodies: &[u32]) {
    list.extend_from_slice(bodies);
}

fn sum(list: &[u32]) -> u32 {
    list.iter().sum()
}

#[frame_system(frame = frame)]
fn lending(alloc: &SmartAlloc, bodies: &[u32]) -> (Vec<u32>, u32, u32) {
    #[frame_local]
    let mut list: Vec<u32>;
    fill(&mut list, bodies);
    let (left, right) = list.split_at(1);
    let sums = frame.slice_copy(&[0, 0]);
    let (first, second) = sums.split_at_mut(1);
    std::thread::scope(|scope| {
        scope.spawn(|| first[0] = sum(left));
        scope.spawn(|| second[0] = sum(right));
    });
    (list.to_vec(), sums[0], sums[1])
}

fn main() {
    assert_eq!(lending(&SmartAlloc::with_defaults(), &[1, 2, 3]), (vec![1, 2, 3], 1, 5));
}
