//! What a thread does: its steps, and what it keeps for itself.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use super::act::act;
use super::judge;
use super::op::{Op, Step};
use super::shelf;
use super::world::{Script, World};

/// Steps inside of steps, at most.
const MOST_DEPTH: u32 = 4;

/// Who calls foreign code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A backend, which does not unwind and sets no budget.
    Backend,
    /// A sink, a subscriber or a callback.
    Listener,
    Destructor,
    /// The program itself, while it borrows something.
    Closure,
}

/// The panic that a program asks for.
pub(super) struct Bomb;

/// Without a destructor, so that it is there until the thread is gone.
struct Here {
    world: Cell<Option<&'static World>>,
    steps: Cell<&'static [Step]>,
    /// The step that is next, and calls that it still lets pass.
    next: Cell<usize>,
    passing: Cell<u8>,
    depth: Cell<u32>,
    /// Calls of a backend that are under way.
    in_backend: Cell<u32>,
    /// Calls until one panics; 0 for none.
    bomb: Cell<u8>,
    /// Panics of this thread are not printed.
    silent: Cell<bool>,
}

thread_local! {
    static HERE: Here = const {
        Here {
            world: Cell::new(None),
            steps: Cell::new(&[]),
            next: Cell::new(0),
            passing: Cell::new(0),
            depth: Cell::new(0),
            in_backend: Cell::new(0),
            bomb: Cell::new(0),
            silent: Cell::new(false),
        }
    };
}

/// Writes down what the library did wrong.
pub(super) fn blame(text: String) {
    match world() {
        Some(world) => world.blame(text),
        None => panic!("{text}"),
    }
}

/// The world of this thread, if it is in one.
pub(super) fn world() -> Option<&'static World> {
    HERE.with(|here| here.world.get())
}

/// Enters a world, to do nothing of its own.
pub(super) fn enter(world: &'static World) {
    HERE.with(|here| {
        here.world.set(Some(world));
        here.silent.set(!world.trace);
    });
}

/// Prints no panics of this thread from now on.
pub(super) fn be_silent() {
    HERE.with(|here| here.silent.set(true));
}

/// Whether panics of this thread are of no interest: programs panic all the time.
pub(super) fn is_silent() -> bool {
    HERE.with(|here| here.silent.get())
}

/// Runs the steps of a thread.
pub(super) fn run(world: &'static World, script: &'static Script) {
    HERE.with(|here| {
        enter(world);
        here.steps.set(&script.steps);
        here.load();
        if script.shelf_first {
            shelf::touch();
        }
        while let Some(step) = here.take() {
            here.run(step);
        }
        if script.tidy {
            shelf::clear();
        }
    });
}

/// A call of foreign code: the program may go on in here.
pub(super) fn interrupt(caller: Caller) {
    HERE.with(|here| {
        let inside = u32::from(caller == Caller::Backend);
        here.in_backend.set(here.in_backend.get() + inside);
        while here.depth.get() < MOST_DEPTH && here.may_interrupt() {
            let Some(step) = here.take() else { break };
            here.run(step);
        }
        here.in_backend.set(here.in_backend.get() - inside);
        if here.explodes(caller) {
            panic_any(Bomb);
        }
    });
}

/// Makes the `nth` call from now panic.
pub(super) fn arm(nth: u8) {
    HERE.with(|here| here.bomb.set(nth));
}

impl Here {
    fn take(&self) -> Option<Step> {
        let step = self.steps.get().get(self.next.get()).copied()?;
        self.next.set(self.next.get() + 1);
        self.load();
        Some(step)
    }

    fn load(&self) {
        let next = self.steps.get().get(self.next.get());
        self.passing.set(next.and_then(|step| step.passes).unwrap_or(u8::MAX));
    }

    /// Whether the next step runs in this call.
    fn may_interrupt(&self) -> bool {
        match self.passing.get() {
            u8::MAX => false,
            0 => {
                let next = self.steps.get().get(self.next.get());
                let budget = next.is_some_and(|step| matches!(step.op, Op::Budget(..)));
                !(budget && self.in_backend.get() > 0)
            }
            more => {
                self.passing.set(more - 1);
                false
            }
        }
    }

    fn explodes(&self, caller: Caller) -> bool {
        let bomb = self.bomb.get();
        let counts = matches!(caller, Caller::Listener | Caller::Destructor) && self.depth.get() > 0;
        if bomb == 0 || !counts || std::thread::panicking() {
            return false;
        }
        self.bomb.set(bomb - 1);
        bomb == 1
    }

    fn run(&self, step: Step) {
        let Some(world) = self.world.get() else { return };
        self.depth.set(self.depth.get() + 1);
        if world.trace {
            let indent = "  ".repeat(self.depth.get() as usize);
            eprintln!("{:?}{indent}{step:?}", std::thread::current().id());
        }
        let result = catch_unwind(AssertUnwindSafe(|| act(world, step)));
        self.depth.set(self.depth.get() - 1);
        judge::outcome(world, step, result);
    }
}

/// Runs `work` without steps inside, if nothing is half done: one thread, and one step.
pub(super) fn when_quiet(world: &World, work: impl FnOnce()) {
    HERE.with(|here| {
        if world.scripts.len() == 1 && here.depth.get() == 1 {
            here.depth.set(MOST_DEPTH);
            work();
            here.depth.set(1);
        }
    });
}
