//! A pool object that was freed while another allocator was the thread's current one was on no ledger: a budget for the
//! thread's pool bytes started with what was free long ago.

use framealloc::{Budget, OnExceed};
use framealloc_tests::{Fixture, on_thread};

#[test]
fn a_free_is_this_threads_whichever_allocator_is_current() {
    let (first, second) = (Fixture::default(), Fixture::default());
    on_thread(|| {
        let objects: Vec<_> = (0..100).map(|_| first.alloc.pool_box([0_u8; 1024])).collect();
        let large = first.alloc.pool_box([0_u8; 100_000]);
        drop(second.alloc.pool_box(1_u8));
        drop((objects, large));
        first.alloc.set_thread_pool_budget(Budget::bytes(4096).on_exceed(OnExceed::Fail));
        assert_eq!(first.alloc.thread_pool_budget().unwrap().used, 0);
        assert!(first.alloc.try_pool_box([0_u8; 4096]).is_ok());
    });
    first.assert_all_freed();
    second.assert_all_freed();
}
