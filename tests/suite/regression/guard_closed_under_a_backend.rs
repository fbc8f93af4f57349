//! A backend that uses the guards and the frames of its allocator while bytes are charged, which took memory for the third
//! tag of a frame, and may for what a new budget covers. A close went on with the guard that was on top before, the end of a
//! frame with the number of handles there were before, and a lease that was given back was used once more.

use std::cell::RefCell;
use std::sync::Barrier;

use framealloc::{AllocConfig, Budget, FrameRef, FrameVec, OnExceed, SmartAlloc, TagGuard};
use framealloc_tests::model::bury;
use framealloc_tests::{Meddler, on_thread};

thread_local! {
    static OUTER: RefCell<Option<TagGuard<'static>>> = const { RefCell::new(None) };
    static FRAME: RefCell<Vec<FrameRef<'static>>> = const { RefCell::new(Vec::new()) };
}

/// Uses the ambient frame under three tags. Whoever leaves the third charges the frame to it.
fn under_three_tags(alloc: &SmartAlloc, in_third: impl FnOnce()) -> TagGuard<'_> {
    for tag in ["first", "second"] {
        let _tag = alloc.tag_scope(alloc.tag(tag));
        drop(alloc.frame_box(1_u64));
    }
    let third = alloc.tag_scope(alloc.tag("third"));
    in_third();
    drop(alloc.frame_box(1_u64));
    third
}

#[test]
fn a_phase_is_not_taken_for_a_tag() {
    let (alloc, backend) =
        Meddler::serving(AllocConfig::default(), |alloc| bury(alloc.phase_scope("meddling")));
    on_thread(|| {
        drop(alloc.phase_scope("meddling"));
        alloc.begin_frame();
        drop(under_three_tags(&alloc, || backend.arm()));
        assert!(!backend.is_armed());
        assert_eq!((alloc.current_tag(), alloc.current_phase()), (None, None));
        alloc.end_frame();
    });
}

#[test]
fn a_phase_is_not_taken_for_a_tag_while_a_new_budget_is_read() {
    let (alloc, backend) =
        Meddler::serving(AllocConfig::default(), |alloc| bury(alloc.phase_scope("meddling")));
    on_thread(|| {
        drop(alloc.phase_scope("meddling"));
        let tag = alloc.tag_scope("tag");
        drop(alloc.frame_box(1_u64));
        // The index of tags holds 16 and grows with the next one.
        (0..20).for_each(|tag| _ = alloc.tag(&tag.to_string()));
        drop(on_thread(|| alloc.with_tag(alloc.tag("19"), |alloc| alloc.pool_box(1_u64))));
        on_thread(|| alloc.set_budget(1_usize << 30));
        let frame = alloc.frame();
        frame.alloc(1_u64);
        backend.arm();
        drop(tag);
        assert!(!backend.is_armed());
        assert_eq!((alloc.current_tag(), alloc.current_phase()), (None, None));
    });
}

#[test]
fn a_guard_below_is_closed_meanwhile() {
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), |_| drop(OUTER.take()));
    let alloc: &'static SmartAlloc = Box::leak(Box::new(alloc));
    on_thread(|| {
        alloc.begin_frame();
        OUTER.set(Some(alloc.tag_scope("outer")));
        drop(under_three_tags(alloc, || backend.arm()));
        assert!(!backend.is_armed());
        assert_eq!(alloc.current_tag(), None);
        alloc.end_frame();
    });
}

#[test]
fn a_lease_is_not_used_once_more() {
    let use_it = |alloc: &SmartAlloc| (0..100).for_each(|_| drop(alloc.frame_box([0_u8; 64])));
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), use_it);
    on_thread(|| {
        alloc.set_tag_budget("third", Budget::bytes(16 << 10).on_exceed(OnExceed::Fail));
        alloc.begin_frame();
        drop(under_three_tags(&alloc, || backend.arm()));
        assert!(!backend.is_armed());
        let budget = alloc.tag_budget("third").unwrap();
        assert!(budget.used == 6408 && budget.reserved >= budget.used, "{budget:?}");
        alloc.end_frame();
        assert_eq!(alloc.tag_budget("third").unwrap().used, 0);
    });
}

#[test]
fn a_handle_that_is_made_while_its_frame_ends_keeps_it() {
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), |_| {
        FRAME.with_borrow_mut(|frames| frames.extend(frames.first().cloned()));
    });
    let alloc: &'static SmartAlloc = Box::leak(Box::new(alloc));
    let turn = Barrier::new(2);
    let drive = || {
        alloc.begin_frame();
        alloc.end_frame();
        turn.wait();
        turn.wait();
        // Asks the backend for nothing.
        alloc.begin_frame();
        turn.wait();
    };
    let work = || {
        turn.wait();
        FRAME.with_borrow_mut(|frames| frames.push(alloc.frame_ref()));
        let _third = under_three_tags(alloc, || backend.arm());
        turn.wait();
        turn.wait();
        // What is stale ends without a switch.
        drop(alloc.frame_ref());
        assert!(!backend.is_armed());
        let mut frames = FRAME.take();
        assert_eq!(frames.len(), 2);
        let mut kept = FrameVec::new_in(frames.remove(0));
        kept.extend([1_u64; 8]);
        drop(frames);
        let _held = alloc.frame_box(0_u64);
        alloc.begin_frame();
        let other = alloc.frame_slice_from_fn(8, |_| 2_u64);
        assert_eq!((&kept[..], &*other), (&[1; 8][..], &[2; 8][..]));
    };
    std::thread::scope(|scope| {
        scope.spawn(drive);
        scope.spawn(work);
    });
}
