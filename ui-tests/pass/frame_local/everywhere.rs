//! In blocks, loops, `match` arms, conditions and closures.

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn everywhere(alloc: &SmartAlloc, words: &[&str]) -> usize {
    let mut total = 0;
    {
        #[frame_local]
        let one = 1;
        total += *one;
    }
    for word in words {
        #[frame_local]
        let mut letters: Vec<char>;
        letters.extend(word.chars());
        total += letters.len();
    }
    total += match words.first() {
        Some(word) => {
            #[frame_local]
            let copy = word.len();
            *copy
        }
        None => {
            #[frame_local]
            let zero = 0;
            *zero
        }
    };
    let count = |n: usize| {
        #[frame_local]
        let mut list: Vec<usize>;
        list.extend(0..n);
        list.len()
    };
    total += count(2);
    total += if total > 3 {
        #[frame_local]
        let ten = 10;
        *ten
    } else {
        0
    };
    let found = 'search: loop {
        #[frame_local]
        let step = 1;
        if total > 5 {
            break 'search *step;
        }
    };
    let Some(first) = words.first().map(|word| {
        #[frame_local]
        let length = word.len();
        *length
    }) else {
        #[frame_local]
        let none = 0;
        return *none;
    };
    total + found + first
}

fn main() {
    assert_eq!(everywhere(&SmartAlloc::with_defaults(), &["ab", "c"]), 1 + 3 + 2 + 2 + 10 + 1 + 2);
}
