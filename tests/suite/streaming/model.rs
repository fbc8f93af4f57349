//! Random programs against a naive model.

use framealloc::{StreamData, StreamError, StreamId, StreamPriority, Streaming};
use framealloc_tests::{Fixture, on_thread};
use proptest::collection::vec;
use proptest::prelude::*;

const PRIORITIES: [StreamPriority; 4] =
    [StreamPriority::Low, StreamPriority::Normal, StreamPriority::High, StreamPriority::Critical];

#[derive(Clone, Copy, Debug)]
enum Op {
    Reserve(usize, usize),
    Write(usize, usize),
    Finish(usize),
    Access(usize),
    Hold(usize),
    LetGo,
    Evict(usize),
    Release(usize),
    Budget(usize),
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..900_usize, 0..4_usize).prop_map(|(size, priority)| Op::Reserve(size, priority)),
        6 => any::<(usize, usize)>().prop_map(|(at, bytes)| Op::Write(at, bytes)),
        6 => any::<usize>().prop_map(Op::Finish),
        4 => any::<usize>().prop_map(Op::Access),
        1 => any::<usize>().prop_map(Op::Hold),
        1 => Just(Op::LetGo),
        1 => any::<usize>().prop_map(Op::Evict),
        2 => any::<usize>().prop_map(Op::Release),
        1 => (500..4000_usize).prop_map(Op::Budget),
    ]
}

struct Known {
    id: StreamId,
    size: usize,
    priority: StreamPriority,
    used_at: usize,
    /// `None` when it is evicted.
    loaded: Option<usize>,
    finished: bool,
    holders: usize,
}

#[derive(Default)]
struct World {
    known: Vec<Known>,
    held: Vec<(StreamId, usize, StreamData)>,
    /// Bytes of released resources that are held.
    orphaned: usize,
    budget: usize,
    clock: usize,
}

impl World {
    fn used(&self) -> usize {
        self.orphaned
            + self.known.iter().filter(|known| known.loaded.is_some()).map(|known| known.size).sum::<usize>()
    }

    /// The model of an eviction: whether there is room afterwards.
    fn make_room(&mut self, size: usize, priority: StreamPriority) -> bool {
        let missing = (self.used() + size).saturating_sub(self.budget);
        let mut order: Vec<usize> = (0..self.known.len())
            .filter(|at| {
                let known = &self.known[*at];
                known.finished
                    && known.size > 0
                    && known.holders == 0
                    && known.priority <= priority
                    && known.priority != StreamPriority::Critical
            })
            .collect();
        if order.iter().map(|at| self.known[*at].size).sum::<usize>() < missing {
            return false;
        }
        order.sort_by_key(|at| (self.known[*at].priority, self.known[*at].used_at));
        let mut freed = 0;
        for at in order {
            if freed >= missing {
                break;
            }
            freed += self.known[at].size;
            (self.known[at].loaded, self.known[at].finished) = (None, false);
        }
        true
    }

    fn pick(&self, at: usize) -> Option<usize> {
        at.checked_rem(self.known.len())
    }

