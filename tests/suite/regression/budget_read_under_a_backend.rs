//! A backend that uses the allocator while it serves a request under a tag: if the thread read the tag's first budget there,
//! the object of the request was charged to nobody.

use framealloc::{AllocConfig, SmartAlloc};
use framealloc_tests::{Meddler, on_thread};

fn live_and_used(make: fn(&SmartAlloc)) {
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), |alloc| {
        alloc.with_tag(alloc.tag("other"), |alloc| drop(alloc.heap_box(1_u8)));
        drop(alloc.stats());
    });
    on_thread(|| {
        let _tag = alloc.tag_scope("tag");
        drop(alloc.pool_box([0_u8; 16]));
        on_thread(|| alloc.set_tag_budget("tag", 1_usize << 30));
        backend.arm();
        make(&alloc);
        assert!(!backend.is_armed());
        let stats = alloc.tag_stats("tag").unwrap();
        let live = stats.pool.live_bytes + stats.heap.live_bytes;
        assert!(live > 0);
        assert_eq!(alloc.tag_budget("tag").unwrap().used, live);
    });
}

#[test]
fn a_pool_object_is_charged() {
    live_and_used(|alloc| std::mem::forget(alloc.pool_box([0_u8; 1000])));
    live_and_used(|alloc| std::mem::forget(alloc.pool_box([0_u8; 100_000])));
}

#[test]
fn a_heap_object_is_charged() {
    live_and_used(|alloc| std::mem::forget(alloc.heap_box([0_u8; 1000])));
}

#[test]
fn a_movable_object_is_charged() {
    live_and_used(|alloc| _ = alloc.handles().alloc([0_u8; 1000]));
    live_and_used(|alloc| _ = alloc.handles().alloc([0_u8; 100_000]));
}

#[test]
fn a_container_is_charged() {
    live_and_used(|alloc| {
        let mut list = allocator_api2::vec::Vec::new_in(alloc.pool_allocator());
        list.extend([0_u8; 1000]);
        std::mem::forget(list);
    });
    live_and_used(|alloc| {
        let other = alloc.pool_allocator();
        alloc.with_tag(alloc.tag("other"), |_| {
            let mut list = allocator_api2::vec::Vec::new_in(other);
            list.extend([0_u8; 1000]);
            std::mem::forget(list);
        });
    });
}
