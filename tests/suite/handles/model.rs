//! Random programs against a naive model.

use std::collections::BTreeMap;

use framealloc::{HandleMut, HandleRef, ObjectHandle, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Alloc { size: usize, power: u32 },
    Free(usize),
    Write(usize, u8),
    Read(usize),
    ReadAndHold(usize),
    WriteAndHold(usize),
    LetGo(usize),
    Pin(usize),
    Unpin(usize),
    Defragment(usize),
}

fn any_op() -> impl Strategy<Value = Op> {
    let size = prop_oneof![4 => 0..300_usize, 3 => 300..5000_usize, 1 => 5000..40_000_usize];
    prop_oneof![
        8 => (size, 0..14_u32).prop_map(|(size, power)| Op::Alloc { size, power }),
        6 => any::<usize>().prop_map(Op::Free),
        2 => any::<(usize, u8)>().prop_map(|(at, byte)| Op::Write(at, byte)),
        2 => any::<usize>().prop_map(Op::Read),
        1 => any::<usize>().prop_map(Op::ReadAndHold),
        1 => any::<usize>().prop_map(Op::WriteAndHold),
        2 => any::<usize>().prop_map(Op::LetGo),
        1 => any::<usize>().prop_map(Op::Pin),
        1 => any::<usize>().prop_map(Op::Unpin),
        2 => (0..60_000_usize).prop_map(Op::Defragment),
    ]
}

struct Known {
    handle: ObjectHandle<[u8]>,
    bytes: Vec<u8>,
    align: usize,
    /// The handle was not freed.
    named: bool,
    pins: Vec<usize>,
    readers: usize,
    writers: usize,
}

impl Known {
    fn exists(&self) -> bool {
        self.named || self.readers + self.writers + self.pins.len() > 0
    }
}

enum Guard<'a> {
    Read(HandleRef<'a, [u8]>),
    Write(HandleMut<'a, [u8]>),
}

#[derive(Default)]
struct World<'a> {
    objects: BTreeMap<usize, Known>,
    guards: Vec<(usize, Guard<'a>)>,
    made: usize,
}

impl<'a> World<'a> {
    fn pick(&mut self, at: usize) -> Option<(usize, &mut Known)> {
        let nth = at.checked_rem(self.objects.len())?;
        self.objects.iter_mut().nth(nth).map(|(number, known)| (*number, known))
    }

    fn step(&mut self, alloc: &'a SmartAlloc, op: Op) {
        let handles = alloc.handles();
        match op {
            Op::Alloc { size, power } => {
                let handle = handles.alloc_bytes(size, 1 << power).unwrap();
                let bytes: Vec<u8> = (0..size).map(|at| (at + self.made) as u8).collect();
                handles.resolve_mut(handle).unwrap().copy_from_slice(&bytes);
                let known = Known {
                    handle,
                    bytes,
                    align: 1 << power,
                    named: true,
                    pins: Vec::new(),
                    readers: 0,
                    writers: 0,
                };
                self.objects.insert(self.made, known);
                self.made += 1;
            }
            Op::Free(at) => {
                let Some((number, known)) = self.pick(at) else { return };
                assert_eq!(handles.free(known.handle), known.named);
                known.named = false;
                self.forget(number);
            }
            Op::Write(at, byte) => {
                let Some((_, known)) = self.pick(at) else { return };
                let guard = handles.resolve_mut(known.handle);
                assert_eq!(guard.is_some(), known.named && known.readers + known.writers == 0);
                if let Some(mut guard) = guard {
                    guard.fill(byte);
                    known.bytes.fill(byte);
                }
            }
            Op::Read(at) => {
                let Some((_, known)) = self.pick(at) else { return };
                let guard = handles.resolve(known.handle);
                assert_eq!(guard.is_some(), known.named && known.writers == 0);
                if let Some(guard) = guard {
                    assert!(*guard == *known.bytes && guard.as_ptr().addr().is_multiple_of(known.align));
                }
            }
            Op::ReadAndHold(at) => {
                let Some((number, known)) = self.pick(at) else { return };
                if let Some(guard) = handles.resolve(known.handle) {
                    known.readers += 1;
                    self.guards.push((number, Guard::Read(guard)));
                }
            }
            Op::WriteAndHold(at) => {
                let Some((number, known)) = self.pick(at) else { return };
                if let Some(guard) = handles.resolve_mut(known.handle) {
                    known.writers += 1;
                    self.guards.push((number, Guard::Write(guard)));
                }
            }
            Op::LetGo(at) => self.let_go(at),
            Op::Pin(at) => {
                let Some((_, known)) = self.pick(at) else { return };
                let place = handles.pin(known.handle);
                assert_eq!(place.is_some(), known.named);
                known.pins.extend(place.map(|place| place.cast::<u8>().addr().get()));
            }
            Op::Unpin(at) => {
                let Some((number, known)) = self.pick(at) else { return };
                assert_eq!(handles.unpin(known.handle), known.pins.pop().is_some());
                self.forget(number);
            }
            Op::Defragment(budget) => {
                assert!(handles.defragment(budget).bytes_moved <= budget as u64);
            }
        }
        self.verify(alloc);
    }

    fn let_go(&mut self, at: usize) {
        let Some(at) = at.checked_rem(self.guards.len()) else { return };
        let (number, guard) = self.guards.swap_remove(at);
        let known = self.objects.get_mut(&number).unwrap();
        match guard {
            Guard::Read(guard) => {
                assert_eq!(*guard, *known.bytes);
                known.readers -= 1;
            }
            Guard::Write(guard) => {
                assert_eq!(*guard, *known.bytes);
                known.writers -= 1;
            }
        }
        self.forget(number);
    }

    fn forget(&mut self, number: usize) {
        if self.objects.get(&number).is_some_and(|known| !known.exists()) {
            self.objects.remove(&number);
        }
    }

    fn verify(&self, alloc: &SmartAlloc) {
        let stats = alloc.stats().handles;
        let bytes: usize = self.objects.values().map(|known| known.bytes.len()).sum();
        assert_eq!((stats.objects, stats.live_bytes), (self.objects.len() as u64, bytes as u64));
        assert!(stats.live_bytes <= stats.resident_bytes);
        assert_eq!(alloc.stats().total.heap.live_bytes, bytes as u64);
        for known in self.objects.values().filter(|known| known.named && known.writers == 0) {
            let guard = alloc.handles().resolve(known.handle).unwrap();
            assert!(*guard == *known.bytes && guard.as_ptr().addr().is_multiple_of(known.align));
            assert!(known.pins.iter().all(|place| *place == guard.as_ptr().addr()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 60 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn programs_agree_with_the_model(ops in vec(any_op(), 1..250)) {
        let fixture = Fixture::small();
        on_thread(|| {
            let mut world = World::default();
            ops.iter().for_each(|op| world.step(&fixture.alloc, *op));
            while !world.guards.is_empty() {
                world.let_go(0);
            }
            for known in world.objects.values() {
                fixture.alloc.handles().free(known.handle);
                known.pins.iter().for_each(|_| assert!(fixture.alloc.handles().unpin(known.handle)));
            }
            let stats = fixture.alloc.handles().stats();
            assert_eq!((stats.objects, stats.live_bytes, fixture.alloc.stats().total.live_bytes()), (0, 0, 0));
        });
        fixture.assert_all_freed();
    }
}
