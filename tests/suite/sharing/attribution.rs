//! Shared values are charged like any ambient memory.

use framealloc::{AllocConfig, AllocError, Budget, OnExceed, frame_system};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

#[test]
fn a_shared_value_is_charged_to_its_tag_until_it_is_gone() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let live = || alloc.tag_stats("render").map_or(0, |tag| tag.frame.live_bytes);
        alloc.begin_frame();
        let handle = alloc.with_tag("render", |alloc| alloc.share_for([0_u8; 1000], 1));
        assert!((1000..1100).contains(&live()), "{}", live());
        alloc.end_frame();
        assert!(live() >= 1000, "its frame is over, its memory is not");
        let guard = handle.read(alloc).unwrap();
        for _ in 0..3 {
            alloc.begin_frame();
            alloc.end_frame();
        }
        assert!(live() >= 1000, "a reader keeps it");
        drop(guard);
        alloc.begin_frame();
        assert_eq!(live(), 0);
        alloc.end_frame();
    });
    fixture.assert_all_freed();
}

#[test]
fn a_budget_that_is_full_refuses() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("ai", Budget::bytes(10_000).on_exceed(OnExceed::Fail));
        alloc.begin_frame();
        let _ai = alloc.tag_scope("ai");
        let mut handles = Vec::new();
        let error = loop {
            match alloc.try_share((counter.make(1), [0_u8; 1000])) {
                Ok(handle) => handles.push(handle),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, AllocError::BudgetExceeded { .. }), "{error}");
        assert_eq!((handles.len(), counter.alive()), (9, 9), "the refused value was dropped");
        assert!(caught(|| alloc.share([0_u8; 2000])).contains("budget of tag ai exceeded"));
        assert!(handles.iter().all(|handle| handle.read(alloc).is_some()));
        alloc.end_frame();
        alloc.begin_frame();
        assert!(alloc.try_share([0_u8; 2000]).is_ok(), "and is free again");
        alloc.end_frame();
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[frame_system(tag = "culling")]
fn cull(alloc: &framealloc::SmartAlloc) -> framealloc::FrameHandle<Vec<u32>> {
    alloc.share(vec![1, 2, 3])
}

#[test]
fn a_system_shares_with_later_systems_under_its_tag() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let visible = cull(alloc);
        assert_eq!(visible.read(alloc).unwrap().len(), 3, "the system is over, the frame is not");
        let charged = alloc.tag_stats("culling").unwrap().frame.live_bytes;
        assert_eq!(charged, size_of::<usize>() as u64 + size_of::<Vec<u32>>() as u64);
        alloc.end_frame();
        assert!(visible.read(alloc).is_none());
    });
    fixture.assert_all_freed();
}

#[test]
fn a_thread_that_is_gone_is_credited_when_its_last_reader_is() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    on_thread(|| alloc.set_tag_budget("load", Budget::bytes(100_000).on_exceed(OnExceed::Fail)));
    let (first, second) = on_thread(|| {
        let _load = alloc.tag_scope("load");
        alloc.begin_frame();
        let one = alloc.share([1_u8; 1000]).read(alloc).unwrap();
        let two = alloc.with_tag("meshes", |_| alloc.share([2_u8; 500])).read(alloc).unwrap();
        (one, two)
    });
    let live = |path| fixture.stats().tags.iter().find(|tag| &*tag.path == path).unwrap().frame.live_bytes;
    let used = || on_thread(|| alloc.tag_budget("load").unwrap().used);
    assert!(live("load") >= 1000 && live("load/meshes") >= 500);
    assert_eq!(used(), live("load") + live("load/meshes"), "nothing is credited while it is there");
    drop(first);
    assert!(live("load") >= 1000, "one chunk, one credit");
    assert_eq!(*second, [2; 500]);
    drop(second);
    assert_eq!((live("load"), live("load/meshes"), used()), (0, 0, 0));
    assert_eq!(fixture.stats().total.frame.live_bytes, 0);
    fixture.assert_all_freed();
}

#[test]
fn refused_memory_changes_nothing() {
    for nth in 0.. {
        let counter = DropCounter::default();
        let mut armed = false;
        leaves_nothing(AllocConfig::minimal().with_strict(framealloc::diagnostics::Strict::Off), |fixture| {
            let alloc = &fixture.alloc;
            fixture.backend.fail(nth, 1);
            let mut handles = Vec::new();
            for n in 0..200_u64 {
                if let Ok(handle) = alloc.try_share_for((counter.make(n), [n; 32]), n % 3) {
                    handles.push((n, handle));
                }
                if n % 50 == 49 && catch(|| alloc.begin_frame()) {
                    alloc.end_frame();
                    handles.clear();
                }
                for (n, handle) in &handles {
                    let guard = handle.read(alloc).expect("its frame is not over");
                    assert_eq!((guard.0.payload, guard.1), (*n, [*n; 32]));
                }
            }
            armed = fixture.backend.is_armed();
        });
        assert_eq!(counter.alive(), 0);
        if armed {
            break;
        }
    }
}

/// Whether `work` did not panic.
fn catch(work: impl FnOnce()) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_ok()
}

#[test]
fn slots_are_used_again() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut after_warm_up = 0;
        for frame in 0..200 {
            alloc.begin_frame();
            let handles: Vec<_> = (0..20).map(|n| alloc.share_for(counter.make(n), 1)).collect();
            assert!(handles.iter().all(|handle| handle.read(alloc).is_some()));
            alloc.end_frame();
            if frame == 20 {
                after_warm_up = fixture.backend.requests();
            }
        }
        assert_eq!(fixture.backend.requests(), after_warm_up, "a steady loop asks for nothing");
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}
