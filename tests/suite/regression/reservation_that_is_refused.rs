//! Streamed memory that could not be had counted in the peak: 2^64 - 1 bytes after a request that no address space holds.

use framealloc::{AllocConfig, AllocError, StreamPriority, StreamStats};
use framealloc_tests::{Fixture, Meddler};

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

#[test]
fn what_others_ask_for_is_in_no_peak_either() {
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), |alloc| {
        let other = alloc.streaming().reserve(100, StreamPriority::Low).unwrap();
        assert_eq!(alloc.streaming().stats().peak_bytes, 100);
        assert!(alloc.streaming().release(other));
    });
    alloc.stats();
    backend.arm();
    let refused = alloc.streaming().reserve(1 << 62, StreamPriority::Low);
    assert!(matches!(refused, Err(AllocError::OutOfMemory { .. })) && !backend.is_armed());
    let stats = alloc.streaming().stats();
    assert_eq!((stats.used_bytes, stats.peak_bytes), (0, 100));
}
