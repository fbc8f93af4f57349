//! The operations, and how they are drawn.

use proptest::prelude::*;

use crate::Rng;

/// One operation. Small numbers choose among what there is, modulo how many there are; on nothing, nothing happens.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    /// The operations after this one use another allocator.
    UseAllocator(u8),
    OpenFrame,
    OpenChild(u8),
    CloseFrame(u8),
    /// A block of any layout in a scoped frame: `size` and the logarithm of its alignment.
    Block(u8, u32, u8),
    Slice(u8, u16),
    Boxed(u8),
    NewVec(u8),
    NewMap(u8),
    /// A child frame that fails or not.
    Speculate(u8, u16, bool),
    Retain(u8, u8),
    Begin,
    End,
    Checkpoint,
    Rollback(u8),
    Commit(u8),
    SpeculateAmbient(u16, bool),
    AmbientBlock(u32, u8),
    AmbientBoxed,
    AmbientVec,
    AmbientRetain(u8),
    Pool(u8),
    Heap(u8),
    /// Vectors of `allocator-api2` in the pool and on the heap.
    PoolVec,
    HeapVec,
    /// A system that calls itself, and how much it uses.
    System(u8, u16),
    /// Pushes onto a vector or into a map.
    Push(u8, u16),
    Shrink(u8),
    DropHandle(u8),
    ForgetHandle(u8),
    Tag(u8),
    Phase(u8),
    DropGuard(u8),
    ForgetGuard(u8),
    /// A budget for a tag or, for 0, the allocator; it refuses or warns.
    Budget(u8, u32, bool),
    ShrinkPool,
    /// The nth request to the backend from now on fails, and some after it.
    Fail(u8, u8),
    Heal,
    Check,
}

/// Any operation, sizes mostly small.
pub fn any_op() -> impl Strategy<Value = Op> {
    any::<u64>().prop_map(|seed| random_op(&mut Rng::new(seed)))
}

/// The next operation.
pub fn random_op(rng: &mut Rng) -> Op {
    let n = rng.below(256) as u8;
    let flag = rng.one_in(2);
    let count = match rng.below(10) {
        0 => 0,
        1 => rng.below(5000),
        _ => rng.below(100),
    } as u16;
    let size = match rng.below(20) {
        0 => 0,
        1 => rng.below(200_000),
        2..=5 => rng.below(5000),
        _ => rng.below(200),
    } as u32;
    let align = match rng.below(12) {
        0 => 12,
        1 => 6,
        _ => rng.below(5),
    } as u8;
    match rng.below(100) {
        0..=1 => Op::UseAllocator(n),
        2..=6 => Op::OpenFrame,
        7..=9 => Op::OpenChild(n),
        10..=14 => Op::CloseFrame(n),
        15..=24 => Op::Block(n, size, align),
        25..=27 => Op::Slice(n, count),
        28..=31 => Op::Boxed(n),
        32..=34 => Op::NewVec(n),
        35 => Op::NewMap(n),
        36..=37 => Op::Speculate(n, count, flag),
        38..=40 => Op::Retain(n, rng.below(5) as u8),
        41..=43 => Op::Begin,
        44..=46 => Op::End,
        47..=48 => Op::Checkpoint,
        49..=50 => Op::Rollback(n),
        51 => Op::Commit(n),
        52 => Op::SpeculateAmbient(count, flag),
        53..=57 => Op::AmbientBlock(size, align),
        58..=60 => Op::AmbientBoxed,
        61..=62 => Op::AmbientVec,
        63..=64 => Op::AmbientRetain(rng.below(5) as u8),
        65..=67 => Op::Pool(n),
        68..=69 => Op::Heap(n),
        70..=76 => Op::Push(n, count),
        77..=78 => Op::Shrink(n),
        79..=85 => Op::DropHandle(n),
        86 => {
            if rng.one_in(60) {
                Op::ForgetHandle(n)
            } else {
                Op::DropHandle(n)
            }
        }
        87..=89 => Op::Tag(n),
        90 => Op::Phase(n),
        91..=93 => Op::DropGuard(n),
        94 => {
            if rng.one_in(100) {
                Op::ForgetGuard(n)
            } else {
                Op::DropGuard(n)
            }
        }
        95 => Op::Budget(n, rng.below(200_000) as u32, flag),
        96 => Op::ShrinkPool,
        97 => Op::Fail(n % 4, n % 3 + 1),
        98 | 99 if rng.one_in(2) => match rng.below(3) {
            0 => Op::PoolVec,
            1 => Op::HeapVec,
            _ => Op::System(n, count),
        },
        98 => Op::Heal,
        _ => Op::Check,
    }
}
