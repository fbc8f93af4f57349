//! Types, lifetimes, constants and bounds as parameters.

use std::fmt::Debug;

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "sort")]
fn smallest<'a, 'b: 'a, T, const N: usize>(alloc: &SmartAlloc, left: &'a [T; N], right: &'b [T]) -> Option<&'a T>
where
    T: Ord + Debug + 'a,
{
    #[frame_local(capacity = N)]
    let mut all: Vec<&'a T>;
    all.extend(left);
    all.extend(right);
    all.sort();
    all.first().copied()
}

#[frame_system]
fn by_impl(alloc: &SmartAlloc, items: impl IntoIterator<Item = impl Into<u64>>) -> u64 {
    #[frame_local]
    let mut numbers: Vec<u64>;
    numbers.extend(items.into_iter().map(Into::into));
    numbers.iter().sum()
}

#[frame_system]
fn unsized_parameter<T: ?Sized + AsRef<str>>(alloc: &SmartAlloc, text: &T) -> usize {
    #[frame_local]
    let mut letters: Vec<char>;
    letters.extend(text.as_ref().chars());
    letters.len()
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    assert_eq!(smallest(&alloc, &[3, 2], &[5, 1]), Some(&1));
    assert_eq!(by_impl(&alloc, [1_u32, 2]), 3);
    assert_eq!(unsized_parameter::<str>(&alloc, "four"), 4);
}
