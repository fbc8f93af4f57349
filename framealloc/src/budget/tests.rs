//! Tests of charging, leasing and sharing.

use super::shared::SLAB;
use super::*;
use crate::diagnostics::FA311;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const KB: u64 = 1024;

fn fail(limit: u64) -> Budget {
    Budget::of(limit).on_exceed(OnExceed::Fail)
}

fn shared(limit: u64) -> Arc<SharedBudget> {
    Arc::new(SharedBudget::new(&fail(limit), 0))
}

fn one(budget: &dyn Lessor, request: u64, want: u64) -> Option<u64> {
    lease([budget].into_iter(), request, want).ok()
}

#[test]
fn a_plain_budget_warns_once_per_crossing() {
    let budget = PlainBudget::new(&Budget::bytes(100), BudgetReset::PerFrame);
    assert_eq!(budget.charge(79), None);
    assert_eq!(budget.charge(1), Some(BudgetEvent::SoftPassed { used: 80, soft: 80, limit: 100 }));
    assert_eq!(budget.charge(20), None);
    assert_eq!(budget.charge(1), Some(BudgetEvent::Exceeded { used: 101, limit: 100 }));
    assert_eq!(budget.charge(1000), None);
    budget.refund(1100);
    assert_eq!(budget.charge(100), Some(BudgetEvent::Exceeded { used: 101, limit: 100 }));
    budget.reset();
    let stats = budget.stats();
    assert_eq!((stats.used, stats.peak, stats.overruns, stats.refusals), (0, 1101, 2, 0));
    assert_eq!((stats.resets, stats.remaining()), (BudgetReset::PerFrame, 100));
}

#[test]
fn events_become_reports() {
    let report = BudgetEvent::Exceeded { used: 101, limit: 100 }.diagnostic("physics", "tag physics");
    assert_eq!(report.code, &FA311);
    assert_eq!(report.message, "budget of physics: 101 bytes are used, 1 above the limit of 100");
}

#[test]
fn leases_halve_near_the_end_and_reach_the_last_byte() {
    let budget = PlainBudget::new(&fail(1000), BudgetReset::PerRun);
    assert_eq!(one(&budget, 16, 600), Some(600));
    assert_eq!(one(&budget, 16, 600), Some(200), "half of 400");
    assert_eq!(one(&budget, 150, 600), Some(150), "at least the request");
    assert_eq!(one(&budget, 51, 51), None);
    budget.count_refusal();
    budget.give_back(100);
    assert_eq!(one(&budget, 150, 150), Some(150));
    assert_eq!(
        Lessor::settle(&budget, 1000),
        Some(BudgetEvent::SoftPassed { used: 1000, soft: 800, limit: 1000 })
    );
    let stats = budget.stats();
    assert_eq!((stats.used, stats.reserved, stats.refusals), (1000, 1000, 1));
    assert_eq!(one(&budget, 1, 1), None);
    assert_eq!(one(&budget, 0, 0), Some(0));
}

#[test]
fn a_chain_leases_what_its_least_budget_allows_or_nothing() {
    let (wide, narrow) = (Link::new(shared(1 << 30)), PlainBudget::new(&fail(1000), BudgetReset::PerRun));
    let warn = PlainBudget::new(&Budget::bytes(1), BudgetReset::PerRun);
    let chain: [&dyn Lessor; 3] = [&warn, &wide, &narrow];
    assert_eq!(lease(chain.into_iter(), 8, 4096), Ok(496));
    assert_eq!(lease(chain.into_iter(), 505, 4096), Err(2));
    assert_eq!((wide.left(), narrow.stats().reserved, warn.stats().reserved), (SLAB - 496, 496, 0));
    assert_eq!(lease(core::iter::empty(), 8, 4096), Ok(4096));
}

#[test]
fn a_link_takes_slabs_and_returns_surplus() {
    let budget = shared(1 << 30);
    let link = Link::new(Arc::clone(&budget));
    assert_eq!(one(&link, 64, 1000), Some(1000));
    assert_eq!((link.left(), budget.stats().reserved), (SLAB - 1000, SLAB));
    assert_eq!(one(&link, 3 * SLAB, 3 * SLAB), Some(3 * SLAB));
    link.give_back(1000);
    let held = link.left();
    link.give_back(3 * SLAB);
    assert!(held <= 2 * SLAB && link.left() == SLAB);
    assert_eq!(budget.stats().reserved, SLAB);
    drop(link);
    assert_eq!(budget.stats().reserved, 0);
}

