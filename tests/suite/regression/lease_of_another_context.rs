//! A backend that allocates in a frame while the stack of guards grows: the frame was open without a lease when the new
//! context, whose budget refuses, took over, and gave that budget the rest of its chunk.

use framealloc::{AllocConfig, Budget, OnExceed};
use framealloc_tests::{Meddler, on_thread};

const KIB: usize = 1024;

#[test]
fn a_backend_that_allocates_while_a_guard_is_pushed() {
    let meddle = |alloc: &framealloc::SmartAlloc| drop(alloc.frame_box([1_u8; 64]));
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), meddle);
    on_thread(|| {
        let (outer, nested) = (alloc.tag("outer"), alloc.tag("nested"));
        alloc.set_tag_budget("nested", Budget::bytes(64 * KIB).on_exceed(OnExceed::Fail));
        drop((alloc.tag_scope(outer), alloc.tag_scope(nested)));
        alloc.begin_frame();
        drop(alloc.frame_box(1_u64));
        // The stack of guards holds 16 and grows with the next one.
        let guards: Vec<_> = (0..16).map(|_| alloc.tag_scope(outer)).collect();
        backend.arm();
        drop(alloc.tag_scope(nested));
        assert!(!backend.is_armed(), "the stack grew");
        guards.into_iter().rev().for_each(drop);
        alloc.end_frame();
        let _tag = alloc.tag_scope(nested);
        let frame = alloc.frame();
        let served = (0..1000).filter(|_| frame.try_uninit_slice::<u8>(KIB).is_ok()).count();
        assert!(served <= 64, "{served} KiB of 64");
    });
}
