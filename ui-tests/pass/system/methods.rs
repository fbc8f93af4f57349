//! Methods with every kind of receiver.

use std::pin::Pin;
use std::rc::Rc;

use framealloc::{SmartAlloc, frame_system};

struct Solver {
    alloc: SmartAlloc,
    rounds: u32,
}

impl Solver {
    const LIMIT: u64 = 1 << 20;

    #[frame_system(alloc = self.alloc)]
    fn by_ref(&self) -> u32 {
        #[frame_local]
        let rounds = self.rounds;
        *rounds
    }

    #[frame_system(tag = "solver", alloc = self.alloc, budget = Solver::LIMIT)]
    fn by_mut(&mut self) -> &mut u32 {
        #[frame_local]
        let mut rounds: Vec<u32>;
        rounds.push(self.rounds);
        self.rounds += rounds.len() as u32;
        &mut self.rounds
    }

    #[frame_system(alloc = &self.alloc)]
    fn by_value(self) -> u32 {
        self.rounds
    }

    #[frame_system(alloc = self.alloc.clone())]
    fn by_rc(self: Rc<Self>) -> u32 {
        self.rounds
    }

    #[frame_system(alloc = self.alloc)]
    fn pinned(self: Pin<&mut Self>) -> u32 {
        self.rounds
    }

    #[frame_system]
    fn associated(alloc: &SmartAlloc) -> Self {
        Self { alloc: alloc.clone(), rounds: 1 }
    }
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut solver = Solver::associated(&alloc);
    assert_eq!(*solver.by_mut(), 2);
    assert_eq!(solver.by_ref(), 2);
    assert_eq!(Pin::new(&mut solver).pinned(), 2);
    assert_eq!(solver.by_value(), 2);
    assert_eq!(Rc::new(Solver::associated(&alloc)).by_rc(), 1);
}
