//! A backend that enters a tag of the allocator it serves and leaks the guard, while the stack of guards grows: the guard
//! that was being pushed took the wrong one for the one below it, and a later close took a run for a tag.

use framealloc::{AllocConfig, SmartAlloc, frame_system};
use framealloc_tests::model::bury;
use framealloc_tests::{Meddler, on_thread};

#[frame_system(tag = "inner")]
fn inner(alloc: &SmartAlloc) -> usize {
    alloc.tag_path().len()
}

#[test]
fn a_backend_that_leaks_a_guard_while_another_is_pushed() {
    let meddle = |alloc: &SmartAlloc| bury(alloc.phase_scope("meddling"));
    let (alloc, backend) = Meddler::serving(AllocConfig::minimal(), meddle);
    on_thread(|| {
        let (outer, nested) = (alloc.tag("outer"), alloc.tag("nested"));
        drop(alloc.tag_scope(outer));
        drop(alloc.tag_scope(nested));
        drop(alloc.phase_scope("meddling"));
        assert_eq!(inner(&alloc), 5);
        // The stack of guards holds 16 and grows with the next one.
        let mut guards: Vec<_> = (0..16).map(|_| alloc.tag_scope(outer)).collect();
        backend.arm();
        let last = alloc.tag_scope(nested);
        assert_eq!(&*alloc.tag_path(), "nested");
        drop(last);
        assert_eq!(&*alloc.tag_path(), "outer");
        while let Some(guard) = guards.pop() {
            drop(guard);
            assert_eq!(&*alloc.tag_path(), if guards.is_empty() { "(untagged)" } else { "outer" });
        }
        assert_eq!(alloc.current_tag(), None);
        assert_eq!(alloc.current_phase(), None);
    });
}
