//! Running a program.

use std::alloc::Layout;
use std::collections::BTreeMap;
use std::mem::transmute;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use framealloc::{AllocError, Budget, Checkpoint, FrameMap, FrameVec, OnExceed, RetentionPolicy};

use super::blocks::{Blocks, Pattern};
use super::context::{Context, Guard, PHASES, TAGS};
use super::grave::bury;
use super::handles::{Handle, Kind, Owner, Scope, ScopeFrame};
use super::ops::Op;
use crate::layouts::{Line, Page};
use crate::{Counted, DropCounter, Fixture, panic_text};

/// The most of each kind that a program holds.
const MOST: usize = 40;

pub(super) const RETAINED: &str = "kept";

/// One allocator, as one thread's program sees it.
pub(super) struct State {
    pub(super) fixture: Fixture,
    pub(super) context: Context,
    /// Ambient segments, the frame itself first.
    pub(super) segments: Vec<u64>,
    pub(super) begun: u64,
    checkpoints: Vec<(u64, Checkpoint)>,
    /// Segments of handles that were forgotten.
    pub(super) forgotten: Vec<u64>,
    /// Budgets that bind: limits by path.
    pub(super) limits: BTreeMap<String, u64>,
    /// Bytes ever handed out when the frame number changed last.
    pub(super) base: u64,
    /// Something of it was leaked on purpose.
    pub(super) leaky: bool,
}

/// A program in progress.
pub struct World {
    handles: Vec<Handle>,
    guards: Vec<(usize, u64, Guard)>,
    pub(super) scopes: Vec<Scope>,
    pub(super) states: Vec<State>,
    blocks: Blocks,
    pub(super) counter: DropCounter,
    at: usize,
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

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn state(&mut self) -> &mut State {
        &mut self.states[self.at]
    }

