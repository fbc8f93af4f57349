//! Objects of pool and heap, containers, and systems.

use allocator_api2::vec::Vec as OtherVec;
use framealloc::{AllocError, SmartAlloc, frame_system};

use super::handles::{Kind, Owner};
use super::ops::Op;
use super::world::World;
use crate::layouts::{Line, Page};

/// A system that uses every kind of memory, and itself. Refusals end it early.
#[frame_system(tag = "model/system", budget = "1MB", on_exceed = "fail", frame = frame)]
fn system(alloc: &SmartAlloc, depth: u8, count: u16) -> Result<u64, AllocError> {
    #[frame_local]
    let mut list: Vec<u64>;
    for n in 0..u64::from(count) {
        list.try_push(n)?;
    }
    let held = alloc.try_frame_box([depth; 100])?;
    let inner = if depth > 0 { system(alloc, depth - 1, count / 2)? } else { 0 };
    let values = frame.try_slice_from_fn(count.into(), |n| n as u64)?;
    let pool = alloc.try_pool_box([depth; 100])?;
    assert!(*held == [depth; 100] && *pool == [depth; 100]);
    assert_eq!(list[..], *values);
    Ok(inner + list.iter().sum::<u64>())
}

impl World {
    pub(super) fn object(&mut self, op: Op) -> Result<(), AllocError> {
        let alloc = self.alloc();
        let kind = match op {
            Op::Pool(0..=180) => Kind::Pool(alloc.try_pool_box(self.counted())?),
            Op::Pool(181..=220) => Kind::PoolLine(alloc.try_pool_box(Line([0x5a; 64]))?),
            Op::Pool(221..=250) => Kind::PoolPage(alloc.try_pool_box(Page([0xa5; 4096]))?),
            Op::PoolVec => Kind::PoolVec(OtherVec::new_in(alloc.pool_allocator()), Vec::new()),
            Op::HeapVec => Kind::HeapVec(OtherVec::new_in(alloc.heap_allocator()), Vec::new()),
            Op::Pool(_) => Kind::PoolLarge(alloc.try_pool_box(std::array::from_fn(|n| n as u64))?),
            Op::Heap(0..=220) => Kind::Heap(alloc.try_heap_box(self.counted())?),
            _ => Kind::HeapPage(alloc.try_heap_box(Page([0x55; 4096]))?),
        };
        self.add(Owner::Object, kind);
        Ok(())
    }

    /// Grows or shrinks a container.
    pub(super) fn change(&mut self, n: u8, op: Op) -> Result<(), AllocError> {
        let containers: Vec<usize> =
            (0..self.handles.len()).filter(|&index| self.handles[index].kind.is_container()).collect();
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
        let (mut refused, shared) = (false, self.shared);
        let kind = &mut self.handles[index].kind;
        kind.leave(&mut self.blocks);
        let result = match (kind, op) {
            (Kind::Vec(vec, model), Op::Push(_, count)) => {
                let more: Vec<u64> = (0..u64::from(count)).map(|n| n ^ seed).collect();
                vec.try_extend_from_slice(&more).inspect(|()| model.extend(more))
            }
            (Kind::PoolVec(vec, model), Op::Push(_, count)) => {
                refused = vec.try_reserve(count.into()).is_err();
                if !refused {
                    let more = (0..u64::from(count)).map(|n| n ^ seed);
                    vec.extend(more.clone());
                    model.extend(more);
                }
                Ok(())
            }
            (Kind::HeapVec(vec, model), Op::Push(_, count)) => {
                refused = vec.try_reserve(count.into()).is_err();
                if !refused {
                    let more = (0..u64::from(count)).map(|n| n ^ seed);
                    vec.extend(more.clone());
                    model.extend(more);
                }
                Ok(())
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
            (Kind::PoolVec(vec, model), _) => {
                vec.truncate(model.len() / 2);
                vec.shrink_to_fit();
                model.truncate(model.len() / 2);
                Ok(())
            }
            (Kind::HeapVec(vec, model), _) => {
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
        let state = self.state();
        assert!(
            !refused || state.fixture.backend.failed() > 0 || state.budgeted || shared,
            "nobody refused what a container wanted"
        );
        self.handles[index].kind.verify();
        self.handles[index].kind.enter(&mut self.blocks);
        result
    }

    pub(super) fn run_system(&mut self, depth: u8, count: u16) -> Result<(), AllocError> {
        let alloc = self.alloc();
        // The ambient frame may be opened by it.
        self.segment();
        let sum = |count: u64| count * count.saturating_sub(1) / 2;
        let expected: u64 = (0..=depth).map(|level| sum(u64::from(count >> level))).sum();
        assert_eq!(system(alloc, depth, count)?, expected);
        Ok(())
    }
}
