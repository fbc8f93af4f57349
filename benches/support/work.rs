//! The loops. Every one is generic over the contender and is never inlined, so that what is counted is the loop alone.
//!
//! The value comes from a reference whose source went through `black_box`, and is written into its place; what is
//! hidden from the compiler is the pointer that came back, not the arena's state.

use std::alloc::Layout;
use std::hint::black_box;

use crate::arena::{Contender, Push, Scope, Values};
use crate::objects::Objects;

/// The usual value: one cache line.
pub type Value64 = [u64; 8];
/// The small value.
pub type Value16 = [u64; 2];

/// The value of 64 bytes, from a source the compiler does not see through.
pub fn value64() -> Value64 {
    black_box([1, 2, 3, 4, 5, 6, 7, 8])
}

/// The value of 16 bytes.
pub fn value16() -> Value16 {
    black_box([1, 2])
}

/// Random numbers that are the same in every run.
pub struct Random(u64);

impl Random {
    /// The sequence that begins with `seed`.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// The kinds of value in a mixed frame: 16, 32, 64, 128, 256, 512 bytes, as often as each other.
pub fn mixed_kinds(count: usize) -> Vec<u8> {
    let mut random = Random::new(0x9E37_79B9_7F4A_7C15);
    black_box((0..count).map(|_| random.below(6) as u8).collect())
}

/// The layouts of a mixed frame: 16 to 512 bytes in steps of eight, aligned to 8.
pub fn mixed_layouts(count: usize) -> Vec<Layout> {
    let mut random = Random::new(0x9E37_79B9_7F4A_7C15);
    let layouts = (0..count).map(|_| {
        let class = [16, 32, 64, 128, 256, 512][random.below(6)];
        let size = 16 + random.below(class - 15) / 8 * 8;
        Layout::from_size_align(size, 8).expect("a size up to 512 and an alignment of 8")
    });
    black_box(layouts.collect())
}

/// `count` values, one after the other.
#[inline(never)]
pub fn values<S: Values, T: Copy>(scope: &S, count: usize, value: &T) {
    for _ in 0..count {
        black_box(scope.value(*value));
    }
}

/// One value for each kind, whole and written in place.
#[inline(never)]
pub fn mixed_values<S: Values>(scope: &S, kinds: &[u8], word: u64) {
    for kind in kinds {
        match kind {
            0 => _ = black_box(scope.value([word; 2])),
            1 => _ = black_box(scope.value([word; 4])),
            2 => _ = black_box(scope.value([word; 8])),
            3 => _ = black_box(scope.value([word; 16])),
            4 => _ = black_box(scope.value([word; 32])),
            _ => _ = black_box(scope.value([word; 64])),
        }
    }
}

/// One allocation for each layout, the first word of each written.
#[inline(never)]
pub fn mixed_blocks<S: Scope>(scope: &S, layouts: &[Layout]) {
    for layout in layouts {
        let block = scope.layout(*layout).cast::<u64>();
        // SAFETY: every layout has at least 16 bytes and an alignment of 8.
        unsafe { block.write(layout.size() as u64) };
        black_box(block);
    }
}

/// One vector that grows to `len` numbers, one push at a time.
#[inline(never)]
pub fn grow<S: Scope>(scope: &S, len: usize) {
    let mut vector = scope.vec();
    for number in 0..len as u64 {
        vector.push_one(number);
    }
    black_box(vector.start());
}

/// One slice of `len` equal values, written once.
#[inline(never)]
pub fn slice<S: Scope>(scope: &S, len: usize, value: &Value64) {
    black_box(scope.slice(len, |_| *value));
}

/// One slice of `len` values made from their index, written once.
#[inline(never)]
pub fn indexed_slice<S: Scope>(scope: &S, len: usize) {
    black_box(scope.slice(len, |index| [index as u64; 8]));
}

/// `rounds` rounds without an allocation.
#[inline(never)]
pub fn empty_rounds<C: Contender>(contender: &mut C, rounds: usize) {
    for _ in 0..rounds {
        contender.round(|_| black_box(()));
    }
}

/// `rounds` rounds with one value each.
#[inline(never)]
pub fn single_rounds<C: Contender<Scope: Values>, T: Copy>(contender: &mut C, rounds: usize, value: &T) {
    for _ in 0..rounds {
        contender.round(|scope| {
            black_box(scope.value(*value));
        });
    }
}

/// `count` objects, each freed before the next is made.
#[inline(never)]
pub fn pairs<O: Objects>(objects: &O, count: usize, value: &Value64) {
    for _ in 0..count {
        let object = objects.make(*value);
        black_box(O::address(&object));
        drop(object);
    }
}

/// Makes one object for each place of `order`, then drops them in that order.
#[inline(never)]
pub fn shuffled<O: Objects>(
    objects: &O,
    order: &[usize],
    value: &Value64,
    held: &mut Vec<Option<O::Object>>,
) {
    held.clear();
    for _ in order {
        held.push(Some(objects.make(*value)));
    }
    for &place in order {
        held[place] = None;
    }
}

/// The numbers below `count` in a random order that is the same in every run.
pub fn random_order(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut random = Random::new(0xD1B5_4A32_D192_ED03);
    for last in (1..count).rev() {
        order.swap(last, random.below(last + 1));
    }
    black_box(order)
}
