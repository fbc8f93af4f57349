//! In the arguments of a macro that are no Rust expressions.

use framealloc::{SmartAlloc, frame_system};

macro_rules! schedule {
    (first: $first:block then: $then:block) => {
        $first;
        $then;
    };
}

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    schedule! {
        first: {
            #[frame_local]
            let best = 5;
            drop(best);
        }
        then: {}
    }
}

fn main() {}
