//! In loops, branches and closures, beside frame locals.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc, tiles: &[u32]) -> u32 {
    let mut total = 0;
    for tile in tiles {
        #[retain(PromoteToPool, name = "tile")]
        let copy = vec![*tile];
        #[frame_local]
        let sum: u32 = copy.iter().sum();
        total += *sum;
    }
    if total > 0 {
        #[retain(Discard)]
        let log = format!("{total}");
        total += log.len() as u32;
    }
    let finish = move || {
        #[retain(Discard)]
        let done = total;
        *done
    };
    finish()
}

fn main() {
    assert_eq!(rebuild(&SmartAlloc::with_defaults(), &[1, 2]), 4);
}
