//! A backend that uses the frame which asks it for a record of its third tag: the room that the frame had was gone, and the
//! request failed as if there were no memory.

use framealloc::AllocConfig;
use framealloc_tests::{Meddler, on_thread};

#[test]
fn a_request_finds_other_room() {
    let (alloc, backend) = Meddler::serving(AllocConfig::minimal(), |alloc| {
        drop(alloc.frame_box([0_u8; 1000]));
    });
    for size in (0..16_000).step_by(64) {
        let met = on_thread(|| {
            alloc.begin_frame();
            alloc.with_tag("a", |alloc| drop(alloc.frame_box(1_u64)));
            alloc.with_tag("b", |alloc| drop(alloc.frame_box(1_u64)));
            let _tag = alloc.tag_scope("c");
            backend.arm();
            let slice = alloc.try_frame_slice::<u8>(size);
            assert!(slice.is_ok_and(|slice| slice.len() == size), "{size} bytes");
            alloc.end_frame();
            !backend.is_armed()
        });
        assert!(met || size == 0, "{size} bytes were there without a request");
    }
}
