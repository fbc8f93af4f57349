//! Budgets that are set, lowered and lifted while memory is in use.

use std::alloc::Layout;

use allocator_api2::vec::Vec as PoolVec;
use framealloc::diagnostics::FA311;
use framealloc::{Budget, SmartAlloc};
use framealloc_tests::{Fixture, caught, on_thread};

use super::{fill, hard};

fn bytes(n: usize) -> Layout {
    Layout::array::<u8>(n).unwrap()
}

#[test]
fn a_budget_set_late_counts_what_is_alive() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    let (pool, heap) = alloc.with_tag("a/b", |alloc| {
        frame.alloc([0_u8; 400]);
        (alloc.pool_box([0_u8; 256]), alloc.heap_box([0_u8; 100]))
    });
    alloc.set_tag_budget("a", hard(1000));
    assert_eq!(alloc.tag_budget("a").unwrap().used, 756);
    alloc.with_tag("a", |_| assert_eq!(fill(&frame, 8).0, 30));
    drop(pool);
    alloc.with_tag("a", |_| assert_eq!(fill(&frame, 8).0, 32));
    drop(heap);
    drop(frame);
    assert_eq!(alloc.tag_budget("a").unwrap().used, 0);
    let frame = alloc.frame();
    alloc.with_tag("a", |_| assert_eq!(fill(&frame, 8).0, 125));
}

#[test]
fn a_budget_set_under_an_open_scope_binds_at_once() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    let _tag = alloc.tag_scope("t");
    let frame = alloc.frame();
    frame.alloc([0_u8; 80]);
    alloc.set_tag_budget("t", hard(160));
    assert_eq!(fill(&frame, 8).0, 10);
    alloc.set_tag_budget("t", hard(240));
    assert_eq!(fill(&frame, 8).0, 10);
    alloc.set_tag_budget("t", hard(100));
    assert_eq!(fill(&frame, 8).0, 0);
    alloc.set_tag_budget("t", Budget::bytes(100));
    assert!(frame.try_alloc_layout(bytes(500)).is_ok(), "it only warns now");
    alloc.set_tag_budget("t", hard(1000));
    assert_eq!(fill(&frame, 8).0, 32);
    drop(frame);
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
    assert_eq!(fill(&alloc.frame(), 8).0, 125);
}

#[test]
fn a_lowered_budget_that_warns_says_so() {
    let fixture = Fixture::small().unlimited();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", Budget::bytes(1000));
    let frame = alloc.frame();
    alloc.with_tag("t", |_| frame.alloc([0_u8; 500]));
    assert!(fixture.reports(&FA311).is_empty());
    alloc.set_tag_budget("t", Budget::bytes(100));
    assert_eq!(fixture.reports(&FA311).len(), 1);
    assert_eq!(alloc.tag_budget("t").unwrap().overruns, 1);
}

#[test]
fn objects_under_tags_made_after_the_budget_are_refunded() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_budget(hard(2000));
    alloc.set_tag_budget("a", hard(1000));
    for tag in ["new", "a/new", "a/b/c"] {
        for _ in 0..10 {
            alloc.with_tag(tag, |alloc| {
                let boxes: Vec<_> = (0..8).map(|_| alloc.try_pool_box([0_u8; 96]).unwrap()).collect();
                let heap = alloc.try_heap_box([0_u8; 96]).unwrap();
                assert_eq!(alloc.budget().unwrap().used, 9 * 96);
                drop((boxes, heap));
            });
            assert_eq!(alloc.budget().unwrap().used, 0, "{tag}");
        }
    }
}

#[test]
fn a_switch_between_warn_and_fail_keeps_the_account() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    let _tag = alloc.tag_scope("t");
    let frames: Vec<_> = (0..4).map(|_| alloc.frame()).collect();
    let mut expected = 0;
    for round in 0..40 {
        let budget = Budget::bytes(100_000);
        let setting = if round % 2 == 0 { budget } else { hard(100_000) };
        alloc.set_tag_budget("t", setting);
        alloc.set_thread_frame_budget(setting);
        alloc.set_phase_budget("p", setting);
        let _phase = alloc.phase_scope("p");
        for frame in &frames {
            frame.try_alloc_layout(bytes(100)).unwrap();
            expected += 104;
        }
        assert_eq!(alloc.tag_budget("t").unwrap().used, expected);
        assert_eq!(alloc.thread_frame_budget().unwrap().used, expected);
    }
    drop(frames);
    let budgets = [alloc.tag_budget("t"), alloc.thread_frame_budget()].map(|budget| budget.unwrap());
    assert_eq!(budgets.map(|budget| (budget.used, budget.peak)), [(0, expected), (0, expected)]);
    assert_eq!(fill(&alloc.frame(), 8).0, 12_500);
}

