//! A tag that another thread made, thousands of levels deep: the thread that met it first overflowed its stack.

use std::thread;

use framealloc_tests::Fixture;

#[test]
fn a_path_may_be_deeper_than_a_stack() {
    let fixture = Fixture::default();
    let path = vec!["a"; 2000].join("/");
    let tag = fixture.alloc.tag(&path);
    let alloc = fixture.alloc.clone();
    let worker = thread::Builder::new().stack_size(128 << 10).spawn(move || {
        let _tag = alloc.tag_scope(tag);
        drop(alloc.pool_box([0_u8; 64]));
        assert_eq!(alloc.tag_path().len(), 3999);
    });
    worker.unwrap().join().unwrap();
    fixture.assert_all_freed();
}
