//! In strict mode a report about a budget panics: an object of the pool or the heap that was charged and not made stayed
//! charged.

use framealloc::diagnostics::Strict;
use framealloc_tests::{Fixture, caught, on_thread};

#[test]
fn a_strict_panic_gives_the_charge_of_an_object_back() {
    let fixture = Fixture::strict(Strict::Warnings);
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", 64_usize);
        let tag = alloc.tag_scope("t");
        caught(|| alloc.pool_box([0_u8; 256]));
        assert_eq!(alloc.tag_budget("t").unwrap().used, 0, "pool");
        caught(|| alloc.heap_box([0_u8; 256]));
        assert_eq!(alloc.tag_budget("t").unwrap().used, 0, "heap");
        drop(tag);
    });
    fixture.assert_all_freed();
}
