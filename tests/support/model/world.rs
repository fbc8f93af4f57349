//! Running a program.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use framealloc::{AllocError, Budget, Checkpoint, OnExceed};

use super::blocks::Blocks;
use super::context::{Context, Guard, PHASES, TAGS};
use super::grave::bury;
use super::handles::{Handle, Kind, Owner, Scope};
use super::ops::Op;
use crate::{Counted, DropCounter, Fixture, panic_text};

/// The most of each kind that a program holds.
pub(super) const MOST: usize = 40;

pub(super) const RETAINED: &str = "kept";

/// One allocator, as one thread's program sees it.
pub(super) struct State {
    pub(super) fixture: Fixture,
    pub(super) context: Context,
    /// Ambient segments, the frame itself first.
    pub(super) segments: Vec<u64>,
    pub(super) begun: u64,
    pub(super) checkpoints: Vec<(u64, Checkpoint)>,
    /// Segments of handles that were forgotten.
    pub(super) forgotten: Vec<u64>,
    /// Budgets that bind: limits by path.
    pub(super) limits: BTreeMap<String, u64>,
    /// Bytes ever handed out when the frame number changed last.
    pub(super) base: u64,
    /// It had a budget some time.
    pub(super) budgeted: bool,
    /// Something of it was leaked on purpose.
    pub(super) leaky: bool,
}

/// A program in progress.
pub struct World {
    pub(super) handles: Vec<Handle>,
    guards: Vec<(usize, u64, Guard)>,
    pub(super) scopes: Vec<Scope>,
    pub(super) states: Vec<State>,
    pub(super) blocks: Blocks,
    pub(super) counter: DropCounter,
    pub(super) at: usize,
    next: u64,
    /// Other threads use the allocators too, so figures are not this program's alone.
    pub(super) shared: bool,
    pub(super) buried: u64,
}

impl World {
    /// A program on these allocators, which other threads use as well if they are `shared`. Its values count with
    /// `counter`.
    pub fn new(fixtures: &[Fixture], shared: bool, counter: &DropCounter) -> Self {
        let state = |fixture: &Fixture| State {
            fixture: fixture.clone(),
            context: Context::default(),
            segments: Vec::new(),
            begun: 0,
            checkpoints: Vec::new(),
            forgotten: Vec::new(),
            limits: BTreeMap::new(),
            base: 0,
            budgeted: false,
            leaky: false,
        };
        Self {
            handles: Vec::new(),
            guards: Vec::new(),
            scopes: Vec::new(),
            states: fixtures.iter().map(state).collect(),
            blocks: Blocks::default(),
            counter: counter.clone(),
            at: 0,
            next: 0,
            shared,
            buried: 0,
        }
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn state(&mut self) -> &mut State {
        &mut self.states[self.at]
    }

    /// The allocator in use, for as long as the world holds it.
    pub(super) fn alloc(&self) -> &'static framealloc::SmartAlloc {
        // SAFETY: the fixture is in the world, which drops handles, guards and frames first.
        unsafe { &*ptr::from_ref(&self.states[self.at].fixture.alloc) }
    }

    pub(super) fn handles_of(&self, alloc: usize) -> impl Iterator<Item = &Handle> {
        self.handles.iter().filter(move |handle| handle.alloc == alloc)
    }

