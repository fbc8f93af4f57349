//! A sink that ends the frame while `frame_box` takes its place in it: the box was not counted yet, so the frame was
//! recycled under it.

use framealloc_tests::on_thread;

use super::ending_the_frame_at_a_budget;

#[test]
fn a_sink_that_ends_the_frame_under_a_box() {
    let fixture = ending_the_frame_at_a_budget();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", 16_usize);
        let tag = alloc.tag_scope("t");
        alloc.begin_frame();
        drop(alloc.frame_box([1_u8; 5000]));
        let boxed = alloc.frame_box([2_u8; 5000]);
        assert!(!alloc.is_frame_active(), "the sink ended the frame");
        alloc.begin_frame();
        let others: Vec<_> = (0..8).map(|_| alloc.frame_box([3_u8; 2500])).collect();
        assert!(boxed.iter().all(|byte| *byte == 2));
        assert!(others.iter().all(|other| other.iter().all(|byte| *byte == 3)));
        drop((boxed, others));
        alloc.end_frame();
        drop(tag);
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
    fixture.finish();
}
