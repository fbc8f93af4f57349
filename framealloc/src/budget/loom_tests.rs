//! Models of the shared budget. Run with
//! `RUSTFLAGS="--cfg framealloc_loom" cargo test -p framealloc --lib --release budget::loom_tests`.

use super::*;
use loom::sync::Arc;
use loom::thread;

fn budget(limit: u64) -> Arc<SharedBudget> {
    Arc::new(SharedBudget::new(&Budget::of(limit).on_exceed(OnExceed::Fail), 0))
}

#[test]
fn two_threads_never_exceed() {
    loom::model(|| {
        let shared = budget(5);
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.reserve(4, 3).unwrap_or(0))
        };
        let mine = shared.reserve(4, 3).unwrap_or(0);
        let theirs = other.join().unwrap();
        assert!(mine + theirs <= 5 && mine + theirs >= 3, "{mine} + {theirs}");
        assert_eq!(shared.stats().reserved, mine + theirs);
    });
}

#[test]
fn what_one_gives_back_the_other_can_have() {
    loom::model(|| {
        let shared = budget(4);
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                if let Some(got) = shared.reserve(2, 2) {
                    shared.release(got);
                }
            })
        };
        let mine = shared.reserve(3, 3).unwrap_or(0);
        other.join().unwrap();
        let rest = shared.reserve(4 - mine, 4 - mine);
        assert_eq!(rest, Some(4 - mine), "the last byte is there");
        assert_eq!(shared.reserve(1, 1), None);
    });
}

#[test]
fn racing_charges_cross_once() {
    loom::model(|| {
        let shared = Arc::new(SharedBudget::new(&Budget::bytes(3), 0));
        let charge = |shared: &SharedBudget| {
            shared.force(2);
            u32::from(matches!(shared.settle(2), Some(BudgetEvent::Exceeded { .. })))
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || charge(&shared))
        };
        let crossings = charge(&shared) + other.join().unwrap();
        assert_eq!((crossings, shared.stats().used, shared.stats().peak), (1, 4, 4));
    });
}

#[test]
fn a_lowered_limit_binds_from_the_next_reservation() {
    loom::model(|| {
        let shared = budget(4);
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.set(&Budget::bytes(2).on_exceed(OnExceed::Fail)))
        };
        let mine = shared.reserve(3, 3).unwrap_or(0);
        other.join().unwrap();
        assert!(mine == 0 || mine == 3);
        assert_eq!(shared.reserve(1, 1).is_some(), mine == 0);
    });
}
