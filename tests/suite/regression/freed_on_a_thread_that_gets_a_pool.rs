//! A thread without a heap that frees often is given one in the middle of a free. What the free had credited to a budget
//! went into the new heap's accounts as well, and was credited again when the thread read the budget.

use framealloc_tests::{Fixture, on_thread};

#[test]
fn every_free_is_credited_once() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", 1_usize << 20);
    let mut objects: Vec<_> = alloc.with_tag("t", |_| (0..40).map(|_| alloc.pool_box([0_u8; 96])).collect());
    let half = objects.split_off(20);
    // Enough for a pool, and some more, which read the budget.
    on_thread(move || drop(half));
    assert_eq!(alloc.tag_budget("t").unwrap().used, 20 * 96);
    drop(objects);
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
}
