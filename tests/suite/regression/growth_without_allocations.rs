//! A run in which an ambient array only grew in place has bytes but no allocation: it was not counted, and its bytes went
//! to the budget of the next run.

use framealloc::{AllocConfig, SmartAlloc, frame_system};
use framealloc_tests::{Fixture, on_thread};

#[frame_system(tag = "grow", budget = "8KB")]
fn grow(alloc: &SmartAlloc, array: &mut framealloc::FrameVec<'_, u8>) {
    let capacity = array.capacity();
    array.reserve_exact(capacity + 3000);
}

#[test]
fn each_run_has_its_own_budget() {
    let fixture = Fixture::new(AllocConfig::default()).unlimited();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        {
            let mut array = alloc.frame_vec::<u8>();
            array.reserve_exact(100);
            for _ in 0..20 {
                grow(alloc, &mut array);
            }
        }
        alloc.end_frame();
    });
    assert_eq!(fixture.codes(), Vec::<&str>::new(), "no run came near its 8 KiB");
    fixture.assert_all_freed();
}
