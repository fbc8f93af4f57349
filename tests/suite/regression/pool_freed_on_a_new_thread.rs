//! Objects of a budgeted tag that are freed on a thread which never used the allocator: the free with which the thread got
//! its pool was credited at once, and again when the thread came to take part in the budget.

use framealloc_tests::{Fixture, on_thread};

#[test]
fn each_object_is_credited_once() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let (kept, boxes) = on_thread(|| {
        alloc.set_tag_budget("t", 1_usize << 30);
        let _tag = alloc.tag_scope("t");
        (alloc.heap_box([0_u8; 4096]), [(); 100].map(|()| alloc.pool_box([1_u64; 4])))
    });
    let used = || on_thread(|| alloc.tag_budget("t").unwrap().used);
    assert_eq!(used(), 4096 + 3200);
    on_thread(|| drop(boxes));
    assert_eq!(used(), 4096);
    drop(kept);
    assert_eq!(used(), 0);
    fixture.assert_all_freed();
}
