//! How much a test does: less where a tool makes everything slow.

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

/// How many programs a test runs: `FRAMEALLOC_TEST_CASES`, or `default`.
pub fn cases(default: u64) -> u64 {
    number("FRAMEALLOC_TEST_CASES").unwrap_or(if cfg!(miri) { 2 } else { default })
}

/// Where random programs begin: `FRAMEALLOC_TEST_SEED`, or 1.
pub fn first_seed() -> u64 {
    number("FRAMEALLOC_TEST_SEED").unwrap_or(1)
}

/// How often a stress test does what it does: `times`, and less where `PROPTEST_CASES` is below its default of 256.
pub fn scaled(times: u64) -> u64 {
    let share = if cfg!(miri) { 1 } else { number("PROPTEST_CASES").unwrap_or(256).min(256) };
    (times * share / 256).max(1)
}
