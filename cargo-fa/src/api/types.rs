//! What types are, as far as lifetimes and threads go.

use super::facts::Memory;

/// What the end of a guard ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Tag,
    Phase,
    /// The allocator is current.
    Allocator,
    /// Tag, phase and allocator of a captured context.
    Context,
    /// Rolls back unless it was committed.
    Checkpoint,
    /// Strict mode.
    Strict,
    Subscription,
    /// Taking part in a barrier.
    Barrier,
    /// A resource that is being loaded.
    Load,
}

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Can allocate, and is shared by cloning.
    Allocator,
    /// Is a frame: ends when it is dropped, stays on its thread.
    Frame,
    /// Keeps memory of a frame: late when the frame ends before it, stays on its thread.
    FrameMemory,
    /// Owns one value elsewhere; may go to any thread, as far as the value may.
    Owner(Memory),
    /// Owns many values elsewhere.
    Store(Memory),
    /// Names a value without keeping it: a stamped id, checked on each use, that may go anywhere.
    Name(Memory),
    /// Lends a value that has its owner elsewhere and stays meanwhile.
    Loan(Memory),
    /// Ends something when it is dropped.
    Guard(Scope),
    /// A point of the ambient frame: to be rolled back to or committed, stays on its thread.
    Checkpoint,
    /// A thread's context, to be entered on others.
    Context,
    /// What frames promoted, to be taken.
    Promotions,
}

/// Sorted by name.
pub(super) static TYPES: &[(&str, Role)] = {
    use Role::{
        Allocator, Checkpoint, Context, Frame, FrameMemory, Guard, Loan, Name, Owner, Promotions, Store,
    };
    &[
        ("Acquired", Loan(Memory::Pool)),
        ("BoundedMap", FrameMemory),
        ("BoundedVec", FrameMemory),
        ("Checkpoint", Checkpoint),
        ("CheckpointGuard", Guard(Scope::Checkpoint)),
        ("ChildFrame", Frame),
        ("DeferredBox", Owner(Memory::Pool)),
        ("EnterGuard", Guard(Scope::Allocator)),
        ("Frame", Frame),
        ("FrameBox", FrameMemory),
        ("FrameHandle", Name(Memory::Shared)),
        ("FrameMap", FrameMemory),
        ("FrameRef", FrameMemory),
        ("FrameSet", FrameMemory),
        ("FrameString", FrameMemory),
        ("FrameVec", FrameMemory),
        ("Group", Store(Memory::Group)),
        ("GroupHandle", Name(Memory::Group)),
        ("GroupId", Name(Memory::Group)),
        ("Handle", Name(Memory::Pool)),
        ("HandleMut", Loan(Memory::Handles)),
        ("HandleRef", Loan(Memory::Handles)),
        ("HeapBox", Owner(Memory::Heap)),
        ("ObjectHandle", Name(Memory::Handles)),
        ("ObjectId", Name(Memory::Handles)),
        ("Participant", Guard(Scope::Barrier)),
        ("PhaseGuard", Guard(Scope::Phase)),
        ("PoolBox", Owner(Memory::Pool)),
        ("PoolHandle", Store(Memory::Pool)),
        ("Promoted", Promotions),
        ("PromotionResult", Promotions),
        ("Promotions", Promotions),
        ("ReadGuard", Loan(Memory::Shared)),
        ("Retained", FrameMemory),
        ("ScratchAllocator", Store(Memory::Scratch)),
        ("ScratchBox", Owner(Memory::Scratch)),
        ("ScratchPool", Store(Memory::Scratch)),
        ("SmartAlloc", Allocator),
        ("StreamData", Loan(Memory::Stream)),
        ("StreamId", Name(Memory::Stream)),
        ("StreamLoad", Guard(Scope::Load)),
        ("StrictGuard", Guard(Scope::Strict)),
        ("Subscription", Guard(Scope::Subscription)),
        ("SystemFrame", Frame),
        ("TagGuard", Guard(Scope::Tag)),
        ("TaggedAllocator", Allocator),
        ("TaskContext", Context),
        ("TaskGuard", Guard(Scope::Context)),
        ("TransferHandle", Owner(Memory::Pool)),
        ("TypedPool", Store(Memory::Pool)),
    ]
};

/// Types that have no `Clone` of their own: `clone` is that of the value which they dereference to. Sorted.
pub(super) static CLONED_AS_VALUES: &[&str] = &[
    "Acquired",
    "BoundedMap",
    "BoundedVec",
    "ChildFrame",
    "DeferredBox",
    "FrameBox",
    "HandleMut",
    "HandleRef",
    "HeapBox",
    "PoolBox",
    "Promoted",
    "ReadGuard",
    "Retained",
    "ScratchBox",
    "SystemFrame",
];

/// Whether `clone` of this type is a clone of what it dereferences to.
pub(crate) fn is_cloned_as_value(name: &str) -> bool {
    CLONED_AS_VALUES.binary_search(&name).is_ok()
}

/// What a type of framealloc is, unless it is plain data.
pub(crate) fn role(name: &str) -> Option<Role> {
    let at = TYPES.binary_search_by_key(&name, |(known, _)| known).ok()?;
    Some(TYPES[at].1)
}
