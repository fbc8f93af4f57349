//! Groups and scratch: memory that goes together.

#![forbid(unsafe_code)]

use super::smart_alloc::SmartAlloc;
use crate::error::AllocError;
use crate::group::{Group, GroupSummary};
use crate::raw::supply::ChunkSupply;
use crate::scratch::{ScratchAllocator, ScratchPool, ScratchRegistry};
use crate::tracking::exempt;

/// Creates and frees [`Group`]s; see [`SmartAlloc::groups`].
#[derive(Clone, Copy, Debug)]
pub struct Groups<'a> {
    alloc: &'a SmartAlloc,
}

impl Groups<'_> {
    /// An empty group; it takes no memory from the backend yet. What it takes is charged to the tag that is current now,
    /// whoever allocates in it later. Names are for reports and need not be unique.
    pub fn create_group(&self, name: &str) -> Group {
        Group::new(name, self.alloc.chunk_supply())
    }

    /// Frees `group` and those nested in it. Destructors run, inner groups first, in each the latest value first. A group
    /// that is dropped is freed in the same way.
    ///
    /// # Panics
    ///
    /// With the panic of the first destructor that had one, after all have run and the memory is back.
    pub fn free_group(&self, group: Group) -> GroupSummary {
        group.free()
    }
}

impl SmartAlloc {
    /// Groups of values that are freed together.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let mut level = alloc.groups().create_group("level");
    /// let name = level.alloc(String::from("harbour"));
    /// assert_eq!(level[name], "harbour");
    /// let freed = alloc.groups().free_group(level);
    /// assert_eq!((freed.groups, freed.objects), (1, 1));
    /// ```
    pub fn groups(&self) -> Groups<'_> {
        Groups { alloc: self }
    }

    /// The scratch pool `name`; created with a capacity of 1 MiB if there is none. The tag that is current when it is
    /// created pays for its memory.
    pub fn scratch_pool(&self, name: &str) -> ScratchPool {
        exempt(|| self.shared.scratch.get_or_create(name, || self.chunk_supply()))
    }

    /// Creates the scratch pool `name`. The tag that is current now pays for its memory.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] when there is one of this name, or `capacity` is 0.
    pub fn create_scratch_pool(&self, name: &str, capacity: usize) -> Result<ScratchPool, AllocError> {
        exempt(|| self.shared.scratch.create(name, capacity, self.chunk_supply()))
    }

    /// Creates scratch memory of at most `size` bytes for one owner: plain references, no lock. It takes memory from the
    /// backend as it needs it; the tag that is current now pays.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] when `size` is 0.
    pub fn create_scratch_allocator(&self, size: usize) -> Result<ScratchAllocator, AllocError> {
        ScratchAllocator::new(size, self.shared.scratch.policy(), self.chunk_supply())
    }

    /// The scratch pools of this allocator: names, bytes, and one reset for all.
    pub fn scratch_registry(&self) -> ScratchRegistry {
        self.shared.scratch.clone()
    }

    /// Chunks that the current tag pays for.
    fn chunk_supply(&self) -> ChunkSupply {
        self.shared.supply.for_tag(self.heap().current_tag().0)
    }
}
