//! Random programs against a model of plain vectors and maps.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use framealloc::{Group, GroupHandle, GroupId, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A top-level group.
    Create,
    /// A group inside the chosen one.
    Nest(u8),
    Value(u8, u64),
    Slice(u8, u8),
    Plain(u8, u8),
    /// Changes a value.
    Write(u8, u64),
    Free(u8),
    /// Frees with destructors that panic.
    FreePanicking(u8, u8),
    /// Frees on another thread.
    FreeElsewhere(u8),
}

fn any_op() -> impl Strategy<Value = Op> {
    let group = any::<u8>();
    prop_oneof![
        1 => Just(Op::Create),
        2 => group.prop_map(Op::Nest),
        6 => (group, any::<u64>()).prop_map(|(group, value)| Op::Value(group, value)),
        4 => (group, 0..40_u8).prop_map(|(group, len)| Op::Slice(group, len)),
        4 => (group, any::<u8>()).prop_map(|(group, len)| Op::Plain(group, len)),
        4 => (group, any::<u64>()).prop_map(|(group, value)| Op::Write(group, value)),
        1 => group.prop_map(Op::Free),
        1 => (group, 1..5_u8).prop_map(|(group, every)| Op::FreePanicking(group, every)),
        1 => group.prop_map(Op::FreeElsewhere),
    ]
}

/// What the model knows of one group.
struct Known {
    /// Ids from the top-level group's place down to this one.
    top: usize,
    path: Vec<GroupId>,
    values: HashMap<GroupHandle<Counted>, u64>,
    slices: Vec<(GroupHandle<[Counted]>, usize)>,
    plain: Vec<(GroupHandle<[u8]>, u8)>,
}

struct World<'a> {
    alloc: &'a SmartAlloc,
    counter: DropCounter,
    tops: Vec<Option<Group>>,
    known: Vec<Known>,
    stale: Vec<GroupHandle<Counted>>,
}

