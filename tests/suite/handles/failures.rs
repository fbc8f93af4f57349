//! The backend has no memory: nothing changes, and everything works afterwards.

use framealloc::{AllocError, Budget, OnExceed, SmartAlloc};
use framealloc_tests::{DropCounter, Fixture, fail_at_each_request, on_thread};

fn refused<T>(result: Result<T, AllocError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(AllocError::OutOfMemory { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

/// Uses handles in every way; whether no request for memory was refused.
fn program(alloc: &SmartAlloc, counter: &DropCounter) -> bool {
    let _tag = alloc.tag_scope("handles");
    let handles = alloc.handles();
    let mut all = true;
    let mut objects = Vec::new();
    for n in 0..3000_u64 {
        let object = refused(handles.try_alloc((n, [n as u8; 90], counter.make(n))));
        all &= object.is_some();
        objects.extend(object.map(|object| (n, object)));
    }
    let bytes: Vec<_> =
        [100, 20_000, 70_000].into_iter().filter_map(|len| refused(handles.alloc_bytes(len, 64))).collect();
    all &= bytes.len() == 3;
    for at in (0..objects.len()).rev().filter(|at| at % 3 != 0) {
        assert!(handles.free(objects.swap_remove(at).1));
    }
    while !handles.defragment(30_000).complete {}
    for (n, object) in &objects {
        let guard = handles.try_resolve_mut(*object).unwrap();
        assert_eq!((guard.0, guard.1), (*n, [*n as u8; 90]));
        guard.2.verify();
    }
    objects.into_iter().for_each(|(_, object)| assert!(handles.free(object)));
    bytes.into_iter().for_each(|object| assert!(handles.free(object)));
    all
}

fn run(nth: u64, count: u64) -> u64 {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    let failed = on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("handles", Budget::bytes(16 << 20).on_exceed(OnExceed::Fail));
        // What the thread itself needs is not what is tested.
        drop(alloc.tag_scope("handles"));
        fixture.backend.fail(nth, count);
        program(alloc, &counter);
        fixture.backend.heal();
        let failed = fixture.backend.failed();
        assert!(program(alloc, &counter), "it works again");
        assert_eq!((alloc.stats().total.live_bytes(), alloc.tag_budget("handles").unwrap().used), (0, 0));
        assert!(alloc.handles().defragment(0).complete);
        assert_eq!((alloc.handles().stats().objects, alloc.handles().stats().resident_bytes), (0, 0));
        failed
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
    failed
}

#[test]
fn one_failure_at_each_request() {
    fail_at_each_request(10, |nth| run(nth, 1));
}

#[test]
fn no_memory_from_each_request_on() {
    fail_at_each_request(10, |nth| run(nth, u64::MAX));
}
