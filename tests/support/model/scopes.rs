//! Operations on scoped frames.

use std::alloc::Layout;
use std::collections::BTreeMap;
use std::mem::transmute;

use framealloc::{AllocError, FrameBox, FrameMap, FrameVec, Retained, RetentionPolicy};

use super::blocks::Pattern;
use super::handles::{Kind, Owner, Scope, ScopeFrame};
use super::ops::Op;
use super::world::{MOST, RETAINED, World};
use crate::Counted;

impl World {
    pub(super) fn pick_scope(&self, n: u8) -> Option<u64> {
        let here: Vec<u64> =
            self.scopes.iter().filter(|scope| scope.alloc == self.at).map(|scope| scope.id).collect();
        here.get(usize::from(n) % here.len().max(1)).copied()
    }

    pub(super) fn scope(&self, id: u64) -> &Scope {
        self.scopes.iter().find(|scope| scope.id == id).expect("the scope is open")
    }

    pub(super) fn open(&mut self, op: Op) -> Result<(), AllocError> {
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
    pub(super) fn close(&mut self, id: u64) {
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
    pub(super) fn in_scope<R>(&mut self, id: u64, work: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.scope(id).frame().bytes_used();
        let result = work(self);
        let added = self.scope(id).frame().bytes_used() as i64 - before as i64;
        let tag = self.states[self.scope(id).alloc].context.tag_path().to_owned();
        let scope = self.scopes.iter_mut().find(|scope| scope.id == id).expect("the scope is open");
        *scope.records.entry(tag).or_default() += added;
        result
    }

    pub(super) fn allocate(&mut self, id: u64, op: Op) -> Result<(), AllocError> {
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
                    other => Kind::Boxed(unsafe {
                        transmute::<FrameBox<'_, Counted>, FrameBox<'static, Counted>>(other?)
                    }),
                }
            }
            Op::Boxed(_) => {
                let value = self.counted();
                // SAFETY: as above.
                Kind::Boxed(unsafe {
                    transmute::<FrameBox<'_, Counted>, FrameBox<'static, Counted>>(frame.try_boxed(value)?)
                })
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
                Kind::Retained(unsafe {
                    transmute::<Retained<'_, Counted>, Retained<'static, Counted>>(
                        retained.map_err(|(_, error)| error)?,
                    )
                })
            }
            other => unreachable!("{other:?} is not about a scope"),
        };
        self.add(Owner::Frame(id), kind);
        Ok(())
    }
}

pub(super) fn layout(size: u32, power: u8) -> Layout {
    Layout::from_size_align(size as usize, 1 << power).expect("a valid layout")
}

pub(super) fn policy(n: u8) -> RetentionPolicy {
    match n {
        0 => RetentionPolicy::Discard,
        1 => RetentionPolicy::PromoteToPool,
        2 => RetentionPolicy::PromoteToHeap,
        3 => RetentionPolicy::PromoteToScratch("model"),
        _ => RetentionPolicy::Leak,
    }
}
