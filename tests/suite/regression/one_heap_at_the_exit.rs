//! A destructor that runs while the thread gives one allocator up, and uses that allocator, while another one is current: it
//! was given a second heap.

use framealloc::SmartAlloc;
use framealloc_tests::{Fixture, on_thread};

/// Uses both allocators when it is dropped, its own first.
struct Uses(SmartAlloc, SmartAlloc);

impl Drop for Uses {
    fn drop(&mut self) {
        self.1.heap_box(1_u8);
        self.0.begin_frame();
        drop(self.0.frame_box([2_u64; 100]));
        let handle = self.0.share_for([3_u64; 100], 7);
        assert_eq!(handle.read(&self.0).unwrap()[99], 3);
        drop(self.0.pool_box([4_u64; 100]));
        self.1.heap_box(5_u8);
    }
}

#[test]
fn whichever_allocator_is_current() {
    for last in [0, 1] {
        let fixtures = [Fixture::small(), Fixture::small()];
        on_thread(|| {
            let [first, second] = [&fixtures[0].alloc, &fixtures[1].alloc];
            first.heap_box(0_u8);
            // The latest allocator of a thread is the first that it gives up.
            second.begin_frame();
            second.share_for(Uses(second.clone(), first.clone()), 1000);
            second.end_frame();
            fixtures[last].alloc.heap_box(6_u8);
        });
        for fixture in &fixtures {
            assert_eq!(on_thread(|| fixture.stats().ended_threads), 1);
        }
        fixtures.into_iter().for_each(Fixture::assert_all_freed);
    }
}
