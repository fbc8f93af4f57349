//! Memory that comes and goes before its frame is settled: it is over, and a budget had to hold it all the same.

use framealloc::diagnostics::{FA311, FA312};
use framealloc::{Budget, Frame, SmartAlloc};
use framealloc_tests::Fixture;

use super::hard;

/// A vector of `bytes` bytes that is dropped at once.
fn pass(frame: &Frame, bytes: usize) {
    let mut passing = frame.vec::<u8>();
    passing.try_reserve(bytes).expect("nothing refuses");
}

#[test]
fn every_kind_of_warning_budget_sees_it() {
    type Set = fn(&SmartAlloc, Budget);
    type Used = fn(&SmartAlloc) -> u64;
    let kinds: [(Set, Used); 4] = [
        (|alloc, budget| alloc.set_tag_budget("t", budget), |alloc| alloc.tag_budget("t").unwrap().used),
        (|alloc, budget| alloc.set_budget(budget), |alloc| alloc.budget().unwrap().used),
        (|alloc, budget| alloc.set_phase_budget("p", budget), |alloc| alloc.phase_budget("p").unwrap().used),
        (
            |alloc, budget| alloc.set_thread_frame_budget(budget),
            |alloc| alloc.thread_frame_budget().unwrap().used,
        ),
    ];
    for (set, used) in kinds {
        let fixture = Fixture::small();
        let alloc = &fixture.alloc;
        set(alloc, Budget::bytes(1024));
        let (_tag, _phase) = (alloc.tag_scope("t"), alloc.phase_scope("p"));
        pass(&alloc.frame(), 1024);
        assert!(fixture.reports(&FA311).is_empty(), "no more than the budget");
        pass(&alloc.frame(), 4096);
        let reports = fixture.reports(&FA311);
        assert!(reports.len() == 1 && reports[0].message.contains("4096"), "{reports:?}");
        assert_eq!(used(alloc), 0, "it is over");
    }
}

#[test]
fn what_stays_and_what_passes_count_together() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", Budget::bytes(1024));
    let _tag = alloc.tag_scope("t");
    let frame = alloc.frame();
    frame.alloc([0_u8; 600]);
    pass(&frame, 400);
    drop(alloc.tag_scope("other"));
    assert!(fixture.reports(&FA311).is_empty());
    pass(&frame, 600);
    drop(alloc.tag_scope("other"));
    assert_eq!((fixture.reports(&FA311).len(), alloc.tag_budget("t").unwrap().used), (1, 600));
}

#[test]
fn a_vector_that_cannot_grow_is_refused_once() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(1024));
    let _tag = alloc.tag_scope("t");
    let frame = alloc.frame();
    let mut growing = frame.vec::<u64>();
    let error = (0..).find_map(|number| growing.try_push(number).err()).expect("the budget refuses");
    let reports = fixture.reports(&FA312);
    assert_eq!((reports.len(), alloc.tag_budget("t").unwrap().refusals), (1, 1));
    assert_eq!(reports[0].message, error.to_string(), "the report and the error name the same bytes");
}
