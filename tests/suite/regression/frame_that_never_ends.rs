//! An outermost frame that is leaked, or open as long as the program: the frames inside it counted for nothing, and the
//! thread never gave back what a burst had needed.

use framealloc_tests::{Fixture, on_thread};

#[test]
fn a_thread_with_a_leaked_frame_trims() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        core::mem::forget(alloc.frame());
        alloc.frame().uninit_slice::<u8>(4 << 20);
        let burst = fixture.live_bytes();
        for _ in 0..5000 {
            alloc.frame().alloc(1_u8);
        }
        let quiet = fixture.live_bytes();
        assert!(quiet < burst - (4 << 20), "{quiet} bytes, after {burst}");
    });
}