impl World<'_> {
    fn pick(&self, at: u8) -> Option<usize> {
        (!self.known.is_empty()).then(|| usize::from(at) % self.known.len())
    }

    fn group_mut(&mut self, index: usize) -> &mut Group {
        let known = &self.known[index];
        let top = self.tops[known.top].as_mut().expect("the model knows it");
        known.path.iter().fold(top, |group, id| &mut group[*id])
    }

    fn add(&mut self, top: usize, path: Vec<GroupId>) {
        let (values, slices, plain) = Default::default();
        self.known.push(Known { top, path, values, slices, plain });
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Create => {
                self.tops.push(Some(self.alloc.groups().create_group("top")));
                self.add(self.tops.len() - 1, Vec::new());
            }
            Op::Nest(at) => {
                let Some(index) = self.pick(at) else { return };
                let id = self.group_mut(index).create_group("inner");
                let path = self.known[index].path.iter().copied().chain([id]).collect();
                self.add(self.known[index].top, path);
            }
            Op::Value(at, value) => {
                let Some(index) = self.pick(at) else { return };
                let made = self.counter.make(value);
                let handle = self.group_mut(index).alloc(made);
                assert!(self.known[index].values.insert(handle, value).is_none(), "handles are distinct");
            }
            Op::Slice(at, len) => {
                let Some(index) = self.pick(at) else { return };
                let counter = self.counter.clone();
                let handle = self.group_mut(index).alloc_slice(len.into(), |n| counter.make(n as u64));
                self.known[index].slices.push((handle, len.into()));
            }
            Op::Plain(at, len) => {
                let Some(index) = self.pick(at) else { return };
                let handle = self.group_mut(index).alloc_slice(usize::from(len) * 8, |_| len);
                self.known[index].plain.push((handle, len));
            }
            Op::Write(at, value) => {
                let Some(index) = self.pick(at) else { return };
                let Some(handle) = self.known[index].values.keys().min_by_key(|h| format!("{h:?}")).copied()
                else {
                    return;
                };
                let made = self.counter.make(value);
                self.group_mut(index)[handle] = made;
                self.known[index].values.insert(handle, value);
            }
            Op::Free(at) => self.free(at, 0, false),
            Op::FreePanicking(at, every) => self.free(at, every.into(), false),
            Op::FreeElsewhere(at) => self.free(at, 0, true),
        }
        self.check();
    }

    fn free(&mut self, at: u8, panic_every: u64, elsewhere: bool) {
        let Some(index) = self.pick(at) else { return };
        let (top, path) = (self.known[index].top, self.known[index].path.clone());
        let gone = |known: &Known| known.top == top && known.path.starts_with(&path);
        let (freed, kept) = std::mem::take(&mut self.known).into_iter().partition::<Vec<_>, _>(gone);
        self.known = kept;
        let groups = freed.len() as u64;
        let objects: usize = freed
            .iter()
            .map(|known| {
                let slices: usize = known.slices.iter().map(|(_, len)| len).sum();
                let plain: usize = known.plain.iter().map(|(_, len)| usize::from(*len) * 8).sum();
                known.values.len() + slices + plain
            })
            .sum();
        self.stale.extend(freed.iter().flat_map(|known| known.values.keys().copied()));
        self.counter.panic_every(panic_every);
        let (alloc, tops) = (self.alloc, &mut self.tops);
        let work = || match path.split_last() {
            None => alloc.groups().free_group(tops[top].take().expect("the model knows it")),
            Some((id, outer)) => {
                let top = tops[top].as_mut().expect("the model knows it");
                outer.iter().fold(top, |group, id| &mut group[*id]).free_group(*id).expect("it is there")
            }
        };
        let result = if elsewhere { Ok(on_thread(work)) } else { catch_unwind(AssertUnwindSafe(work)) };
        self.counter.panic_every(0);
        match result {
            Ok(summary) => assert_eq!((summary.groups, summary.objects), (groups, objects as u64)),
            Err(_) => assert!(panic_every > 0),
        }
    }

    /// Every value is as the model has it, every stale handle names nothing, and no more is alive than what is known.
    fn check(&mut self) {
        let mut alive = 0;
        for index in 0..self.known.len() {
            let (known, stale) = (&self.known[index], &self.stale);
            let top = self.tops[known.top].as_ref().expect("the model knows it");
            let group = known.path.iter().fold(top, |group, id| &group[*id]);
            for (handle, value) in &known.values {
                group[*handle].verify();
                assert_eq!(group[*handle].payload, *value);
            }
            for (handle, len) in &known.slices {
                assert_eq!(group[*handle].len(), *len);
                group[*handle].iter().enumerate().for_each(|(n, value)| assert_eq!(value.payload, n as u64));
                alive += len;
            }
            for (handle, byte) in &known.plain {
                assert!(group[*handle].iter().all(|other| other == byte));
            }
            assert!(stale.iter().rev().take(5).all(|handle| group.get(*handle).is_none()));
            alive += known.values.len();
        }
        assert_eq!(self.counter.alive(), alive as u64, "destructors ran exactly once");
        let held: usize = self.tops.iter().flatten().map(held_by).sum();
        assert_eq!(self.alloc.stats().total.heap.live_bytes, held as u64, "the tag pays for what is held");
    }
}

fn held_by(group: &Group) -> usize {
    group.bytes_held() + group.groups().map(|(_, inner)| held_by(inner)).sum::<usize>()
}

fn run(ops: &[Op]) {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        let (tops, known, stale) = Default::default();
        let mut world = World { alloc: &fixture.alloc, counter: counter.clone(), tops, known, stale };
        ops.iter().for_each(|op| world.step(*op));
    });
    assert_eq!(counter.alive(), 0, "of {} values", counter.made());
    fixture.assert_all_freed();
}

#[test]
fn programs_agree_with_the_model() {
    let cases = std::env::var("FRAMEALLOC_TEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(if cfg!(miri) { 2 } else { 150 }),
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    runner
        .run(&vec(any_op(), 1..120), |ops| {
            run(&ops);
            Ok(())
        })
        .unwrap();
}
