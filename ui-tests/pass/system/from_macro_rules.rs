//! Systems written by a macro of the user.

use framealloc::{SmartAlloc, frame_system};

macro_rules! system {
    ($name:ident, $tag:literal, $budget:expr, $value:ty, $body:expr) => {
        #[frame_system(tag = $tag, budget = $budget, frame = frame)]
        fn $name(alloc: &SmartAlloc) -> usize {
            #[frame_local]
            let mut list: Vec<$value>;
            list.push($body);
            #[frame_local]
            let value: $value = $body;
            list.len() + frame.slice_copy(&[1, 2]).len() + usize::from(*value == $body)
        }
    };
}

system!(first, "first", "1MB", u32, 5);
system!(second, "second", 1024 * 1024, &'static str, "text");

fn main() {
    let alloc = SmartAlloc::with_defaults();
    assert_eq!(first(&alloc) + second(&alloc), 8);
}
