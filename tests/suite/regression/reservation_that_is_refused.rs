//! Streamed memory that could not be had counted in the peak: 2^64 - 1 bytes after a request that no address space holds.

use framealloc::{AllocError, Budget, OnExceed, StreamPriority, StreamStats};
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

#[test]
fn what_others_ask_for_is_in_no_peak_either() {
    let fixture = Fixture::reacting(|alloc, report| {
        if report.code.id == "FA312" {
            let other = alloc.streaming().reserve(100, StreamPriority::Low).unwrap();
            assert!(alloc.streaming().release(other));
        }
    });
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", Budget::bytes(1000).on_exceed(OnExceed::Fail));
    let tag = alloc.tag_scope("t");
    let refused = alloc.streaming().reserve(5000, StreamPriority::Low);
    assert!(matches!(refused, Err(AllocError::BudgetExceeded { .. })));
    let stats = alloc.streaming().stats();
    assert_eq!((stats.used_bytes, stats.peak_bytes), (0, 100));
    drop(tag);
    alloc.diagnostics().clear_sinks();
}