#[test]
fn one_thread_gets_the_last_byte_of_a_shared_budget() {
    for limit in [1, 7, 1000, 64 * KB, 64 * KB + 1, 1_000_003] {
        let budget = shared(limit);
        let link = Link::new(Arc::clone(&budget));
        let mut total = 0;
        while total < limit {
            let request = (limit - total).min(997);
            let Some(got) = one(&link, request, request) else { panic!("refused at {total} of {limit}") };
            let soft = budget.stats().soft;
            assert_eq!(link.settle(got).is_some(), total < soft && total + got >= soft);
            total += got;
        }
        assert_eq!((total, one(&link, 1, 1)), (limit, None));
        assert_eq!((budget.stats().used, budget.stats().peak), (limit, limit));
        link.refund(limit);
        assert_eq!(one(&link, limit, limit), Some(limit));
    }
}

#[test]
fn slabs_shrink_near_the_end() {
    let budget = shared(100 * KB);
    assert_eq!(budget.reserve(SLAB, 1), Some(25 * KB));
    assert_eq!(budget.reserve(SLAB, 60 * KB), Some(60 * KB));
    assert_eq!(budget.reserve(SLAB, 16 * KB), None);
    assert!(budget.would_fit(15 * KB) && !budget.would_fit(15 * KB + 1));
    assert_eq!(budget.reserve(SLAB, 15 * KB), Some(15 * KB));
    assert_eq!((budget.reserve(SLAB, 0), budget.reserve(SLAB, 1)), (Some(0), None));
}

#[test]
fn settings_change_while_in_use() {
    let budget = Arc::new(SharedBudget::new(&Budget::of(1000), 100));
    let link = Link::new(Arc::clone(&budget));
    assert_eq!(link.charge(650), None);
    assert_eq!(budget.set(&Budget::bytes(500)), Some(BudgetEvent::Exceeded { used: 750, limit: 500 }));
    assert_eq!(budget.set(&fail(700)), None);
    link.refresh();
    assert_eq!(one(&link, 1, 1), None, "what was charged while it only warned counts");
    link.refund(100);
    assert_eq!(one(&link, 50, 50), Some(50));
    assert_eq!(budget.set(&fail(2000)), None);
    assert_eq!(one(&link, 1300, 1300), Some(1300));
    assert_eq!(one(&link, 1, 1), None);
}

#[test]
fn freed_bytes_that_were_never_charged_do_not_enlarge_a_budget() {
    let budget = shared(100);
    budget.credit(50);
    assert_eq!((budget.reserve(101, 101), budget.reserve(100, 100)), (None, Some(100)));
    let stats = budget.stats().refusal("tag".into(), 9);
    assert!(matches!(stats, crate::AllocError::BudgetExceeded { limit: 100, used: 0, requested: 9, .. }));
}

#[test]
fn threads_never_exceed_and_use_everything() {
    // Each thread alone asks for several times as much, so the limit is met whatever the schedule.
    const LIMIT: u64 = 300_007;
    let (budget, live, most) = (shared(LIMIT), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for seed in 0..4_u64 {
            let (budget, live, most) = (&budget, &live, &most);
            scope.spawn(move || {
                let link = Link::new(Arc::clone(budget));
                let (mut state, mut held) = (seed + 1, Vec::new());
                for _ in 0..20_000 {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let request = (state >> 33) % 4000 + 1;
                    match one(&link, request, request * 2) {
                        Some(got) if (state >> 60) < 9 => {
                            most.fetch_max(
                                live.fetch_add(request, Ordering::SeqCst) + request,
                                Ordering::SeqCst,
                            );
                            link.settle(request);
                            link.give_back(got - request);
                            held.push(request);
                        }
                        Some(got) => link.give_back(got),
                        None => link.budget().count_refusal(),
                    }
                    if (state >> 59) & 1 == 1
                        && let Some(bytes) = held.pop()
                    {
                        live.fetch_sub(bytes, Ordering::SeqCst);
                        link.refund(bytes);
                    }
                }
                for bytes in held {
                    live.fetch_sub(bytes, Ordering::SeqCst);
                    link.refund(bytes);
                }
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= LIMIT);
    let stats = budget.stats();
    assert_eq!((stats.used, stats.reserved), (0, 0), "{stats:?}");
    assert!(stats.peak <= LIMIT && stats.refusals > 0, "{stats:?}");
    assert_eq!(budget.reserve(LIMIT, LIMIT), Some(LIMIT));
}

#[test]
fn racing_charges_give_one_event() {
    let budget = Arc::new(SharedBudget::new(&Budget::bytes(1000), 0));
    let events = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let link = Link::new(Arc::clone(&budget));
                for _ in 0..1000 {
                    let exceeded = matches!(link.charge(1), Some(BudgetEvent::Exceeded { .. }));
                    events.fetch_add(u64::from(exceeded), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!((events.into_inner(), budget.stats().overruns, budget.stats().used), (1, 1, 4000));
}