#[test]
fn a_bare_number_is_a_budget_in_bytes() {
    let alloc = SmartAlloc::with_defaults();
    alloc.set_budget(64_000);
    alloc.set_tag_budget("t", 64);
    alloc.set_phase_budget("p", 32);
    alloc.set_thread_frame_budget(16);
    alloc.set_thread_pool_budget(8);
    let limits =
        [alloc.budget(), alloc.tag_budget("t"), alloc.thread_frame_budget(), alloc.thread_pool_budget()];
    assert_eq!(limits.map(|budget| budget.unwrap().limit), [64_000, 64, 16, 8]);
    assert_eq!(alloc.phase_budget("p").unwrap().limit, 32);
}

#[test]
fn impossible_budgets_are_refused_by_name() {
    let alloc = SmartAlloc::with_defaults();
    let bad = Budget::bytes(100).soft(101);
    for text in [
        caught(|| alloc.set_tag_budget("t", bad)),
        caught(|| alloc.set_phase_budget("p", bad)),
        caught(|| alloc.set_budget(bad)),
        caught(|| alloc.set_thread_frame_budget(bad)),
        caught(|| alloc.set_thread_pool_budget(bad)),
    ] {
        assert!(text.contains("`soft`") && text.contains("101"), "{text}");
    }
    assert!(caught(|| alloc.set_tag_budget("", hard(1))).contains("tag"));
    assert!(caught(|| alloc.set_phase_budget("", hard(1))).contains("phase"));
}

#[test]
fn refunds_come_from_rollback_and_speculation() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(1000));
    let _tag = alloc.tag_scope("t");
    alloc.begin_frame();
    for _ in 0..10 {
        let checkpoint = alloc.frame_checkpoint();
        drop(alloc.try_frame_box([0_u8; 1000]).unwrap());
        assert!(alloc.try_frame_box(1_u8).is_err());
        alloc.rollback_to(&checkpoint).unwrap();
        let failed: Result<(), ()> = alloc.speculative(|| {
            drop(alloc.try_frame_box([0_u8; 1000]).unwrap());
            Err(())
        });
        assert!(failed.is_err());
        let frame = alloc.frame();
        let failed = frame.speculate(|child| if fill(child, 8).0 == 125 { Err::<u8, u8>(1) } else { Ok(2) });
        assert_eq!(failed.err(), Some(1));
    }
    alloc.end_frame();
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
}

#[test]
fn a_thread_that_ends_gives_back_what_it_held() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(200_000));
    for _ in 0..20 {
        on_thread(|| {
            let _tag = alloc.tag_scope("t");
            let frame = alloc.frame();
            frame.alloc([0_u8; 100]);
            drop(alloc.pool_box([0_u8; 1000]));
        });
    }
    assert_eq!(alloc.tag_budget("t").map(|budget| (budget.used, budget.reserved)), Some((0, 0)));
    let _tag = alloc.tag_scope("t");
    assert!(alloc.frame().try_alloc_layout(bytes(200_000)).is_ok());
}

#[test]
fn a_budget_set_on_one_thread_is_not_enlarged_by_what_others_have_not_settled() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    let barrier = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let tag = alloc.tag_scope("t");
            let frame = alloc.frame();
            frame.try_alloc_layout(bytes(10_000)).unwrap();
            barrier.wait();
            barrier.wait();
            // This thread notices the budget here, and frees what was never charged to it.
            drop(tag);
            drop(frame);
            let _tag = alloc.tag_scope("t");
            let frame = alloc.frame();
            assert!(frame.try_alloc_layout(bytes(10_000)).is_err(), "the other thread has all of it");
        });
        barrier.wait();
        alloc.set_tag_budget("t", hard(20_000));
        let _tag = alloc.tag_scope("t");
        let frame = alloc.frame();
        frame.try_alloc_layout(bytes(20_000)).unwrap();
        assert_eq!(alloc.tag_budget("t").unwrap().used, 20_000);
        barrier.wait();
        other.join().unwrap();
        assert_eq!(alloc.tag_budget("t").unwrap().used, 20_000);
        assert!(frame.try_alloc_layout(bytes(10_000)).is_err());
        drop(frame);
        assert_eq!(fill(&alloc.frame(), 8).0, 2500);
    });
}

