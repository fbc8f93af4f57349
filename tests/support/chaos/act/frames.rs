//! Frames: scoped ones, the ambient one, and what is said about their contents.

use std::cell::Cell;

use framealloc::{
    AllocError, Checkpoint, CheckpointGuard, Frame, FrameVec, Retained, RetentionPolicy, SmartAlloc,
    TaskContext, frame_system,
};

use super::Act;
use crate::chaos::here::{Caller, interrupt};
use crate::chaos::op::TAGS;
use crate::chaos::shelf::{Held, Kept, Lent, Outcome, Plain, keep, keep_for_all};
use crate::chaos::value::{FILL, Value, Verify};
use crate::chaos::world::{MOST, World, lock};
use crate::model::Pattern;

/// What promotions are called.
const RETAINED: &str = "kept";
pub(super) type Promotable = Value<12>;

/// An open frame with blocks in it.
struct Open {
    blocks: Vec<Pattern>,
    frame: Frame,
}

impl Held for Open {
    fn verify(&self) {
        self.blocks.iter().for_each(Pattern::verify);
    }

    fn touch(&mut self, how: u8) -> Outcome {
        let (len, seed) = (usize::from(how) * 9, self.blocks.len() as u64);
        let block = self.frame.try_slice_from_fn(len, |_| FILL)?;
        self.blocks.push(Pattern::fill(block.as_mut_ptr(), len, seed));
        Ok(())
    }
}

