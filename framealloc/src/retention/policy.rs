//! What is to become of a value.

use core::fmt;

/// What is to become of a retained value when its frame ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RetentionPolicy {
    /// It is dropped with the frame.
    #[default]
    Discard,
    /// It moves to the pool: for values that come and go at a steady rate.
    PromoteToPool,
    /// It moves to the heap: for values that stay long.
    PromoteToHeap,
    /// It moves to the scratch pool of this name.
    PromoteToScratch(&'static str),
    /// It moves to a block of the global allocator that is never freed, and is lent for ever.
    Leak,
}

impl RetentionPolicy {
    /// Whether the value survives its frame.
    ///
    /// ```
    /// use framealloc::RetentionPolicy;
    ///
    /// assert!(RetentionPolicy::PromoteToPool.survives() && !RetentionPolicy::Discard.survives());
    /// ```
    #[must_use]
    pub const fn survives(self) -> bool {
        !matches!(self, Self::Discard)
    }
}

impl fmt::Display for RetentionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discard => f.pad("discard"),
            Self::PromoteToPool => f.pad("promote to pool"),
            Self::PromoteToHeap => f.pad("promote to heap"),
            Self::PromoteToScratch(name) => f.pad(&format!("promote to scratch \"{name}\"")),
            Self::Leak => f.pad("leak"),
        }
    }
}

/// How much a value matters after its frame. Each importance stands for one [`RetentionPolicy`]:
///
/// | importance | policy |
/// |---|---|
/// | `Ephemeral` | `Discard` |
/// | `Reusable` | `PromoteToPool` |
/// | `Persistent` | `PromoteToHeap` |
/// | `Scratch(name)` | `PromoteToScratch(name)` |
///
/// ```
/// use framealloc::{Importance, RetentionPolicy};
///
/// assert_eq!(RetentionPolicy::from(Importance::Persistent), RetentionPolicy::PromoteToHeap);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Importance {
    /// Needed in this frame only.
    #[default]
    Ephemeral,
    /// Needed for a while, then replaced by others of its kind.
    Reusable,
    /// Needed for long.
    Persistent,
    /// Needed as long as the scratch pool of this name.
    Scratch(&'static str),
}

impl Importance {
    /// The policy that it stands for.
    #[must_use]
    pub const fn policy(self) -> RetentionPolicy {
        match self {
            Self::Ephemeral => RetentionPolicy::Discard,
            Self::Reusable => RetentionPolicy::PromoteToPool,
            Self::Persistent => RetentionPolicy::PromoteToHeap,
            Self::Scratch(name) => RetentionPolicy::PromoteToScratch(name),
        }
    }
}

impl From<Importance> for RetentionPolicy {
    fn from(importance: Importance) -> Self {
        importance.policy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importance_maps_to_policy() {
        let table = [
            (Importance::Ephemeral, RetentionPolicy::Discard),
            (Importance::Reusable, RetentionPolicy::PromoteToPool),
            (Importance::Persistent, RetentionPolicy::PromoteToHeap),
            (Importance::Scratch("nav"), RetentionPolicy::PromoteToScratch("nav")),
        ];
        assert!(table.into_iter().all(|(importance, policy)| importance.policy() == policy));
        assert_eq!(RetentionPolicy::PromoteToScratch("nav").to_string(), "promote to scratch \"nav\"");
    }
}