#[test]
fn what_is_freed_above_a_lowered_limit_cannot_be_had_again() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(10_000));
    let _tag = alloc.tag_scope("t");
    let mut frames: Vec<_> = (0..10).map(|_| alloc.frame()).collect();
    for frame in &frames {
        assert_eq!(frame.try_alloc_layout(bytes(1000)).unwrap().len(), 1000);
    }
    alloc.set_tag_budget("t", hard(5000));
    for alive in (0..10).rev() {
        drop(frames.pop());
        let room = 5000_usize.saturating_sub(alive * 1000);
        let frame = alloc.frame();
        assert_eq!(fill(&frame, 8).0, room / 8, "with {alive} frames alive");
        let boxed = alloc.try_pool_box([0_u8; 16]);
        assert!(boxed.is_err(), "with {alive} frames alive");
    }
}

/// Two threads, of which the second does `before` the budget is set, `unnoticed` after that, and then notices it.
fn around_a_new_budget<T: Send>(
    alloc: &SmartAlloc,
    limit: usize,
    before: impl FnOnce() -> T + Send,
    unnoticed: impl FnOnce(T) + Send,
) {
    let barrier = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let made = before();
            barrier.wait();
            barrier.wait();
            unnoticed(made);
        });
        barrier.wait();
        alloc.set_tag_budget("t", hard(limit));
        barrier.wait();
        // The thread's exit is part of what is tested.
        other.join().unwrap();
    });
}

#[test]
fn pool_objects_freed_by_a_thread_that_has_not_noticed_the_budget_are_refunded() {
    for size in [16, 96, 100_000] {
        let fixture = Fixture::default();
        let alloc = &fixture.alloc;
        let zeros = |alloc: &SmartAlloc| {
            let mut zeros = PoolVec::new_in(alloc.pool_allocator());
            zeros.resize(size, 0_u8);
            zeros
        };
        let make = || (0..40).map(|_| zeros(alloc)).collect::<Vec<_>>();
        around_a_new_budget(alloc, 40 * size + 1_000_000, || alloc.with_tag("t", |_| make()), drop);
        let budget = alloc.tag_budget("t").unwrap();
        assert_eq!((budget.used, budget.reserved), (0, 0), "of {size} bytes");
        assert!(budget.peak >= 40 * size as u64);
    }
}

#[test]
fn pool_objects_made_by_a_thread_that_has_not_noticed_the_budget_are_charged() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    let made = std::sync::Mutex::new(Vec::new());
    around_a_new_budget(
        alloc,
        1 << 20,
        || {
            let tag = alloc.tag_scope("t");
            drop(alloc.pool_box([0_u8; 96]));
            core::mem::forget(tag);
        },
        |()| made.lock().unwrap().extend((0..10).map(|_| alloc.pool_box([0_u8; 96]))),
    );
    assert_eq!(alloc.tag_budget("t").unwrap().used, 960);
    made.lock().unwrap().clear();
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
}

#[test]
fn objects_of_a_tag_that_the_freeing_thread_never_entered_are_refunded() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    let boxes =
        alloc.with_tag("t/deep", |alloc| (0..40).map(|_| alloc.pool_box([0_u8; 96])).collect::<Vec<_>>());
    around_a_new_budget(alloc, 1 << 20, || drop(alloc.pool_box(1_u8)), |()| drop(boxes));
    let budget = alloc.tag_budget("t").unwrap();
    assert_eq!((budget.used, budget.reserved), (0, 0));
}

#[test]
fn what_an_unaware_thread_made_and_another_freed_is_owed_to_nobody() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    let (send, receive) = std::sync::mpsc::channel();
    let (freed, wait) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            let tag = alloc.tag_scope("t");
            drop(alloc.pool_box([0_u8; 96]));
            send.send(None).unwrap();
            wait.recv().unwrap();
            send.send(Some(alloc.pool_box([0_u8; 96]))).unwrap();
            wait.recv().unwrap();
            drop(tag);
            // This thread reads the budget here, when the object is long gone.
        });
        assert!(receive.recv().unwrap().is_none());
        alloc.set_tag_budget("t", hard(1000));
        freed.send(()).unwrap();
        drop(receive.recv().unwrap());
        assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
        freed.send(()).unwrap();
        other.join().unwrap();
    });
    let budget = alloc.tag_budget("t").unwrap();
    assert_eq!((budget.used, budget.reserved), (0, 0));
}
