//! Objects of the pool and the heap.

use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec as OtherVec;
use framealloc::{Handle, PoolBox, TypedPool};

use super::Act;
use crate::chaos::here;
use crate::chaos::shelf::{Held, Kept, Outcome, keep_for_all};
use crate::chaos::value::{FILL, Value, Verify};

/// A pool of one type, and what is in it.
struct Typed {
    pool: TypedPool<Value<100>>,
    handles: Vec<Handle<Value<100>>>,
}

impl Held for Typed {
    fn verify(&self) {
        self.pool.iter().for_each(|(_, value)| value.verify());
        if self.pool.len() != self.handles.len() {
            here::blame(format!("a typed pool has {} of {} values", self.pool.len(), self.handles.len()));
        }
    }

    fn touch(&mut self, how: u8) -> Outcome {
        let Some(world) = here::world() else { return Ok(()) };
        match how % 4 {
            0 if !self.handles.is_empty() => {
                let handle = self.handles.swap_remove(usize::from(how) % self.handles.len());
                drop(self.pool.remove(handle));
                if self.pool.get(handle).is_some() {
                    here::blame("a removed value is still there".into());
                }
            }
            1 if how < 32 => {
                self.handles.clear();
                self.pool.clear();
            }
            _ => self.handles.push(self.pool.try_insert(world.value())?),
        }
        Ok(())
    }
}

/// A vector of the pool or the heap. What it is refused is not judged: the container does not say why.
struct Growing<A: Allocator>(OtherVec<u8, A>);

impl<A: Allocator> Held for Growing<A> {
    fn verify(&self) {
        self.0.verify();
    }

    fn touch(&mut self, how: u8) -> Outcome {
        if how.is_multiple_of(4) {
            self.0.truncate(usize::from(how));
            self.0.shrink_to_fit();
        } else if self.0.try_reserve(usize::from(how) * 8).is_ok() {
            self.0.resize(self.0.len() + usize::from(how) * 8, FILL);
        }
        Ok(())
    }
}

impl Act {
    pub(super) fn container(self, n: u8) {
        if n.is_multiple_of(2) {
            keep_for_all(self.world, Growing(OtherVec::new_in(self.alloc.pool_allocator())));
        } else {
            keep_for_all(self.world, Growing(OtherVec::new_in(self.alloc.heap_allocator())));
        }
    }

    pub(super) fn pool(self, size: u8) -> Outcome {
        match size % 8 {
            0..=4 => self.keep_pooled(self.alloc.try_pool_box(self.world.value::<30>())?),
            5..=6 => self.keep_pooled(self.alloc.try_pool_box(self.world.value::<2000>())?),
            // More than the largest class.
            _ => self.keep_pooled(self.alloc.try_pool_box(self.world.value::<40_000>())?),
        }
        Ok(())
    }

    fn keep_pooled<const N: usize>(self, boxed: PoolBox<Value<N>>) {
        keep_for_all(self.world, Kept(boxed));
    }

    pub(super) fn heap(self) -> Outcome {
        keep_for_all(self.world, Kept(self.alloc.try_heap_box(self.world.value::<70>())?));
        Ok(())
    }

    pub(super) fn typed_pool(self) {
        keep_for_all(self.world, Typed { pool: self.alloc.typed_pool(), handles: Vec::new() });
    }

    pub(super) fn keyed(self, key: u64, how: u8) -> Outcome {
        let keyed = &self.place.keyed;
        match how % 4 {
            0..=1 => keyed.insert(key, self.world.value())?,
            2 => {
                if let Some(acquired) = keyed.acquire(key) {
                    acquired.verify();
                    keep_for_all(self.world, Kept(acquired));
                }
            }
            _ => drop(keyed.remove(key)),
        }
        Ok(())
    }
}
