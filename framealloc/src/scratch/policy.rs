//! When scratch memory goes back.

#![forbid(unsafe_code)]

/// When a scratch pool gives memory back that its rounds do not need. A *round* is what happens between two resets; it is
/// *quiet* when it used at most half of what the pool holds.
///
/// ```
/// use framealloc::{ShrinkPolicy, SmartAlloc};
///
/// let alloc = SmartAlloc::with_defaults();
/// let pool = alloc.scratch_pool("paths");
/// pool.set_shrink_policy(ShrinkPolicy::AfterQuietResets(2));
/// drop(pool.boxed([0_u8; 100_000])?); // a burst
/// let burst = pool.bytes_held();
/// for _ in 0..3 {
///     pool.reset()?;
///     drop(pool.boxed([0_u8; 1000])?);
/// }
/// assert!(burst >= 100_000 && pool.bytes_held() < 10_000);
/// # Ok::<(), framealloc::AllocError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShrinkPolicy {
    /// The pool keeps the most that a round needed until it is dropped.
    Keep,
    /// After this many quiet rounds in a row the memory goes back, and the next round takes a chunk for the most that
    /// one of them used; nothing if they used nothing. 0 does the same as 1.
    AfterQuietResets(u32),
}

impl ShrinkPolicy {
    pub(super) fn is_due(self, quiet: u32) -> bool {
        match self {
            Self::Keep => false,
            Self::AfterQuietResets(resets) => quiet >= resets,
        }
    }
}