    /// The allocator in use, for as long as the world holds it.
    fn alloc(&self) -> &'static framealloc::SmartAlloc {
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
    fn accept(&mut self, error: &AllocError, failed: u64) {
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
            Op::Pool(_) | Op::Heap(_) => return self.object(op),
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

    fn pick_scope(&self, n: u8) -> Option<u64> {
        let here: Vec<u64> =
            self.scopes.iter().filter(|scope| scope.alloc == self.at).map(|scope| scope.id).collect();
        here.get(usize::from(n) % here.len().max(1)).copied()
    }

    fn scope(&self, id: u64) -> &Scope {
        self.scopes.iter().find(|scope| scope.id == id).expect("the scope is open")
    }

    fn open(&mut self, op: Op) -> Result<(), AllocError> {
        if self.scopes.len() >= MOST {
            return Ok(());
        }
        let parent = match op {
            Op::OpenChild(n) => self.pick_scope(n),
            _ => None,
        };
        let frame = match parent {
            Some(id) => ScopeFrame::Child(Box::new(self.scope(id).frame().try_child()?)),
            None => ScopeFrame::Frame(Box::new(self.alloc().try_frame()?)),
        };
        let (id, alloc) = (self.number(), self.at);
        self.scopes.push(Scope { id, alloc, parent, frame, blocks: Vec::new(), records: BTreeMap::new() });
        Ok(())
    }

    /// Closes a scope, after its children and the handles into it.
    fn close(&mut self, id: u64) {
        while let Some(child) =
            self.scopes.iter().find(|scope| scope.parent == Some(id)).map(|scope| scope.id)
        {
            self.close(child);
        }
        while let Some(index) = self.handles.iter().position(|handle| handle.owner == Owner::Frame(id)) {
            self.drop_handle(index);
        }
        let index = self.scopes.iter().position(|scope| scope.id == id).expect("the scope is open");
        let scope = self.scopes.swap_remove(index);
        for block in &scope.blocks {
            block.verify();
            self.blocks.leave(block.start(), block.len());
        }
        drop(scope);
    }

    /// Runs `work` and records what it added to (or gave back from) the scope, under the current tag.
    fn in_scope<R>(&mut self, id: u64, work: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.scope(id).frame().bytes_used();
        let result = work(self);
        let added = self.scope(id).frame().bytes_used() as i64 - before as i64;
        let tag = self.states[self.scope(id).alloc].context.tag_path().to_owned();
        let scope = self.scopes.iter_mut().find(|scope| scope.id == id).expect("the scope is open");
        *scope.records.entry(tag).or_default() += added;
        result
    }

    fn add(&mut self, owner: Owner, kind: Kind) {
        if self.handles.len() >= 4 * MOST {
            self.drop_handle(0);
        }
        kind.enter(&mut self.blocks);
        self.handles.push(Handle { alloc: self.at, owner, kind });
    }

    fn counted(&mut self) -> Counted {
        let payload = self.number();
        self.counter.make(payload)
    }

    fn allocate(&mut self, id: u64, op: Op) -> Result<(), AllocError> {
        let (frame, seed) = (self.scope(id).frame(), self.number());
        let kind = match op {
            Op::Block(_, size, power) => {
                let layout = layout(size, power);
                let used = frame.bytes_used();
                let block = frame.try_alloc_layout(layout)?;
                let added = frame.bytes_used() - used;
                let rounded = u64::from(size).next_multiple_of(8);
                let most = rounded + (layout.align() as u64).saturating_sub(8);
                assert!(
                    size == 0 && added == 0 || (rounded..=most).contains(&added),
                    "{layout:?} took {added}"
                );
                let (start, len) = (block.as_mut_ptr().cast::<u8>(), block.len());
                assert_eq!(len, layout.size());
                self.blocks.enter(start, len, layout.align());
                let block = Pattern::fill(start, len, seed);
                self.scopes.iter_mut().find(|scope| scope.id == id).expect("it is open").blocks.push(block);
                return Ok(());
            }
            Op::Slice(_, len) => {
                let values = frame.try_slice_from_fn(len.into(), |n| n as u64 ^ seed)?;
                assert!(values.iter().enumerate().all(|(n, value)| n as u64 ^ seed == *value));
                let (start, len) = (values.as_mut_ptr().cast::<u8>(), size_of_val(values));
                self.blocks.enter(start, len, 8);
                let block = Pattern::fill(start, len, seed);
                self.scopes.iter_mut().find(|scope| scope.id == id).expect("it is open").blocks.push(block);
                return Ok(());
            }
            Op::Speculate(_, len, ok) => {
                let counter = &self.counter;
                let made = frame.speculate(|child| {
                    let mut vec = child.vec();
                    vec.try_extend_from_slice(&vec![seed; len.into()])?;
                    assert!(vec.iter().all(|value| *value == seed));
                    if ok { Ok(counter.make(seed)) } else { Err(AllocError::StaleCheckpoint) }
                });
                match made {
                    Err(AllocError::StaleCheckpoint) => return Ok(()),
                    // SAFETY: the world drops handles before their scope.
                    other => Kind::Boxed(unsafe { transmute(other?) }),
                }
            }
            Op::Boxed(_) => {
                let value = self.counted();
                // SAFETY: as above.
                Kind::Boxed(unsafe { transmute(frame.try_boxed(value)?) })
            }
            Op::NewVec(_) => {
                let capacity = seed as usize % 20;
                let vec = FrameVec::try_with_capacity_in(capacity, frame.frame_ref())?;
                Kind::Vec(vec, Vec::new())
            }
            Op::NewMap(_) => Kind::Map(FrameMap::new_in(frame.frame_ref()), BTreeMap::new()),
            Op::Retain(_, policy) => {
                let value = self.counted();
                let retained = frame.try_retain_named(RETAINED, value, self::policy(policy));
                // SAFETY: as above.
                Kind::Retained(unsafe { transmute(retained.map_err(|(_, error)| error)?) })
            }
            other => unreachable!("{other:?} is not about a scope"),
        };
        self.add(Owner::Frame(id), kind);
        Ok(())
    }

    /// The segment that ambient allocations are in now.
    fn segment(&mut self) -> u64 {
        if self.state().segments.is_empty() {
            let number = self.number();
            self.state().segments.push(number);
        }
        *self.state().segments.last().expect("there is one now")
    }

    fn ambient(&mut self, op: Op) -> Result<(), AllocError> {
        let (alloc, seed) = (self.alloc(), self.number());
        let kind = match op {
            Op::AmbientBlock(size, power) => {
                let layout = layout(size, power);
                let mut block = alloc.try_frame_layout(layout)?;
                assert_eq!((block.len(), block.as_ptr().addr() % layout.align()), (layout.size(), 0));
                let pattern = Pattern::fill(block.as_mut_ptr().cast(), layout.size(), seed);
                Kind::Block(block, pattern)
            }
            Op::AmbientBoxed => Kind::Boxed(alloc.try_frame_box(self.counted())?),
            Op::AmbientVec => {
                let vec = FrameVec::try_with_capacity_in(seed as usize % 20, alloc.try_frame_ref()?)?;
                Kind::Vec(vec, Vec::new())
            }
            Op::AmbientRetain(policy) => {
                let value = self.counted();
                let retained = alloc.try_frame_retained_named(RETAINED, value, self::policy(policy));
                Kind::Retained(retained.map_err(|(_, error)| error)?)
            }
            Op::SpeculateAmbient(len, ok) => {
                self.segment();
                let done: Result<(), Option<AllocError>> = alloc.speculative(|| {
                    let mut vec = FrameVec::new_in(alloc.try_frame_ref()?);
                    vec.try_extend_from_slice(&vec![seed; len.into()])?;
                    assert!(vec.iter().all(|value| *value == seed));
                    if ok { Ok(()) } else { Err(None) }
                });
                return done.or_else(|error| error.map_or(Ok(()), Err));
            }
            other => unreachable!("{other:?} is not ambient"),
        };
        let owner = Owner::Ambient(self.segment());
        self.add(owner, kind);
        Ok(())
    }

    fn object(&mut self, op: Op) -> Result<(), AllocError> {
        let alloc = self.alloc();
        let kind = match op {
            Op::Pool(0..=180) => Kind::Pool(alloc.try_pool_box(self.counted())?),
            Op::Pool(181..=220) => Kind::PoolLine(alloc.try_pool_box(Line([0x5a; 64]))?),
            Op::Pool(221..=250) => Kind::PoolPage(alloc.try_pool_box(Page([0xa5; 4096]))?),
            Op::Pool(_) => Kind::PoolLarge(alloc.try_pool_box(std::array::from_fn(|n| n as u64))?),
            Op::Heap(0..=220) => Kind::Heap(alloc.try_heap_box(self.counted())?),
            _ => Kind::HeapPage(alloc.try_heap_box(Page([0x55; 4096]))?),
        };
        self.add(Owner::Object, kind);
        Ok(())
    }

    /// Grows or shrinks a container.
    fn change(&mut self, n: u8, op: Op) -> Result<(), AllocError> {
        let containers: Vec<usize> = (0..self.handles.len())
            .filter(|&index| matches!(self.handles[index].kind, Kind::Vec(..) | Kind::Map(..)))
            .collect();
        let Some(&index) = containers.get(usize::from(n) % containers.len().max(1)) else { return Ok(()) };
        let owner = self.handles[index].owner;
        let back = std::mem::replace(&mut self.at, self.handles[index].alloc);
        let result = match owner {
            Owner::Frame(id) => self.in_scope(id, |world| world.change_at(index, op)),
            _ => self.change_at(index, op),
        };
        // An error is the other allocator's: judged here, because the caller looks at the one in use.
        let result = result.or_else(|error| {
            self.accept(&error, 0);
            Ok(())
        });
        self.at = back;
        result
    }

    fn change_at(&mut self, index: usize, op: Op) -> Result<(), AllocError> {
        let seed = self.number();
        let kind = &mut self.handles[index].kind;
        kind.leave(&mut self.blocks);
        let result = match (kind, op) {
            (Kind::Vec(vec, model), Op::Push(_, count)) => {
                let more: Vec<u64> = (0..u64::from(count)).map(|n| n ^ seed).collect();
                vec.try_extend_from_slice(&more).inspect(|()| model.extend(more))
            }
            (Kind::Map(map, model), Op::Push(_, count)) => (0..u64::from(count % 200)).try_for_each(|n| {
                let key = n ^ (seed % 64);
                assert_eq!(map.try_insert(key, seed)?, model.insert(key, seed));
                Ok(())
            }),
            (Kind::Vec(vec, model), _) => {
                vec.truncate(model.len() / 2);
                vec.shrink_to_fit();
                model.truncate(model.len() / 2);
                Ok(())
            }
            (Kind::Map(map, model), _) => {
                map.retain(|key, _| key % 2 == 0);
                model.retain(|key, _| key % 2 == 0);
                Ok(())
            }
            _ => unreachable!("a container was chosen"),
        };
        self.handles[index].kind.verify();
        self.handles[index].kind.enter(&mut self.blocks);
        result
    }

    fn drop_handle(&mut self, index: usize) {
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

    fn frame_op(&mut self, op: Op) -> Result<(), AllocError> {
        let (alloc, number) = (self.alloc(), self.number());
        let shared = self.shared;
        match op {
            Op::Begin => {
                let outermost = self.state().begun == 0;
                alloc.begin_frame();
                let state = self.state();
                state.begun += 1;
                if outermost {
                    state.segments = vec![number];
                    state.base = alloc.stats().total.frame.allocated_bytes;
                    assert!(shared || alloc.is_frame_active());
                }
            }
            Op::End => {
                alloc.end_frame();
                let state = self.state();
                if state.begun <= 1 {
                    state.segments.clear();
                }
                state.begun = state.begun.saturating_sub(1);
                assert!(shared || alloc.is_frame_active() == (state.begun > 0));
            }
            Op::Checkpoint => {
                let checkpoint = alloc.try_frame_checkpoint()?;
                self.segment();
                let state = self.state();
                state.segments.push(number);
                state.checkpoints.push((number, checkpoint));
            }
            Op::Rollback(n) | Op::Commit(n) => {
                let state = self.state();
                if state.checkpoints.is_empty() {
                    return Ok(());
                }
                let index = usize::from(n) % state.checkpoints.len();
                let (segment, checkpoint) = state.checkpoints[index].clone();
                let at = state.segments.iter().position(|other| *other == segment);
                let result = match op {
                    Op::Rollback(_) => alloc.rollback_to(&checkpoint),
                    _ => alloc.commit(&checkpoint),
                };
                self.rolled_back(at, &result, matches!(op, Op::Rollback(_)));
                if self.shared {
                    self.state().checkpoints.swap_remove(index);
                }
            }
            other => unreachable!("{other:?} is not about the ambient frame"),
        }
        Ok(())
    }

    fn rolled_back(&mut self, at: Option<usize>, result: &Result<(), AllocError>, rollback: bool) {
        let here = self.at;
        let Some(at) = at else {
            assert!(self.shared || *result == Err(AllocError::StaleCheckpoint), "{result:?}");
            return;
        };
        let gone = self.states[here].segments.split_off(at);
        let alive = self
            .handles_of(here)
            .filter_map(|handle| match handle.owner {
                Owner::Ambient(segment) => Some(segment),
                _ => None,
            })
            .chain(self.states[here].forgotten.iter().copied())
            .filter(|segment| gone.contains(segment))
            .count() as u64;
        if self.shared {
            return;
        }
        let expected = match alive {
            handles if rollback && handles > 0 => {
                Err(AllocError::HandlesAlive { operation: "rollback_to", handles })
            }
            _ => Ok(()),
        };
        assert_eq!(*result, expected);
        if !rollback {
            let below = self.states[here].segments[at - 1];
            for segment in &mut self.states[here].forgotten {
                if gone.contains(segment) {
                    *segment = below;
                }
            }
            for handle in self.handles.iter_mut().filter(|handle| handle.alloc == here) {
                if matches!(handle.owner, Owner::Ambient(segment) if gone.contains(&segment)) {
                    handle.owner = Owner::Ambient(below);
                }
            }
        }
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

fn layout(size: u32, power: u8) -> Layout {
    Layout::from_size_align(size as usize, 1 << power).expect("a valid layout")
}

fn policy(n: u8) -> RetentionPolicy {
    match n {
        0 => RetentionPolicy::Discard,
        1 => RetentionPolicy::PromoteToPool,
        2 => RetentionPolicy::PromoteToHeap,
        3 => RetentionPolicy::PromoteToScratch("model"),
        _ => RetentionPolicy::Leak,
    }
}
