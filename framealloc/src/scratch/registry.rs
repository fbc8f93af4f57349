//! The scratch pools of one allocator, by name.

#![forbid(unsafe_code)]

use core::fmt;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::policy::ShrinkPolicy;
use super::pool::ScratchPool;
use crate::error::AllocError;
use crate::raw::supply::ChunkSupply;

/// Capacity of a pool that was not created with one: 1 MiB.
const DEFAULT_CAPACITY: usize = 1 << 20;

/// The scratch pools of one allocator: their names, what they hold, and one call that resets them.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// alloc.create_scratch_pool("paths", 64 * 1024)?;
/// let grid = alloc.scratch_pool("grid").boxed([0_u8; 1000])?;
///
/// let registry = alloc.scratch_registry();
/// assert_eq!(registry.names().collect::<Vec<_>>(), ["grid".into(), "paths".into()]);
/// assert_eq!(registry.bytes_used(), 1000);
/// assert!(registry.reset().is_err(), "`grid` is alive");
/// drop(grid);
/// registry.reset()?;
/// assert_eq!(registry.bytes_used(), 0);
/// # Ok::<(), framealloc::AllocError>(())
/// ```
#[derive(Clone)]
pub struct ScratchRegistry(Arc<Inner>);

struct Inner {
    pools: Mutex<BTreeMap<Arc<str>, ScratchPool>>,
    policy: ShrinkPolicy,
}

/// What one scratch pool has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ScratchStats {
    /// The pool's name.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::sys::serialize_text"))]
    pub name: Arc<str>,
    /// The most bytes it hands out between two resets.
    pub capacity: usize,
    /// Bytes handed out.
    pub bytes_used: usize,
    /// Bytes it has from the backend.
    pub bytes_held: usize,
    /// The most bytes that were handed out at once.
    pub peak_bytes: usize,
    /// Boxes alive; a scope that is open counts as one.
    pub boxes: u64,
}

impl ScratchRegistry {
    pub(crate) fn new(policy: ShrinkPolicy) -> Self {
        Self(Arc::new(Inner { pools: Mutex::default(), policy }))
    }

    /// How pools shrink unless they are told otherwise.
    pub(crate) fn policy(&self) -> ShrinkPolicy {
        self.0.policy
    }

    /// The pool `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<ScratchPool> {
        self.0.lock().get(name).cloned()
    }

    /// The names of all pools, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = Arc<str>> {
        self.pools().into_iter().map(|pool| pool.shared_name())
    }

    /// What each pool has, in alphabetical order.
    pub fn stats(&self) -> impl Iterator<Item = ScratchStats> {
        self.pools().into_iter().map(|pool| ScratchStats {
            name: pool.shared_name(),
            capacity: pool.capacity(),
            bytes_used: pool.bytes_used(),
            bytes_held: pool.bytes_held(),
            peak_bytes: pool.peak_bytes(),
            boxes: pool.boxes(),
        })
    }

    /// Bytes handed out by all pools.
    pub fn bytes_used(&self) -> usize {
        self.pools().iter().map(ScratchPool::bytes_used).sum()
    }

    /// Bytes that all pools have from the backend.
    pub fn bytes_held(&self) -> usize {
        self.pools().iter().map(ScratchPool::bytes_held).sum()
    }

    /// Resets every pool that has no box and no open scope.
    ///
    /// # Errors
    ///
    /// [`AllocError::HandlesAlive`] with the number of boxes and scopes that kept pools from it; the other pools are
    /// reset all the same.
    pub fn reset(&self) -> Result<(), AllocError> {
        let alive = |pool: ScratchPool| match pool.reset() {
            Err(AllocError::HandlesAlive { handles, .. }) => handles,
            _ => 0,
        };
        match self.pools().into_iter().map(alive).sum() {
            0 => Ok(()),
            handles => Err(AllocError::HandlesAlive { operation: "reset", handles }),
        }
    }

    /// Takes a pool off the list, so that the next use of its name makes a new one. Its memory goes back when its last
    /// box, scope and handle are gone.
    pub fn remove(&self, name: &str) -> Option<ScratchPool> {
        self.0.lock().remove(name)
    }

    fn pools(&self) -> Vec<ScratchPool> {
        self.0.lock().values().cloned().collect()
    }

    /// The pool `name`; if there is none, one with the default capacity and this supply.
    pub(crate) fn get_or_create(&self, name: &str, supply: impl FnOnce() -> ChunkSupply) -> ScratchPool {
        if let Some(pool) = self.get(name) {
            return pool;
        }
        let pool = ScratchPool::new(name, DEFAULT_CAPACITY, self.0.policy, supply());
        // Another thread may have been faster.
        self.0.lock().entry(pool.shared_name()).or_insert(pool).clone()
    }

    /// A new pool `name`.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] when there is one already or `capacity` is 0.
    pub(crate) fn create(
        &self,
        name: &str,
        capacity: usize,
        supply: ChunkSupply,
    ) -> Result<ScratchPool, AllocError> {
        if capacity == 0 {
            return Err(AllocError::config("capacity", "is 0; a scratch pool holds at least one byte"));
        }
        let pool = ScratchPool::new(name, capacity, self.0.policy, supply);
        let mut pools = self.0.lock();
        if pools.contains_key(name) {
            drop(pools);
            return Err(AllocError::config(
                "name",
                format!("\"{name}\" is a scratch pool already; use `scratch_pool`"),
            ));
        }
        pools.insert(pool.shared_name(), pool.clone());
        Ok(pool)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, ScratchPool>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ScratchRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.stats()).finish()
    }
}
