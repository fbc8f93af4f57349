//! A function declares what its memory is for; the report shows what became of the declaration.
//!
//! `cargo run --example 01_hello_framealloc`

use framealloc::{SmartAlloc, frame_system};

/// Counts words, and the letters of the longest.
#[frame_system(tag = "hello", budget = "16KB")]
fn longest(alloc: &SmartAlloc, text: &str) -> (usize, usize) {
    #[frame_local]
    let mut words: Vec<&str>; // frame memory: gone when the call returns
    words.extend(text.split_whitespace());
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    (words.len(), words.first().map_or(0, |word| word.len()))
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let (count, letters) = longest(&alloc, "declare what memory is for and the runtime holds you to it");
    println!("{count} words, the longest has {letters} letters\n");
    assert_eq!((count, letters), (12, 7));

    let report = alloc.intent_report();
    println!("{report}");
    let hello = &report.systems[0];
    assert_eq!((hello.tag, hello.budget), ("hello", Some(16 << 10)));
    assert!(hello.peak_bytes > 0);
}
