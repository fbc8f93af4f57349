//! A sink that enters another tag, and leaks the guard, while it is told of an object's charge: the object was charged to
//! one tag and made, or taken back, under the other.

use framealloc_tests::model::bury;
use framealloc_tests::{Fixture, on_thread};

/// An allocator with budgets for "t", which 64 bytes exceed, and "other", which a report about "t" enters.
fn that_switches() -> Fixture {
    let fixture = Fixture::reacting(|alloc, report| {
        if report.code.id == "FA311" {
            bury(alloc.tag_scope(alloc.tag("other")));
        }
    });
    fixture.alloc.set_tag_budget("t", 64_usize);
    fixture.alloc.set_tag_budget("other", 1_usize << 20);
    fixture
}

fn used(fixture: &Fixture) -> [u64; 2] {
    ["t", "other"].map(|tag| fixture.alloc.tag_budget(tag).unwrap().used)
}

#[test]
fn a_pool_object_is_of_the_tag_that_is_charged() {
    let fixture = that_switches();
    on_thread(|| {
        let tag = fixture.alloc.tag_scope("t");
        let object = fixture.alloc.pool_box([0_u8; 1024]);
        assert_eq!(&*fixture.alloc.tag_path(), "other", "the report switched");
        assert_eq!(used(&fixture), [1024, 0]);
        drop(object);
        assert_eq!(used(&fixture), [0, 0]);
        drop(tag);
    });
    fixture.alloc.diagnostics().clear_sinks();
}

#[test]
fn a_request_that_failed_is_not_reported_and_switches_nothing() {
    let fixture = that_switches();
    on_thread(|| {
        let alloc = &fixture.alloc;
        drop(alloc.tag_scope(alloc.tag("other")));
        for heap in [false, true] {
            let tag = alloc.tag_scope("t");
            fixture.backend.fail(0, 1000);
            let refused = if heap {
                alloc.try_heap_box([0_u8; 1024]).is_err()
            } else {
                alloc.try_pool_box([0_u8; 1024]).is_err()
            };
            fixture.backend.heal();
            assert!(refused && &*alloc.tag_path() == "t");
            assert_eq!(used(&fixture), [0, 0]);
            drop(tag);
        }
    });
    fixture.alloc.diagnostics().clear_sinks();
}