/// A vector that grows.
struct Growing(FrameVec<'static, u8>);

impl Held for Growing {
    fn verify(&self) {
        self.0.verify();
    }

    fn touch(&mut self, how: u8) -> Outcome {
        if how.is_multiple_of(4) {
            self.0.truncate(usize::from(how));
            self.0.shrink_to_fit();
        }
        (0..how).try_for_each(|_| self.0.try_push(FILL))
    }
}

struct Marked(&'static SmartAlloc, Checkpoint);

impl Held for Marked {
    fn end(self: Box<Self>, how: u8) -> Outcome {
        if how.is_multiple_of(2) { self.0.commit(&self.1) } else { self.0.rollback_to(&self.1) }
    }
}

struct Guarded(CheckpointGuard<'static>);

impl Held for Guarded {
    fn end(self: Box<Self>, how: u8) -> Outcome {
        match how % 3 {
            0 => Ok(()),
            1 => self.0.rollback(),
            _ => {
                self.0.commit();
                Ok(())
            }
        }
    }
}

struct Future(Retained<'static, Promotable>);

impl Held for Future {
    fn verify(&self) {
        self.0.get().verify();
    }

    fn touch(&mut self, _how: u8) -> Outcome {
        self.0.get_mut().refresh();
        Ok(())
    }
}

/// A context that is entered on whatever thread takes it.
struct Captured(TaskContext);

impl Held for Captured {
    fn end(self: Box<Self>, _how: u8) -> Outcome {
        keep(Plain(self.0.enter()));
        Ok(())
    }
}

/// A system that uses every kind of memory, and itself. Refusals end it early.
#[frame_system(tag = "chaos/system", budget = "16KB", on_exceed = "fail", frame = frame, heap = "warn")]
fn system(alloc: &'static SmartAlloc, world: &'static World, depth: u8, len: usize) -> Outcome {
    #[frame_local]
    let mut list: Vec<u8>;
    let values = frame.try_slice_from_fn(len, |_| FILL)?;
    let kept = frame.try_boxed(world.value::<55>())?;
    list.try_push(FILL)?;
    interrupt(Caller::Closure);
    let retained = frame.try_retain_named(RETAINED, world.value::<12>(), policy(depth));
    let retained = retained.map_err(|(_, error)| error)?;
    if depth > 0 {
        system(alloc, world, depth - 1, len / 2)?;
    }
    list.try_push(FILL)?;
    values.verify();
    list.verify();
    kept.verify();
    retained.get().verify();
    Ok(())
}

fn policy(n: u8) -> RetentionPolicy {
    match n % 4 {
        0 => RetentionPolicy::PromoteToPool,
        1 => RetentionPolicy::PromoteToHeap,
        2 => RetentionPolicy::PromoteToScratch("p"),
        _ => RetentionPolicy::Discard,
    }
}

impl Act {
    pub(super) fn open_frame(self) -> Outcome {
        keep(Open { blocks: Vec::new(), frame: self.alloc.try_frame()? });
        Ok(())
    }

    pub(super) fn scoped_frame(self, len: usize) -> Outcome {
        let frame = self.alloc.try_frame()?;
        let value = frame.try_boxed(self.world.value::<55>())?;
        interrupt(Caller::Closure);
        let block = frame.try_slice_from_fn(len, |at| {
            if at == len / 2 {
                interrupt(Caller::Closure);
            }
            FILL
        })?;
        let child = frame.try_child()?;
        let inner = child.try_boxed(self.world.value::<300>())?;
        interrupt(Caller::Closure);
        block.verify();
        value.verify();
        inner.verify();
        Ok(())
    }

    pub(super) fn speculate(self, len: usize, ok: bool) -> Outcome {
        let done = self.alloc.speculative(|| -> Result<(), Option<AllocError>> {
            let block = self.alloc.try_frame_slice::<u8>(len)?;
            interrupt(Caller::Closure);
            assert!(block.iter().all(|byte| *byte == 0), "a slice of zeros was overwritten");
            if ok { Ok(()) } else { Err(None) }
        });
        match done {
            Err(Some(error)) => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn ambient_box(self) -> Outcome {
        keep(Kept(self.alloc.try_frame_box(self.world.value::<66>())?));
        Ok(())
    }

    pub(super) fn ambient_block(self, len: usize) -> Outcome {
        let mut block = self.alloc.try_frame_slice::<u8>(len)?;
        block.fill(FILL);
        keep(Kept(block));
        Ok(())
    }

    pub(super) fn ambient_vec(self, capacity: usize) -> Outcome {
        keep(Growing(self.alloc.try_frame_vec_with_capacity(capacity)?));
        Ok(())
    }

    pub(super) fn checkpoint(self) -> Outcome {
        keep(Marked(self.alloc, self.alloc.try_frame_checkpoint()?));
        Ok(())
    }

    pub(super) fn checkpoint_guard(self) -> Outcome {
        keep(Guarded(self.alloc.checkpoint_guard()));
        Ok(())
    }

    pub(super) fn retain(self, n: u8) -> Outcome {
        let value = self.world.value();
        let retained = self.alloc.try_frame_retained_named(RETAINED, value, policy(n));
        let retained = retained.map_err(|(_, error)| error)?;
        if n >= 128 {
            keep(Future(retained));
        }
        Ok(())
    }

    pub(super) fn take_promotions(self) {
        let mut promotions = self.alloc.take_promotions().promotions;
        while let Some(value) = promotions.take::<Promotable>(RETAINED) {
            value.verify();
        }
        while let Some(value) = promotions.take_failed::<Promotable>(RETAINED) {
            value.verify();
        }
    }

    pub(super) fn share(self, frames: u64) -> Outcome {
        let handle = self.alloc.try_share_for(self.world.value(), frames)?;
        let mut shared = lock(&self.place.shared);
        shared.push(handle);
        if shared.len() > MOST {
            shared.swap_remove(0);
        }
        Ok(())
    }

    pub(super) fn read_shared(self, n: u8) {
        let handle = {
            let shared = lock(&self.place.shared);
            usize::from(n).checked_rem(shared.len()).map(|at| shared[at])
        };
        if let Some(guard) = handle.and_then(|handle| handle.read(self.alloc)) {
            guard.verify();
            keep_for_all(self.world, Lent(guard));
        }
    }

    pub(super) fn tag(self, n: u8) {
        let name = TAGS[usize::from(n % 4)];
        // Text nests in the current tag, a tag that was looked up does not.
        if n < 128 {
            thread_local! {
                static DEPTH: Cell<u32> = const { Cell::new(0) };
            }
            struct Nested(
                #[expect(dead_code, reason = "its drop is what counts")] framealloc::TagGuard<'static>,
            );
            impl Drop for Nested {
                fn drop(&mut self) {
                    DEPTH.set(DEPTH.get() - 1);
                }
            }
            impl Held for Nested {}
            if DEPTH.get() < 3 {
                DEPTH.set(DEPTH.get() + 1);
                keep(Nested(self.alloc.tag_scope(name)));
            }
        } else {
            keep(Plain(self.alloc.tag_scope(self.alloc.tag(name))));
        }
    }

    pub(super) fn capture(self) {
        keep_for_all(self.world, Captured(TaskContext::of(self.alloc)));
    }

    pub(super) fn system(self, depth: u8, len: usize) -> Outcome {
        system(self.alloc, self.world, depth, len)
    }
}
