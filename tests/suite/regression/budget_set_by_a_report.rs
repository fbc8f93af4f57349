//! A report about the charge of an object sets another budget that covers the object: it was charged to the budgets of
//! before, counted after, and so never charged to the new one, which its end credited.

use std::sync::atomic::{AtomicBool, Ordering};

use framealloc::{Budget, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

const KIB: usize = 1024;

fn used_after<T>(make: impl FnOnce(&SmartAlloc) -> T + Send) -> [u64; 2] {
    let told = AtomicBool::new(false);
    let fixture = Fixture::reacting(move |alloc, report| {
        if report.code.id == "FA311" && !told.swap(true, Ordering::Relaxed) {
            alloc.set_budget(1_usize << 20);
        }
    });
    let used = on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(100));
        let object = alloc.with_tag("t", make);
        let alive = alloc.budget().unwrap().used;
        drop(object);
        [alive, alloc.budget().unwrap().used]
    });
    fixture.finish();
    used
}

#[test]
fn an_object_of_the_pool_is_charged_to_it() {
    assert_eq!(used_after(|alloc| alloc.pool_box([0_u8; KIB])), [KIB as u64, 0]);
}

#[test]
fn an_object_of_the_heap_is_charged_to_it() {
    assert_eq!(used_after(|alloc| alloc.heap_box([0_u8; KIB])), [KIB as u64, 0]);
}
