//! A budget that is set while another thread has memory of its tag: what that thread credits before it has read the budget
//! must be credited, and what it charges before must not be credited later.

use std::sync::Barrier;
use std::thread;

use framealloc::{AllocConfig, Budget, OnExceed};
use framealloc_tests::Fixture;

const KIB: usize = 1024;

#[test]
fn bytes_that_were_settled_before_the_budget_are_credited() {
    let fixture = Fixture::new(AllocConfig::default());
    let (alloc, barrier) = (&fixture.alloc, Barrier::new(2));
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            let frame = alloc.frame();
            alloc.with_tag("t", |_| frame.uninit_slice::<u8>(100 * KIB).len());
            barrier.wait();
            barrier.wait();
            drop(frame);
        });
        barrier.wait();
        alloc.set_tag_budget("t", Budget::bytes(256 * KIB).on_exceed(OnExceed::Fail));
        barrier.wait();
        // With the end of its thread-locals.
        other.join().unwrap();
    });
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
}

#[test]
fn bytes_that_were_not_settled_make_no_room() {
    let fixture = Fixture::new(AllocConfig::default());
    let (alloc, barrier) = (&fixture.alloc, Barrier::new(2));
    let (first, second) = thread::scope(|scope| {
        let other = scope.spawn(|| {
            let tag = alloc.tag_scope("t");
            let frame = alloc.frame();
            frame.uninit_slice::<u8>(100 * KIB);
            barrier.wait();
            barrier.wait();
            drop(tag);
            drop(frame);
            // Gives back what this thread holds of the budget, besides what it should not.
            alloc.tag_budget("t").unwrap();
            barrier.wait();
            barrier.wait();
            let _tag = alloc.tag_scope("t");
            alloc.frame().try_uninit_slice::<u8>(60 * KIB).is_ok()
        });
        barrier.wait();
        alloc.set_tag_budget("t", Budget::bytes(512 * KIB).on_exceed(OnExceed::Fail));
        barrier.wait();
        barrier.wait();
        let tag = alloc.tag_scope("t");
        let frame = alloc.frame();
        let first = (0..64).filter(|_| frame.try_uninit_slice::<u8>(8 * KIB).is_ok()).count() * 8;
        barrier.wait();
        let second = if other.join().unwrap() { 60 } else { 0 };
        drop((tag, frame));
        (first, second)
    });
    assert!(first + second <= 512, "{first} KiB and {second} KiB at once");
}

#[test]
fn a_steady_thread_notices() {
    let fixture = Fixture::new(AllocConfig::default());
    let (alloc, barrier) = (&fixture.alloc, Barrier::new(2));
    let refused = thread::scope(|scope| {
        let steady = scope.spawn(|| {
            let frame = || alloc.frame().try_alloc([0_u8; 64]).is_err();
            assert!((0..200).all(|_| !frame()));
            barrier.wait();
            barrier.wait();
            (0..200).any(|_| frame())
        });
        barrier.wait();
        alloc.set_budget(Budget::bytes(16).on_exceed(OnExceed::Fail));
        barrier.wait();
        steady.join().unwrap()
    });
    assert!(refused, "200 frames later");
}