    fn step(&mut self, streaming: Streaming<'_>, op: Op) {
        self.clock += 1;
        match op {
            Op::Reserve(size, priority) => {
                let priority = PRIORITIES[priority];
                let (fits, reserved) = (self.make_room(size, priority), streaming.reserve(size, priority));
                assert_eq!(reserved.is_ok(), fits, "{reserved:?}");
                self.known.extend(reserved.ok().map(|id| Known {
                    id,
                    size,
                    priority,
                    used_at: 0,
                    loaded: Some(0),
                    finished: false,
                    holders: 0,
                }));
            }
            Op::Write(at, bytes) => {
                let Some(at) = self.pick(at) else { return };
                let (id, size, priority) = (self.known[at].id, self.known[at].size, self.known[at].priority);
                if self.known[at].finished {
                    assert_eq!(streaming.begin_load(id).unwrap_err(), StreamError::AlreadyLoaded);
                    return;
                }
                if self.known[at].loaded.is_none() {
                    let fits = self.make_room(size, priority);
                    assert_eq!(streaming.begin_load(id).is_ok(), fits);
                    if !fits {
                        return;
                    }
                    self.known[at].loaded = Some(0);
                }
                let loaded = self.known[at].loaded.unwrap();
                let bytes = bytes % (size - loaded + 2);
                let written = streaming.write(id, &vec![fill(id); bytes]);
                assert_eq!(written.is_ok(), loaded + bytes <= size);
                if written.is_ok() {
                    self.known[at].loaded = Some(loaded + bytes);
                }
            }
            Op::Finish(at) => {
                let Some(at) = self.pick(at) else { return };
                let known = &mut self.known[at];
                if known.finished || known.loaded.is_none() {
                    return;
                }
                let finished = streaming.finish_load(known.id).is_ok();
                assert_eq!(finished, known.loaded == Some(known.size));
                (known.finished, known.used_at) = (finished, self.clock);
            }
            Op::Access(at) | Op::Hold(at) => {
                let Some(at) = self.pick(at) else { return };
                let known = &mut self.known[at];
                let data = streaming.access(known.id);
                assert_eq!(data.is_ok(), known.finished);
                assert_eq!(matches!(data, Err(StreamError::Evicted)), known.loaded.is_none());
                if let Ok(data) = data {
                    assert!(data.len() == known.size && data.iter().all(|byte| *byte == fill(known.id)));
                    known.used_at = self.clock;
                    if matches!(op, Op::Hold(_)) {
                        known.holders += 1;
                        self.held.push((known.id, known.size, data));
                    }
                }
            }
            Op::LetGo => {
                let Some((id, size, data)) = self.held.pop() else { return };
                assert!(data.iter().all(|byte| *byte == fill(id)));
                match self.known.iter_mut().find(|known| known.id == id) {
                    Some(known) => known.holders -= 1,
                    None if self.held.iter().all(|(other, ..)| *other != id) => self.orphaned -= size,
                    None => {}
                }
            }
            Op::Evict(at) => {
                let Some(at) = self.pick(at) else { return };
                let known = &mut self.known[at];
                assert_eq!(streaming.evict(known.id).is_ok(), known.holders == 0);
                if known.holders == 0 {
                    (known.loaded, known.finished) = (None, false);
                }
            }
            Op::Release(at) => {
                let Some(at) = self.pick(at) else { return };
                let known = self.known.swap_remove(at);
                assert!(streaming.release(known.id));
                self.orphaned += if known.holders > 0 { known.size } else { 0 };
            }
            Op::Budget(bytes) => {
                self.budget = bytes;
                streaming.set_budget(bytes);
                let above = self.used().saturating_sub(bytes);
                let most: usize = self
                    .known
                    .iter()
                    .filter(|known| {
                        known.finished && known.holders == 0 && known.priority != StreamPriority::Critical
                    })
                    .map(|known| known.size)
                    .sum();
                // As much as may go: a request of nothing, with the budget that much can be reached.
                self.budget = self.used() - above.min(most);
                assert!(self.make_room(0, StreamPriority::Critical));
                self.budget = bytes;
            }
        }
        assert_eq!(streaming.stats().used_bytes, self.used() as u64);
    }
}

/// What a resource is filled with.
fn fill(id: StreamId) -> u8 {
    format!("{id:?}").bytes().fold(1, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(byte))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 120 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn programs_agree_with_the_model(ops in vec(any_op(), 1..150)) {
        let fixture = Fixture::small();
        on_thread(|| {
            let streaming = fixture.alloc.streaming();
            let mut world = World { budget: 2500, ..World::default() };
            streaming.set_budget(2500);
            ops.iter().for_each(|op| world.step(streaming, *op));
            assert_eq!(fixture.alloc.stats().total.heap.live_bytes, world.used() as u64);
        });
        fixture.assert_all_freed();
    }
}
