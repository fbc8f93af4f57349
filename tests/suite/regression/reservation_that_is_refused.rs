//! Streamed memory that could not be had counted in the peak: 2^64 - 1 bytes after a request that no address space holds.

use framealloc::{AllocError, StreamPriority, StreamStats};
use framealloc_tests::Fixture;

#[test]
fn what_was_never_there_is_in_no_peak() {
    let fixture = Fixture::default();
    let streaming = fixture.alloc.streaming();
    let reserve = |size| streaming.reserve(size, StreamPriority::Low);
    assert!(matches!(reserve(usize::MAX), Err(AllocError::LayoutOverflow { .. })));
    fixture.backend.fail(0, 100);
    assert!(matches!(reserve(1 << 20), Err(AllocError::OutOfMemory { .. })));
    fixture.backend.heal();
    assert_eq!(streaming.stats(), StreamStats { budget: u64::MAX, ..StreamStats::default() });
    let small = reserve(100).unwrap();
    assert!(streaming.release(small));
    assert_eq!((streaming.stats().used_bytes, streaming.stats().peak_bytes), (0, 100));
}
