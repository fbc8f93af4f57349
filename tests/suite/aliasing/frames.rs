//! Frames, and what is made in them.

use framealloc::{AllocConfig, FrameBox, RetentionPolicy, SmartAlloc, frame_system, unsize_frame_box};

use super::{Count, Owned};

#[test]
fn scoped_frames() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    for round in 0..2 {
        let frame = alloc.frame();
        let sum = frame.alloc(round);
        let slice = frame.slice_from_fn(600, |n| n as u64);
        *sum += slice[3];
        let boxed = frame.boxed(count.make(1));
        let mut list = frame.vec();
        for n in 0..70 {
            list.push((n, frame.str("text").len()));
        }
        let mut map = frame.map();
        for n in 0..24 {
            map.insert(n, frame.boxed(n));
        }
        map.retain(|n, _| n % 2 == 0);
        let child = frame.child();
        child.uninit_slice::<[u64; 64]>(4)[3].write([1; 64]);
        drop(child);
        let doubled = frame.speculate(|inner| {
            let numbers = inner.slice_from_fn(600, |n| 2 * n);
            Ok::<usize, ()>(numbers.iter().sum())
        });
        assert_eq!(*doubled.unwrap(), 359_400);
        assert_eq!(std::ptr::from_ref(frame.alloc_aligned::<4096, u8>(3)).addr() % 4096, 0);
        let any: FrameBox<'_, dyn std::any::Any> = unsize_frame_box!(frame.boxed(5_u16));
        assert_eq!(any.downcast::<u16>().unwrap().into_inner(), 5);
        assert_eq!((boxed.mark(), *sum, list.len(), map.len()), (1, round + 3, 70, 12));
    }
    assert_eq!(count.alive(), 0);
}

// fa:allow(FA601, FA606): what is kept past its frame is what Miri is to see
#[test]
fn ambient_frames() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    for _ in 0..2 {
        alloc.begin_frame();
        let kept = alloc.frame_box(count.make(7));
        let mut list = alloc.frame_vec();
        let checkpoint = alloc.frame_checkpoint();
        let block = alloc.frame_box([0_u8; 3000]);
        list.extend(0..100);
        assert!(alloc.rollback_to(&checkpoint).is_err(), "handles are alive");
        drop(block);
        let checkpoint = alloc.frame_checkpoint();
        let retained = alloc.frame_retained(count.make(8), RetentionPolicy::PromoteToPool);
        alloc.commit(&checkpoint).unwrap();
        {
            let _guard = alloc.checkpoint_guard();
            drop(alloc.frame_box(3));
        }
        let [first, second, ..] = alloc.frame_alloc_4::<u64>();
        let (first, text) = (first.write(1), alloc.frame_string().into_boxed_str());
        drop(second);
        drop(alloc.with_tag("a/b", |alloc| alloc.frame_slice_from_fn(10, |_| count.make(9))));
        alloc.end_frame();
        list.extend(0..100);
        assert_eq!((kept.mark(), *first, list.len(), &*text), (7, 1, 200, ""));
        drop((kept, retained, first, list, text));
    }
    drop(alloc.take_promotions());
    assert_eq!(count.alive(), 0);
}

#[test]
fn retained_values() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    let policies = [
        ("pool", RetentionPolicy::PromoteToPool),
        ("heap", RetentionPolicy::PromoteToHeap),
        ("scratch", RetentionPolicy::PromoteToScratch("s")),
    ];
    alloc.begin_frame();
    for (name, policy) in policies {
        alloc.frame_retained_named(name, count.make(1), policy).release();
    }
    alloc.frame_retained(count.make(2), RetentionPolicy::Discard).release();
    alloc.end_frame();
    let mut summary = alloc.take_promotions();
    for (name, _) in policies {
        assert_eq!(summary.promotions.take::<Owned>(name).expect("promoted").mark(), 1);
    }
    drop(summary);
    assert_eq!(count.alive(), 0);
}

#[frame_system(tag = "aliasing", frame = frame)]
fn nested(alloc: &SmartAlloc, depth: usize) -> usize {
    #[frame_local]
    let mut list: Vec<usize>;
    list.extend(0..depth);
    let slice = frame.slice_from_fn(depth, |n| n);
    let inner = if depth > 0 { nested(alloc, depth / 3) } else { 0 };
    slice.len() + list.len() + inner
}

#[test]
fn systems() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    assert_eq!([0, 5, 60, 0, 600].map(|depth| nested(&alloc, depth)), [0, 12, 176, 0, 1794]);
    for _ in 0..3 {
        alloc.begin_frame();
        assert_eq!((nested(&alloc, 0), nested(&alloc, 1)), (0, 2));
        alloc.end_frame();
    }
}
