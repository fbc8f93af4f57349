//! A method keeps frame memory in `self`.

use framealloc::{SmartAlloc, frame_system};

struct Solver<'a> {
    alloc: &'a SmartAlloc,
    contacts: Option<&'a mut [u32]>,
}

impl<'a> Solver<'a> {
    #[frame_system(tag = "solver", alloc = self.alloc, frame = frame)]
    fn step(&mut self, contacts: &[u32]) {
        self.contacts = Some(frame.slice_copy(contacts));
    }
}

fn main() {}
