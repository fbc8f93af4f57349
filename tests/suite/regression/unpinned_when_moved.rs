//! A relocation callback that pins what was moved, to tell a device the new address, made a pass of compaction that gains
//! nothing begin anew for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use framealloc_tests::Fixture;

#[test]
fn a_callback_that_pins_what_was_moved() {
    let fixture = Fixture::default();
    let handles = fixture.alloc.handles();
    // Three to a page, with a hole that is too small for a fourth.
    let objects: Vec<_> = (0..40_u8).map(|n| handles.alloc([n; 16 << 10])).collect();
    let (inner, all, moved) = (fixture.alloc.clone(), objects.clone(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&moved);
    let id = handles.on_relocate(move |event| {
        assert!(count.fetch_add(1, Ordering::Relaxed) < 1000, "this goes on for ever");
        let object = *all.iter().find(|object| object.id() == event.object).unwrap();
        let place = inner.handles().pin(object).unwrap();
        assert_eq!(place.addr().get(), event.to);
        assert!(inner.handles().unpin(object));
    });
    let done = handles.defragment(usize::MAX);
    assert!(done.complete && done.objects_moved == moved.load(Ordering::Relaxed) as u64, "{done:?}");
    assert!(objects.iter().zip(0..).all(|(object, n)| handles.resolve(*object).unwrap()[7] == n));
    assert!(handles.remove_callback(id));
}
