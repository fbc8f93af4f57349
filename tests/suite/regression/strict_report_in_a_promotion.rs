//! A strict report about the bytes of a system's frame that panics while the frame's retained values, which are under
//! another tag, are dealt with: the values were lost and the system stayed entered for ever.

use std::sync::Arc;

use framealloc::diagnostics::Strict;
use framealloc::{RetentionPolicy, SmartAlloc, frame_system};
use framealloc_tests::{Fixture, caught, on_thread};

#[frame_system(tag = "system", frame = frame)]
fn system(alloc: &SmartAlloc, value: &Arc<()>) {
    alloc.with_tag("inner", |_| frame.retain(value.clone(), RetentionPolicy::Discard).release());
    frame.alloc([1_u8; 2000]);
}

#[test]
fn a_strict_panic_at_the_end_of_a_system_with_retained_values() {
    let fixture = Fixture::strict(Strict::Warnings);
    let value = Arc::new(());
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("system", 1000_usize);
        let text = caught(|| system(alloc, &value));
        assert!(text.contains("FA311"), "{text}");
        assert_eq!(&*alloc.tag_path(), "(untagged)");
        assert_eq!(Arc::strong_count(&value), 1, "the retained value was lost");
    });
    fixture.assert_all_freed();
}
