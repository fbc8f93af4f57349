//! Groups, scratch memory, objects behind handles, streams.

use std::sync::Mutex;

use framealloc::{Group, GroupHandle, GroupId, ScratchAllocator, StreamId, StreamPriority};

use super::Act;
use crate::chaos::here::{self, Caller, interrupt};
use crate::chaos::shelf::{Held, Kept, Lent, Outcome, keep_for_all, oldest_of_many};
use crate::chaos::value::{FILL, Value, Verify};
use crate::chaos::world::lock;

/// A group, and what is in it.
struct Known {
    values: Vec<GroupHandle<Value<10>>>,
    slices: Vec<GroupHandle<[Value<24>]>>,
    inner: Vec<GroupId>,
    group: Group,
}

impl Held for Known {
    fn verify(&self) {
        let values =
            self.values.iter().filter_map(|handle| self.group.get(*handle)).map(Verify::verify).count();
        let slices =
            self.slices.iter().filter_map(|handle| self.group.get(*handle)).map(Verify::verify).count();
        if (values, slices) != (self.values.len(), self.slices.len()) {
            here::blame("a group lost a value".into());
        }
    }

    fn touch(&mut self, how: u8) -> Outcome {
        let Some(world) = here::world() else { return Ok(()) };
        match how % 6 {
            0..=1 => self.values.push(self.group.try_alloc(world.value())?),
            2 => self.slices.push(self.group.try_alloc_slice(usize::from(how % 5), |_| world.value())?),
            3 => {
                let id = self.group.create_group("inner");
                self.inner.push(id);
                let inner = &mut self.group[id];
                let handle = inner.try_alloc(world.value::<300>())?;
                inner[handle].verify();
            }
            4 => {
                if let Some(handle) = self.values.first().copied() {
                    self.group[handle] = world.value();
                }
            }
            _ => {
                if let Some(id) = self.inner.pop() {
                    self.group.free_group(id)?;
                }
            }
        }
        Ok(())
    }
}

/// A scratch allocator of one owner.
struct Scratch(ScratchAllocator);

impl Held for Scratch {
    fn touch(&mut self, how: u8) -> Outcome {
        let len = usize::from(how) * 30;
        self.0.with_scope(|scope| -> Outcome {
            let outer = fill(scope.try_alloc_slice(10)?);
            scope.with_scope(|scope| -> Outcome {
                let inner = fill(scope.try_alloc_slice(len)?);
                interrupt(Caller::Closure);
                inner.verify();
                Ok(())
            })?;
            outer.verify();
            Ok(())
        })?;
        if how.is_multiple_of(4) {
            self.0.reset();
        }
        Ok(())
    }
}

fn fill(block: &mut [std::mem::MaybeUninit<u8>]) -> &[u8] {
    block.fill(std::mem::MaybeUninit::new(FILL));
    // SAFETY: each byte was written.
    unsafe { block.assume_init_ref() }
}

impl Act {
    pub(super) fn group(self) {
        let group = self.alloc.groups().create_group("group");
        keep_for_all(self.world, Known { values: Vec::new(), slices: Vec::new(), inner: Vec::new(), group });
    }

    pub(super) fn scratch_box(self, n: u8) -> Outcome {
        let pool = self.alloc.scratch_pool(["p", "q"][usize::from(n % 2)]);
        keep_for_all(self.world, Kept(pool.boxed(self.world.value::<77>())?));
        Ok(())
    }

    pub(super) fn scratch_scope(self, n: u8, len: usize) -> Outcome {
        let pool = self.alloc.scratch_pool(["p", "q"][usize::from(n % 2)]);
        pool.with_scope(|scope| {
            let block = fill(scope.try_alloc_slice(len)?);
            interrupt(Caller::Closure);
            let more = fill(scope.try_alloc_slice(len / 2)?);
            interrupt(Caller::Closure);
            block.verify();
            more.verify();
            Ok(())
        })
    }

    pub(super) fn own_scratch(self) -> Outcome {
        keep_for_all(self.world, Scratch(self.alloc.create_scratch_allocator(20_000)?));
        Ok(())
    }

    pub(super) fn new_handle(self) -> Outcome {
        let handle = self.alloc.handles().try_alloc(self.world.value())?;
        let over = {
            let mut handles = lock(&self.place.handles);
            handles.push(handle);
            oldest_of_many(&mut handles)
        };
        if let Some(over) = over {
            self.alloc.handles().free(over);
        }
        Ok(())
    }

    pub(super) fn use_handle(self, n: u8, how: u8) {
        let handles = self.alloc.handles();
        let Some(handle) = pick(&self.place.handles, n) else { return };
        match how % 6 {
            0..=1 => {
                lock(&self.place.handles).retain(|other| *other != handle);
                handles.free(handle);
            }
            2 => {
                if let Some(guard) = handles.resolve(handle) {
                    guard.verify();
                    keep_for_all(self.world, Lent(guard));
                }
            }
            3 => {
                if let Some(mut guard) = handles.resolve_mut(handle) {
                    guard.verify();
                    guard.refresh();
                    keep_for_all(self.world, Lent(guard));
                }
            }
            4 => {
                if let Some(guard) = handles.resolve(handle) {
                    interrupt(Caller::Closure);
                    guard.verify();
                }
            }
            _ => {
                if let Some(place) = handles.pin(handle) {
                    interrupt(Caller::Closure);
                    if let Some(guard) = handles.resolve(handle) {
                        guard.verify();
                        if !std::ptr::eq(&*guard, place.as_ptr()) {
                            here::blame("a pinned object moved".into());
                        }
                    }
                    handles.unpin(handle);
                }
            }
        }
    }

    pub(super) fn new_stream(self, size: usize, priority: u8) -> Outcome {
        let priority = [StreamPriority::Low, StreamPriority::High][usize::from(priority % 2)];
        let stream = self.alloc.streaming().reserve(size, priority)?;
        let over = {
            let mut streams = lock(&self.place.streams);
            streams.push(stream);
            oldest_of_many(&mut streams)
        };
        if let Some(over) = over {
            self.alloc.streaming().release(over);
        }
        Ok(())
    }

    /// Errors of streams depend on who else uses them, and are not judged.
    pub(super) fn use_stream(self, n: u8, how: u8) {
        let streaming = self.alloc.streaming();
        let Some(stream) = pick(&self.place.streams, n) else { return };
        match how % 6 {
            0..=1 => self.load(stream),
            2 => {
                if let Ok(data) = streaming.access(stream) {
                    data.verify();
                    keep_for_all(self.world, Kept(data));
                }
            }
            3 => drop(streaming.evict(stream)),
            4 => drop(streaming.write(stream, &[FILL; 10])),
            _ => {
                lock(&self.place.streams).retain(|other| *other != stream);
                streaming.release(stream);
            }
        }
    }

    fn load(self, stream: StreamId) {
        let Ok(mut load) = self.alloc.streaming().begin_load(stream) else { return };
        interrupt(Caller::Closure);
        let rest = load.unfilled();
        rest.fill(FILL);
        let len = rest.len();
        if let Err(error) = load.report_progress(len) {
            here::blame(format!("a load was not finished: {error}"));
        }
        interrupt(Caller::Closure);
        drop(load.finish_load());
    }
}

fn pick<T: Copy>(list: &Mutex<Vec<T>>, n: u8) -> Option<T> {
    let list = lock(list);
    usize::from(n).checked_rem(list.len()).map(|at| list[at])
}
