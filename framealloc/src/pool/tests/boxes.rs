use super::*;
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicPtr, AtomicUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn a_freed_block_is_used_again() {
    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    let first = thread.boxed(1_u64);
    let address = &raw const *first;
    assert_eq!(first.into_inner(), 1);
    assert_eq!(&raw const *thread.boxed(2_u64), address);
    drop(thread);
    drop(depot);
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn zero_sized_values_use_no_memory() {
    struct Marker<'a>(&'a Cell<u32>, ());
    #[repr(align(64))]
    struct Wide;

    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    let wide = thread.boxed(Wide);
    assert_eq!((&raw const *wide).addr() % 64, 0);
    drop(wide);
    thread.boxed([0_u64; 0]).into_inner();
    assert_eq!(counting.counts(), BackendCounts::default());

    struct Loud;
    thread_local!(static DROPS: Cell<u32> = const { Cell::new(0) });
    impl Drop for Loud {
        fn drop(&mut self) {
            DROPS.set(DROPS.get() + 1);
        }
    }
    drop(thread.boxed(Loud));
    assert_eq!(DROPS.get(), 1);
    let drops = Cell::new(7);
    let marker = thread.boxed(Marker(&drops, ()));
    assert_eq!((marker.0.get(), marker.1), (7, ()));
}

#[test]
fn every_size_and_alignment_is_aligned_and_disjoint() {
    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    let mut rng = Rng(0x1234_5678_9abc_def1);
    let mut live: Vec<(NonNull<u8>, Layout, u8)> = Vec::new();
    for round in 0..rounds(20_000) {
        if live.len() > 200 || (round % 3 == 0 && !live.is_empty()) {
            let (ptr, layout, mark) = live.swap_remove(rng.below(live.len()));
            // SAFETY: the block is live and ours for `layout`; it is freed once.
            unsafe {
                let bytes = core::slice::from_raw_parts(ptr.as_ptr(), layout.size());
                assert!(bytes.iter().all(|&byte| byte == mark));
                super::super::thread::free_any(ptr);
            }
            continue;
        }
        let align = 1 << rng.below(if round % 50 == 0 { 19 } else { 13 });
        let size = 1 + rng.below(if round % 40 == 0 { 200_000 } else { 3000 });
        let layout = Layout::from_size_align(size, align).expect("valid");
        let ptr = thread.memory(layout).expect("memory");
        assert_eq!(ptr.addr().get() % align, 0);
        let mark = round as u8;
        // SAFETY: the block is fresh and holds `size` bytes.
        unsafe { ptr.write_bytes(mark, size) };
        live.push((ptr, layout, mark));
    }
    let bytes: usize = live.iter().map(|(_, layout, _)| charged_bytes(*layout)).sum();
    let stats = depot.totals();
    assert_eq!((stats.live_bytes, stats.live_objects), (bytes as u64, live.len() as u64));
    for (ptr, ..) in live {
        // SAFETY: live, ours, freed once.
        unsafe { super::super::thread::free_any(ptr) };
    }
    assert_eq!(depot.totals().live_bytes, 0);
    drop(thread);
    depot.trim();
    assert_eq!(depot.totals().reserved_bytes, 0);
    drop(depot);
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn over_aligned_values_are_aligned() {
    #[repr(align(4096))]
    #[derive(Clone, Copy)]
    struct Page([u8; 5000]);
    #[repr(align(65536))]
    struct Huge(u8);

    let (depot, _) = depot();
    let thread = Thread::new(&depot);
    let pages: Vec<_> = (0..100_u8).map(|n| thread.boxed(Page([n; 5000]))).collect();
    let huge = thread.boxed(Huge(3));
    assert_eq!((&raw const *huge).addr() % 65536, 0);
    for (n, page) in pages.iter().enumerate() {
        assert_eq!((&raw const **page).addr() % 4096, 0);
        assert!(page.0.iter().all(|&byte| byte == n as u8));
    }
    assert_eq!(huge.0, 3);
}

#[test]
fn a_panicking_destructor_frees_the_block() {
    struct Bomb(#[expect(dead_code, reason = "gives the value a size")] u64);
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    let bomb = thread.boxed(Bomb(1));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(bomb))).is_err());
    assert_eq!(depot.totals().live_objects, 0);
    drop((thread, depot));
    assert_eq!(counting.counts().live_blocks, 0);
}

static REACHABLE: AtomicPtr<u32> = AtomicPtr::new(core::ptr::null_mut());

#[test]
fn a_forgotten_box_keeps_its_memory() {
    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    core::mem::forget(thread.boxed([5_u8; 100]));
    let leaked = thread.boxed(6_u32).leak();
    drop((thread, depot));
    assert!(counting.counts().live_blocks > 0);
    *leaked += 1;
    assert_eq!(*leaked, 7);
    // Leak checkers do not complain about what can still be reached, and this reaches the rest through its page.
    REACHABLE.store(leaked, Relaxed);
}

#[test]
fn a_box_outlives_pool_thread_and_depot() {
    let (depot, counting) = depot();
    let boxed = std::thread::spawn(move || {
        let thread = Thread::new(&depot);
        (thread.boxed(String::from("alone")), thread.boxed([7_u8; 50_000]))
    });
    let (small, large) = boxed.join().expect("no panic");
    assert_eq!((small.as_str(), large[49_999]), ("alone", 7));
    drop(small);
    assert!(counting.counts().live_blocks > 0);
    drop(large);
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn a_destructor_may_use_the_pool() {
    struct Node(
        #[expect(dead_code, reason = "dropped only")] Option<PoolBox<Node>>,
        Arc<AtomicUsize>,
        PoolAlloc,
    );
    impl Drop for Node {
        fn drop(&mut self) {
            let extra = self.2.try_box([0_u8; 24]).expect("memory");
            self.1.fetch_add(extra.len(), Relaxed);
        }
    }
    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    let count = Arc::new(AtomicUsize::new(0));
    let mut list = None;
    for _ in 0..500 {
        let alloc = PoolAlloc::new(Arc::clone(&depot), 0);
        list = Some(thread.boxed(Node(list.take(), Arc::clone(&count), alloc)));
    }
    drop(list);
    assert_eq!((count.load(Relaxed), depot.totals().live_objects), (500 * 24, 0));
    drop((thread, depot));
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn uninitialised_and_unsized_boxes() {
    let (depot, _) = depot();
    let thread = Thread::new(&depot);
    let boxed = thread.boxed(MaybeUninit::<u64>::uninit()).write(9);
    assert_eq!((*boxed, format!("{boxed} {boxed:?}")), (9, "9 9".to_owned()));
    let raw: NonNull<dyn core::fmt::Debug> = thread.boxed(vec![1, 2]).into_raw();
    // SAFETY: the pointer came from `into_raw` and was unsized.
    let erased = unsafe { PoolBox::from_raw(raw) };
    assert_eq!(format!("{erased:?}"), "[1, 2]");
    drop(erased);
    assert_eq!(depot.totals().live_objects, 1);
    assert_eq!(size_of::<PoolBox<u64>>(), size_of::<usize>());
    assert!(thread.boxed(1) < thread.boxed(2));
}