    /// Runs one operation and checks what it handed out.
    pub fn step(&mut self, op: Op) {
        let failed = self.states[self.at].fixture.backend.failed();
        match catch_unwind(AssertUnwindSafe(|| self.run(op))) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.accept(&error, failed),
            Err(payload) => {
                let text = panic_text(&*payload);
                let no_memory = text.starts_with("out of memory")
                    && (self.shared || self.state().fixture.backend.failed() > failed);
                // `speculate` has no form that returns what its frame refused.
                let refused = text.starts_with("budget of") && matches!(op, Op::Speculate(..));
                if !(no_memory || refused) {
                    eprintln!("in {op:?}");
                    std::panic::resume_unwind(payload);
                }
                if matches!(op, Op::Begin) {
                    // The frame that was there is over, the new one did not begin.
                    assert!(self.shared || self.state().begun == 0);
                    self.state().segments.clear();
                }
            }
        }
    }

    #[track_caller]
    pub(super) fn accept(&mut self, error: &AllocError, failed: u64) {
        let failed = self.state().fixture.backend.failed() > failed || self.shared;
        match error {
            AllocError::OutOfMemory { .. } => assert!(failed, "nobody made the backend fail: {error}"),
            AllocError::BudgetExceeded { limit, used, requested, .. } => {
                assert!(self.shared || used + requested > *limit, "there was room: {error}");
            }
            other => panic!("{other}"),
        }
    }

    fn run(&mut self, op: Op) -> Result<(), AllocError> {
        if self.handles.len() >= 4 * MOST {
            self.drop_handle(0);
        }
        match op {
            Op::UseAllocator(n) => self.at = usize::from(n) % self.states.len(),
            Op::OpenFrame | Op::OpenChild(_) => return self.open(op),
            Op::CloseFrame(n) => {
                if let Some(id) = self.pick_scope(n) {
                    self.close(id);
                }
            }
            Op::Block(n, ..)
            | Op::Slice(n, _)
            | Op::Boxed(n)
            | Op::NewVec(n)
            | Op::NewMap(n)
            | Op::Speculate(n, ..)
            | Op::Retain(n, _) => {
                if let Some(id) = self.pick_scope(n) {
                    return self.in_scope(id, |world| world.allocate(id, op));
                }
            }
            Op::Begin | Op::End | Op::Checkpoint | Op::Rollback(_) | Op::Commit(_) => {
                return self.frame_op(op);
            }
            Op::SpeculateAmbient(..)
            | Op::AmbientBlock(..)
            | Op::AmbientBoxed
            | Op::AmbientVec
            | Op::AmbientRetain(_) => return self.ambient(op),
            Op::Pool(_) | Op::Heap(_) | Op::PoolVec | Op::HeapVec => return self.object(op),
            Op::System(depth, count) => return self.run_system(depth % 4, count),
            Op::Push(n, _) | Op::Shrink(n) => return self.change(n, op),
            Op::DropHandle(n) => {
                if !self.handles.is_empty() {
                    self.drop_handle(usize::from(n) % self.handles.len());
                }
            }
            Op::ForgetHandle(n) => self.forget_handle(n),
            Op::Tag(_) | Op::Phase(_) | Op::DropGuard(_) | Op::ForgetGuard(_) => self.context_op(op),
            Op::Budget(n, limit, hard) => self.set_budget(n, limit, hard),
            Op::ShrinkPool => {
                self.alloc().shrink_pool();
            }
            Op::Fail(nth, count) => self.state().fixture.backend.fail(nth.into(), count.into()),
            Op::Heal => self.state().fixture.backend.heal(),
            Op::Check => self.check(),
        }
        Ok(())
    }

    pub(super) fn add(&mut self, owner: Owner, kind: Kind) {
        kind.enter(&mut self.blocks);
        self.handles.push(Handle { alloc: self.at, owner, kind });
    }

    pub(super) fn counted(&mut self) -> Counted {
        let payload = self.number();
        self.counter.make(payload)
    }

    pub(super) fn drop_handle(&mut self, index: usize) {
        let handle = self.handles.swap_remove(index);
        handle.kind.verify();
        handle.kind.leave(&mut self.blocks);
        match handle.owner {
            Owner::Frame(id) => self.in_scope(id, |_| drop(handle)),
            _ => drop(handle),
        }
    }

    fn forget_handle(&mut self, n: u8) {
        if self.handles.is_empty() {
            return;
        }
        let handle = self.handles.swap_remove(usize::from(n) % self.handles.len());
        self.buried += u64::from(handle.kind.counts() && !matches!(handle.kind, Kind::Retained(_)));
        match handle.owner {
            Owner::Frame(_) => handle.kind.leave(&mut self.blocks),
            Owner::Ambient(segment) => {
                // A forgotten `Retained` of an ambient frame keeps its value.
                self.buried += u64::from(matches!(handle.kind, Kind::Retained(_)));
                self.states[handle.alloc].forgotten.push(segment);
                self.states[handle.alloc].leaky = true;
            }
            Owner::Object => self.states[handle.alloc].leaky = true,
        }
        bury((handle.kind, self.counter.clone()));
    }

    fn context_op(&mut self, op: Op) {
        let (alloc, at, number) = (self.alloc(), self.at, self.number());
        match op {
            Op::Tag(n) if self.state().context.depth() < 6 => {
                let name = TAGS[usize::from(n) % TAGS.len()];
                self.guards.push((at, number, Guard::Tag(alloc.tag_scope(name))));
                self.state().context.enter(number, Some(name), None);
            }
            Op::Phase(n) if self.state().context.depth() < 6 => {
                let name = PHASES[usize::from(n) % PHASES.len()];
                self.guards.push((at, number, Guard::Phase(alloc.phase_scope(name))));
                self.state().context.enter(number, None, Some(name));
            }
            Op::DropGuard(n) | Op::ForgetGuard(n) if !self.guards.is_empty() => {
                let (alloc, number, guard) = self.guards.swap_remove(usize::from(n) % self.guards.len());
                if matches!(op, Op::DropGuard(_)) {
                    drop(guard);
                    self.states[alloc].context.close(number);
                } else {
                    self.states[alloc].leaky = true;
                    bury(guard);
                }
            }
            _ => {}
        }
        for state in &self.states {
            assert_eq!(&*state.fixture.alloc.tag_path(), state.context.tag_path());
            assert_eq!(state.fixture.alloc.current_phase().as_deref().unwrap_or(""), state.context.phase);
        }
    }

    fn set_budget(&mut self, n: u8, limit: u32, hard: bool) {
        let alloc = self.alloc();
        let reaction = if hard { OnExceed::Fail } else { OnExceed::Warn };
        let budget = Budget::bytes(limit as usize).on_exceed(reaction);
        let tag = TAGS.get(usize::from(n % 4).wrapping_sub(1)).copied();
        let live = match tag {
            Some(tag) => {
                alloc.set_tag_budget(tag, budget);
                alloc.tag_stats(tag).map_or(0, |stats| stats.inclusive.live_bytes())
            }
            None => {
                alloc.set_budget(budget);
                alloc.stats().total.live_bytes()
            }
        };
        self.state().budgeted = true;
        let limits = &mut self.state().limits;
        if hard && live <= u64::from(limit) {
            limits.insert(tag.unwrap_or("").to_owned(), limit.into());
        } else {
            limits.remove(tag.unwrap_or(""));
        }
    }

    /// Checks contents, and what the statistics of every allocator say.
    pub fn check(&mut self) {
        for handle in &self.handles {
            handle.kind.verify();
        }
        for block in self.scopes.iter().flat_map(|scope| &scope.blocks) {
            block.verify();
        }
        for index in 0..self.states.len() {
            self.check_statistics(index);
        }
    }

    /// Ends everything, in the order of the handles' numbers or against it, and checks what is left. Returns how many
    /// values were leaked on purpose.
    pub fn finish(mut self, backwards: bool) -> u64 {
        self.states.iter().for_each(|state| state.fixture.backend.heal());
        self.check();
        if backwards {
            self.handles.reverse();
            self.guards.reverse();
        }
        if backwards {
            self.guards.clear();
        }
        while !self.handles.is_empty() {
            self.drop_handle(0);
        }
        while let Some(id) = self.scopes.first().map(|scope| scope.id) {
            self.close(id);
        }
        self.guards.clear();
        for index in 0..self.states.len() {
            self.at = index;
            self.state().context = Context::default();
            while self.state().begun > 0 {
                self.alloc().end_frame();
                self.state().begun -= 1;
            }
            self.alloc().end_frame();
            self.state().segments.clear();
            self.check_statistics(index);
        }
        self.buried
    }

    /// Whether something of the allocator at `index` was leaked on purpose.
    pub fn is_leaky(&self, index: usize) -> bool {
        self.states[index].leaky
    }
}
