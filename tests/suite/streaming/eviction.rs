//! What goes for whom.

use framealloc::diagnostics::FA312;
use framealloc::{AllocError, Budget, OnExceed, SmartAlloc, StreamError, StreamId, StreamPriority};
use framealloc_tests::{Fixture, on_thread};

use StreamPriority::{Critical, High, Low, Normal};

fn load(alloc: &SmartAlloc, bytes: usize, priority: StreamPriority) -> Result<StreamId, AllocError> {
    let id = alloc.streaming().reserve(bytes, priority)?;
    alloc.streaming().write(id, &vec![priority as u8; bytes]).unwrap();
    alloc.streaming().finish_load(id).unwrap();
    Ok(id)
}

fn is_there(alloc: &SmartAlloc, id: StreamId) -> bool {
    alloc.streaming().progress(id).is_some_and(|progress| progress.is_finished)
}

#[test]
fn lower_priorities_go_first_and_then_the_oldest() {
    let fixture = Fixture::default();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.streaming().set_budget(600);
        let all = [High, Normal, Low, Normal, Low, High].map(|priority| load(alloc, 100, priority).unwrap());
        // The first normal and the first low one become the youngest of theirs.
        assert!(alloc.streaming().access(all[1]).is_ok() && alloc.streaming().access(all[2]).is_ok());
        let mut order = Vec::new();
        for _ in 0..6 {
            let before = all.map(|id| is_there(alloc, id));
            load(alloc, 100, High).unwrap();
            order.extend((0..6).filter(|at| before[*at] && !is_there(alloc, all[*at])));
        }
        assert_eq!(order, [4, 2, 3, 1, 0, 5]);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_request_evicts_nothing_more_important_than_itself() {
    let fixture = Fixture::default().unlimited();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.streaming().set_budget(400);
        let (critical, high) = (load(alloc, 100, Critical).unwrap(), load(alloc, 100, High).unwrap());
        let (normal, low) = (load(alloc, 100, Normal).unwrap(), load(alloc, 100, Low).unwrap());
        let error = alloc.streaming().reserve(201, Normal).unwrap_err();
        let expected =
            AllocError::BudgetExceeded { budget: "streaming".into(), limit: 400, used: 400, requested: 201 };
        assert_eq!(error, expected);
        assert!([critical, high, normal, low].iter().all(|id| is_there(alloc, *id)), "nothing goes in vain");
        let reports = fixture.reports(&FA312);
        assert_eq!(reports.len(), 1);
        assert!(
            reports[0].suggestion.as_ref().unwrap().contains("200 could be evicted for a request of normal")
        );
        assert!(
            alloc.streaming().reserve(301, Critical).is_err(),
            "critical data does not go for critical data"
        );
        assert!(alloc.streaming().reserve(101, Low).is_err());
        let other = load(alloc, 200, Normal).unwrap();
        assert_eq!(
            [critical, high, normal, low, other].map(|id| is_there(alloc, id)),
            [true, true, false, false, true]
        );
        load(alloc, 300, Critical).unwrap();
        assert_eq!([critical, high, other].map(|id| is_there(alloc, id)), [true, false, false]);
        assert!(alloc.streaming().reserve(1, High).is_err());
        alloc.streaming().evict(critical).unwrap();
        assert!(!is_there(alloc, critical), "who asks for it by name may");
    });
    fixture.assert_all_freed();
}

#[test]
fn what_is_read_or_loaded_stays() {
    let fixture = Fixture::default();
    on_thread(|| {
        let (alloc, streaming) = (&fixture.alloc, fixture.alloc.streaming());
        streaming.set_budget(300);
        let read = load(alloc, 100, Low).unwrap();
        let data = streaming.access(read).unwrap();
        let partly = streaming.reserve(100, Low).unwrap();
        streaming.write(partly, &[1; 50]).unwrap();
        let lent = streaming.reserve(100, Low).unwrap();
        let guard = streaming.begin_load(lent).unwrap();
        assert!(streaming.reserve(1, Critical).is_err());
        let clone = data.clone();
        drop(data);
        assert!(streaming.reserve(1, Critical).is_err());
        assert!(clone.iter().all(|byte| *byte == Low as u8));
        drop(clone);
        let critical = load(alloc, 100, Critical).unwrap();
        assert_eq!(streaming.access(read).unwrap_err(), StreamError::Evicted);
        drop(guard);
        streaming.evict(partly).unwrap();
        assert_eq!(streaming.progress(partly).unwrap().loaded, 0);
        assert!(is_there(alloc, critical) && streaming.stats().used_bytes == 200);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_lowered_budget_evicts_what_may_go() {
    let fixture = Fixture::default();
    on_thread(|| {
        let (alloc, streaming) = (&fixture.alloc, fixture.alloc.streaming());
        assert_eq!(streaming.stats().budget, u64::MAX);
        let all = [Critical, High, Normal, Low].map(|priority| load(alloc, 1000, priority).unwrap());
        streaming.set_budget(2500);
        assert_eq!(all.map(|id| is_there(alloc, id)), [true, true, false, false]);
        assert_eq!((streaming.stats().used_bytes, streaming.stats().budget), (2000, 2500));
        streaming.set_budget(0);
        assert_eq!(all.map(|id| is_there(alloc, id)), [true, false, false, false]);
        assert!(streaming.begin_load(all[3]).is_err() && streaming.reserve(0, Low).is_err());
        assert!(streaming.release(all[0]));
        assert_eq!((streaming.stats().used_bytes, alloc.stats().streaming.peak_bytes), (0, 4000));
    });
    fixture.assert_all_freed();
}

#[test]
fn bytes_count_for_the_tag_that_reserved_them() {
    let fixture = Fixture::default();
    on_thread(|| {
        let (alloc, streaming) = (&fixture.alloc, fixture.alloc.streaming());
        alloc.set_tag_budget("world", Budget::bytes(1000).on_exceed(OnExceed::Fail));
        alloc.set_budget(Budget::bytes(3000).on_exceed(OnExceed::Fail));
        streaming.set_budget(2500);
        let world = alloc.with_tag("world", |alloc| load(alloc, 900, Normal).unwrap());
        let refused = alloc.with_tag("world", |alloc| alloc.streaming().reserve(200, Normal)).unwrap_err();
        assert!(matches!(&refused, AllocError::BudgetExceeded { budget, .. } if &**budget == "tag world"));
        assert_eq!(streaming.stats().used_bytes, 900, "room that was not used is given back");
        let other = load(alloc, 1600, Normal).unwrap();
        assert_eq!(alloc.tag_stats("world").unwrap().heap.live_bytes, 900);
        // Evicted for another tag's sake: credited to its own.
        load(alloc, 500, Normal).unwrap();
        assert!(!is_there(alloc, world) && is_there(alloc, other));
        assert_eq!(alloc.tag_stats("world").unwrap().heap.live_bytes, 0);
        assert_eq!(alloc.tag_budget("world").unwrap().used, 0);
        let object = alloc.heap_box([0_u8; 700]);
        let refused = streaming.reserve(300, Low).unwrap_err();
        assert!(
            matches!(&refused, AllocError::BudgetExceeded { budget, .. } if &**budget == "the allocator")
        );
        drop(object);
        drop(streaming.begin_load(world).unwrap());
        assert_eq!(alloc.tag_stats("world").unwrap().heap.live_bytes, 0, "the tag that is current now pays");
    });
    fixture.assert_all_freed();
}
