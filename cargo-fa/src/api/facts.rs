//! The words of the tables.

/// Where memory comes from, and so when it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Memory {
    /// The ambient frame of the thread: goes with `end_frame`.
    Ambient,
    /// The frame that the method is called on: goes with that value.
    Scoped,
    /// The frame of the `FrameRef` that is passed, which may be either.
    Passed,
    /// Goes when its box is dropped, on any thread.
    Pool,
    /// Like the pool's, each a block of its own.
    Heap,
    /// A scratch pool or allocator: goes with all its boxes, or with the scope.
    Scratch,
    /// Goes with its group.
    Group,
    /// Goes when it is released or evicted.
    Stream,
    /// Goes when its handle is freed; may move before.
    Handles,
    /// The ambient frame of the thread that shared it, readable by others until that frame is over.
    Shared,
}

impl Memory {
    /// Whether it goes at the end of a frame.
    pub(crate) fn of_a_frame(self) -> bool {
        matches!(self, Self::Ambient | Self::Scoped | Self::Passed | Self::Shared)
    }
}

/// How much one call allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Amount {
    /// One value.
    One,
    /// Several at once: a slice, a batch, a container with room.
    Many,
    /// Nothing yet: a container that allocates when it grows.
    OnGrowth,
}

/// How a tag's name is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Nesting {
    /// Text is below the tag that is current; a `Tag` is a path from the root.
    InCurrent,
    /// A path from the root.
    FromRoot,
}

/// What a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BudgetOf {
    Allocator,
    /// The tags that the call names, and those below them.
    Tag,
    /// A phase, per thread and frame.
    Phase,
    /// Frame memory of the calling thread.
    ThreadFrames,
    /// Pool memory of the calling thread.
    ThreadPool,
    /// What streaming has loaded.
    Streaming,
}

/// What a method does. Numbers are those of arguments, `self` not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    Allocates(Memory, Amount),
    /// Its receiver, a container, may allocate where it already is.
    Grows,
    /// Begins the ambient frame of the thread.
    BeginsFrame,
    /// Ends the ambient frame of the thread.
    EndsFrame,
    /// Returns a frame, which ends when it is dropped.
    OpensFrame,
    /// Returns a counted reference to a frame: memory for containers, nothing allocated.
    LendsFrame,
    /// Begins a phase that a call must end.
    BeginsPhase,
    /// Ends the phase that was begun last.
    EndsPhase,
    /// Returns a checkpoint, which `rollback_to` or `commit` uses up, and the frame's end otherwise commits.
    OpensCheckpoint,
    /// Rolls back to the checkpoint that is passed or, without an argument, that it is called on.
    RollsBack,
    /// Commits the checkpoint that is passed or, without an argument, that it is called on.
    Commits,
    /// Returns a guard; see the role of its type.
    Guards,
    /// Runs a closure, before it returns, in a frame of its own, under a tag, or in a checkpoint or scope.
    RunsInside,
    /// This argument names a tag.
    Tag(usize, Nesting),
    /// This argument names a phase.
    Phase(usize),
    /// This argument is a budget, or its bytes.
    Budget(usize, BudgetOf),
    /// This argument is a list of tags with their budgets.
    Budgets(usize),
    /// Makes a budget of the bytes in this argument.
    Limit(usize),
    /// This argument is a retention policy or an importance.
    Policy(usize),
    /// This argument is the name by which a retained value is taken.
    RetainedAs(usize),
    /// Takes a promoted value by the name in this argument.
    TakesPromoted(usize),
    /// Returns what was promoted.
    ReturnsPromotions,
    /// Moves the value out of memory of its receiver, which is used up.
    MovesOut,
    /// Lets go of the receiver's value, which stays for the end of the frame.
    LetsGo,
    /// The receiver's value or memory stays for ever.
    Leaks,
    /// Frees what this argument names.
    Frees(usize),
    /// Reads the context of this thread, to be entered on others.
    CapturesContext,
    /// Enters a captured context: allocator, tag and phase.
    EntersContext,
    /// Makes the allocator current; tag and phase stay.
    EntersAllocator,
    /// Makes the allocator current for every thread that has entered no other.
    InstallsAllocator,
    /// Returns a handle that another thread receives.
    Transfers,
    /// Receives what was transferred.
    Receives,
    /// Defers a destructor.
    Defers,
    /// Sets how destructors are deferred.
    ConfiguresDeferred,
    /// Sets how many destructors may be pending.
    BoundsDeferred,
    /// Sets what happens when too many are.
    DeferredPolicy,
    /// Runs deferred destructors.
    ProcessesDeferred,
    /// This argument is how many threads a barrier waits for.
    Participants(usize),
    /// Joins a barrier.
    JoinsBarrier,
    /// Signals a barrier.
    Signals,
    /// Waits for a barrier: blocks the thread.
    Waits,
    /// Runs the closure in this argument later, on the thread that causes it.
    CallsBack(usize),
}
