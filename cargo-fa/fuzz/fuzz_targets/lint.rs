//! All lints over sources that mutate: nothing may panic, whatever the file.
//!
//! ```text
//! cargo install cargo-fuzz --locked
//! cd cargo-fa && cargo +nightly fuzz run lint
//! ```
//!
//! Every input is a file. It is mutated by names, statements and lines, with parts of the lints' fixtures, so that most of
//! what comes out is still parsed; one time in eight by bytes.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use cargo_fa::fuzzing::{Random, lint, mutated, sources};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

static SOURCES: LazyLock<Vec<String>> =
    LazyLock::new(|| sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))));

fuzz_target!(|data: &[u8]| {
    lint(&[data]);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(u64::from(seed));
    if random.below(8) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let other = &SOURCES[random.below(SOURCES.len())];
    let text = match std::str::from_utf8(&data[..size]) {
        Ok(text) if size > 16 => mutated(&mut random, text, other),
        _ => other.clone(),
    };
    let len = text.len().min(max_size);
    data[..len].copy_from_slice(&text.as_bytes()[..len]);
    len
});
