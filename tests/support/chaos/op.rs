//! The operations, and how they are drawn.

use crate::Rng;

/// Tags of the programs, some of them inside others.
pub(super) const TAGS: [&str; 5] = ["a", "b", "a/x", "b/y/z", "chaos/system"];

/// One operation. Small numbers choose among what there is, modulo how many there are; on nothing, nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    // Frames
    Begin,
    End,
    OpenFrame,
    /// A frame that ends with the step, and what happens in the meantime.
    ScopedFrame(u16),
    Speculate(u16, bool),
    AmbientBox,
    AmbientBlock(u16),
    AmbientVec(u16),
    AmbientRef,
    Checkpoint,
    CheckpointGuard,
    Retain(u8),
    TakePromotions,
    Share(u8),
    ReadShared(u8),
    // Context
    Tag(u8),
    Phase(u8),
    Enter,
    Capture,
    System(u8, u16),
    // Objects
    Pool(u8),
    Heap,
    Container(u8),
    TypedPool,
    Keyed(u8, u8),
    // Stores
    Group,
    ScratchBox(u8),
    ScratchScope(u8, u16),
    ScratchReset,
    OwnScratch,
    NewHandle,
    UseHandle(u8, u8),
    Defragment(u16),
    NewStream(u16, u8),
    UseStream(u8, u8),
    StreamBudget(u16),
    // From thread to thread
    Transfer,
    Defer,
    DeferredBox,
    ProcessDeferred(u8),
    ConfigureDeferred(u8, u8),
    // What is kept
    Touch(u8, u8),
    Drop(u8, u8),
    Forget(u8),
    // The allocator itself
    /// Whose, bytes, and what happens when it is exceeded.
    Budget(u8, u32, u8),
    Look(u8),
    Check,
    Subscribe,
    Strict(u8),
    Shrink,
    Filter(bool),
    // Foreign code
    Fail(u8, u8),
    Heal,
    Bomb(u8),
}

impl Op {
    /// Whether it sets a budget.
    pub(super) fn may_refuse(&self) -> bool {
        matches!(self, Self::Budget(..) | Self::StreamBudget(_) | Self::System(..))
    }

    /// Whether it makes something in the ambient frame.
    pub(super) fn is_ambient(&self) -> bool {
        matches!(
            self,
            Self::AmbientBox
                | Self::AmbientBlock(_)
                | Self::AmbientVec(_)
                | Self::AmbientRef
                | Self::Retain(_)
                | Self::Share(_)
                | Self::Speculate(..)
                | Self::Checkpoint
                | Self::CheckpointGuard
                | Self::System(..)
        )
    }
}

/// An operation, when and on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) op: Op,
    pub(super) alloc: u8,
    /// How many calls of foreign code it lets pass before it runs inside one; `None` for all.
    pub(super) passes: Option<u8>,
}

pub(super) fn random_step(rng: &mut Rng, forgets: bool) -> Step {
    let passes = match rng.below(8) {
        0..4 => None,
        4..6 => Some(0),
        _ => Some(rng.below(6) as u8),
    };
    let op = loop {
        let op = random_op(rng);
        if forgets || !matches!(op, Op::Forget(_)) {
            break op;
        }
    };
    Step { op, alloc: rng.below(2) as u8, passes }
}

fn random_op(rng: &mut Rng) -> Op {
    let (n, how) = (rng.below(256) as u8, rng.below(256) as u8);
    let flag = rng.one_in(2);
    let size = match rng.below(8) {
        0 => rng.below(20_000),
        1..3 => rng.below(2000),
        _ => rng.below(100),
    } as u16;
    match rng.below(114) {
        0..4 => Op::Begin,
        4..8 => Op::End,
        8..10 => Op::OpenFrame,
        10..12 => Op::ScopedFrame(size),
        12 => Op::Speculate(size, flag),
        13..15 => Op::AmbientBox,
        15..17 => Op::AmbientBlock(size),
        17 => Op::AmbientVec(size),
        18 => Op::AmbientRef,
        19 => Op::Checkpoint,
        20 => Op::CheckpointGuard,
        21..24 => Op::Retain(n),
        24..26 => Op::TakePromotions,
        26..28 => Op::Share(n % 4),
        28..30 => Op::ReadShared(n),
        30..34 => Op::Tag(n),
        34 => Op::Phase(n),
        35 => Op::Enter,
        36 => Op::Capture,
        37..39 => Op::System(n, size),
        39..42 => Op::Pool(n),
        42 => Op::Heap,
        43 => Op::TypedPool,
        44..47 => Op::Keyed(n, how),
        47 => Op::Group,
        48 => Op::ScratchBox(n),
        49..51 => Op::ScratchScope(n, size),
        51 => Op::ScratchReset,
        52 => Op::OwnScratch,
        53..57 => Op::NewHandle,
        57..61 => Op::UseHandle(n, how),
        61..63 => Op::Defragment(size),
        63..65 => Op::NewStream(size, n),
        65..69 => Op::UseStream(n, how),
        69 => Op::StreamBudget(size),
        70 => Op::Transfer,
        71 => Op::Defer,
        72 => Op::DeferredBox,
        73 => Op::ProcessDeferred(n % 5),
        74 => Op::ConfigureDeferred(n, how),
        75..84 => Op::Touch(n, how),
        84..94 => Op::Drop(n, how),
        94 => Op::Forget(n),
        95..98 => Op::Budget(n, rng.below(500_000) as u32, how),
        98..100 => Op::Look(n),
        100..102 => Op::Check,
        102 => Op::Shrink,
        103 => Op::Filter(flag),
        104..107 => Op::Fail(n % 4, how % 3 + 1),
        107 => Op::Heal,
        108..110 => Op::Bomb(n % 8 + 1),
        110..112 => Op::Container(n),
        112 => Op::Subscribe,
        _ => Op::Strict(n),
    }
}
