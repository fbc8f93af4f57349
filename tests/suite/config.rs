//! Every setting changes what can be observed; what cannot work is refused by name.

use std::sync::Arc;

use framealloc::backend::SystemBackend;
use framealloc::diagnostics::{RingSink, Strict};
use framealloc::{AllocConfig, AllocError, Budget, Bytes, SmartAlloc};
use framealloc_tests::{FailingBackend, Fixture, on_thread};

#[test]
fn frame_size_is_the_first_chunk() {
    for size in [1, 4096, 64 * 1024, 1 << 20] {
        let fixture = Fixture::new(AllocConfig::default().with_frame_size(size));
        let alloc = &fixture.alloc;
        let frame = alloc.frame();
        let requests = fixture.backend.requests();
        let room = frame.slice_from_fn(size.saturating_sub(64), |_| 0_u8);
        assert_eq!(fixture.backend.requests(), requests, "{} bytes fit the first chunk", room.len());
        alloc.begin_frame();
        let requests = fixture.backend.requests();
        drop(alloc.frame_slice::<u8>(size.saturating_sub(64)));
        assert_eq!(fixture.backend.requests(), requests, "and that of an ambient frame");
        alloc.end_frame();
        // A frame inside starts small.
        let before = fixture.live_bytes();
        drop(alloc.frame());
        assert!(fixture.live_bytes() - before <= 8192);
    }
}

#[test]
fn pool_size_limits_the_pool_alone() {
    let fixture = Fixture::new(AllocConfig::default().with_pool_size(192 * 1024));
    let alloc = &fixture.alloc;
    let mut boxes = Vec::new();
    let error = loop {
        match alloc.try_pool_box([1_u8; 1000]) {
            Ok(boxed) => boxes.push(boxed),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, AllocError::OutOfMemory { .. }));
    assert!((60..=192).contains(&boxes.len()), "{}", boxes.len());
    assert!(alloc.pool_stats().reserved_bytes <= 192 * 1024);
    assert!(alloc.frame().try_alloc_layout(std::alloc::Layout::array::<u8>(1 << 20).unwrap()).is_ok());
    assert!(alloc.try_heap_box([0_u8; 500_000]).is_ok());
    drop(boxes);
    assert!(alloc.try_pool_box([1_u8; 1000]).is_ok());
}

#[test]
fn memory_limit_limits_everything_together() {
    let limit = 512 * 1024;
    let fixture = Fixture::new(AllocConfig::minimal().with_memory_limit(limit));
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    let (mut pool, mut heap) = (Vec::new(), Vec::new());
    let mut stopped = [false; 3];
    while stopped != [true; 3] {
        stopped[0] = frame.try_alloc([0_u8; 3000]).is_err();
        stopped[1] = alloc.try_pool_box([0_u8; 3000]).map(|boxed| pool.push(boxed)).is_err();
        stopped[2] = alloc.try_heap_box([0_u8; 3000]).map(|boxed| heap.push(boxed)).is_err();
        assert!(fixture.live_bytes() <= limit as u64);
    }
    assert!(fixture.backend.counts().peak_bytes > limit as u64 / 2);
    drop((pool, heap));
    alloc.shrink_pool();
    assert!(frame.try_alloc([0_u8; 3000]).is_ok());
}

/// Resident bytes of this process.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
#[cfg(target_os = "linux")]
fn prefault_touches_every_page() {
    let size = 32.megabytes();
    let taken = |prefault| {
        on_thread(|| {
            let config = AllocConfig::default().with_frame_size(size - 1024).with_prefault(prefault);
            let alloc = SmartAlloc::new(config).unwrap();
            let before = resident();
            let frame = alloc.frame();
            let taken = resident().saturating_sub(before);
            frame.alloc(1);
            taken
        })
    };
    // Other tests run at the same time, so half a frame is the line between the two.
    let (lazy, eager) = (taken(false), taken(true));
    assert!(eager >= size as u64 * 3 / 4, "{eager} bytes are resident");
    assert!(lazy <= size as u64 / 2, "{lazy} bytes are resident");
}

#[test]
#[cfg(target_os = "linux")]
fn huge_pages_are_advised() {
    let enabled = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    if enabled.contains("[never]") || enabled.is_empty() {
        eprintln!("skipped: no transparent huge pages here");
        return;
    }
    let advised = |huge| {
        let config = AllocConfig::default().with_frame_size(8.megabytes()).with_huge_pages(huge);
        let alloc = SmartAlloc::new(config).unwrap();
        let frame = alloc.frame();
        let address = std::ptr::from_ref(frame.alloc(1_u64)).addr();
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
            let parse = |text: &str| usize::from_str_radix(text, 16).ok();
            if let Some((start, end)) = range.and_then(|(start, end)| Some((parse(start)?, parse(end)?))) {
                inside = (start..end).contains(&address);
            } else if inside && line.starts_with("VmFlags:") {
                return line.split_whitespace().any(|flag| flag == "hg");
            }
        }
        panic!("the frame is in no mapping");
    };
    assert!(advised(true));
    assert!(!advised(false));
}

#[test]
fn trim_after_says_when_unused_memory_goes() {
    let fixture = Fixture::new(AllocConfig::minimal().with_trim_after(10));
    let alloc = &fixture.alloc;
    let burst = || {
        let frame = alloc.frame();
        frame.slice_from_fn(4 << 20, |_| 0_u8);
    };
    burst();
    let high = fixture.live_bytes();
    assert!(high >= 4 << 20);
    for _ in 0..5 {
        alloc.frame().alloc(1);
    }
    assert_eq!(fixture.live_bytes(), high, "kept for a while");
    for _ in 0..60 {
        alloc.frame().alloc(1);
    }
    assert!(fixture.live_bytes() < 100_000, "{} bytes after quiet frames", fixture.live_bytes());
}

#[test]
fn strict_and_sinks_are_the_configurations() {
    let (first, second) = (Arc::new(RingSink::new(4)), Arc::new(RingSink::new(4)));
    let config = AllocConfig::default().with_sink(Arc::clone(&first)).with_sink(Arc::clone(&second));
    let alloc = SmartAlloc::new(config.clone().with_strict(Strict::Off)).unwrap();
    alloc.end_frame();
    assert_eq!((first.recent().len(), second.recent().len()), (1, 1));
    let strict = SmartAlloc::new(config.with_strict(Strict::Errors)).unwrap();
    assert!(framealloc_tests::caught(|| strict.end_frame()).contains("FA002"));
    assert_eq!(first.recent().len(), 2, "the sinks see it first");
}

#[test]
fn promotion_queue_bounds_what_waits() {
    let fixture = Fixture::new(AllocConfig::default().with_promotion_queue(3));
    let alloc = &fixture.alloc;
    let counter = framealloc_tests::DropCounter::default();
    let frame = alloc.frame();
    for n in 0..5 {
        drop(frame.retain_named("v", counter.make(n), framealloc::RetentionPolicy::PromoteToHeap));
    }
    drop(frame);
    assert_eq!(counter.alive(), 3, "the others are dropped at once");
    assert_eq!(fixture.codes(), ["FA609"]);
    let mut promotions = alloc.take_promotions().promotions;
    let first = promotions.take::<framealloc_tests::Counted>("v").unwrap();
    assert_eq!((first.payload, promotions.len()), (0, 2), "the oldest stay");
    drop((first, promotions));
    assert_eq!(counter.alive(), 0);
}

#[test]
fn backends_are_used_for_everything() {
    let fixture = Fixture::small();
    let backend = Arc::clone(&fixture.backend);
    assert_eq!(backend.requests(), 0);
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut last = 0;
        let mut grew = |what: &str| {
            assert!(backend.requests() > last, "{what}");
            last = backend.requests();
        };
        drop(alloc.frame());
        grew("frames");
        let _pool = alloc.pool_box(1);
        grew("pool");
        let _large = alloc.pool_box([0_u8; 100_000]);
        grew("large pool objects");
        let _heap = alloc.heap_box(1);
        grew("heap");
        let _scratch = alloc.scratch_pool("s").boxed(1).unwrap();
        grew("scratch");
        let _tag = alloc.tag_scope("t");
        grew("guards");
    });
    fixture.assert_all_freed();
}

#[test]
fn presets_differ_as_they_say() {
    let first_chunk = |config: AllocConfig| {
        let backend = Arc::new(FailingBackend::default());
        let alloc = SmartAlloc::new(config.with_prefault(false).with_backend(Arc::clone(&backend))).unwrap();
        drop(alloc.frame());
        backend.counts().peak_bytes
    };
    let minimal = first_chunk(AllocConfig::minimal());
    let normal = first_chunk(AllocConfig::default());
    let fast = first_chunk(AllocConfig::high_performance());
    assert!(minimal < 20_000 && (64 * 1024..160 * 1024).contains(&normal), "{minimal} {normal}");
    assert!((4 << 20..9 << 20).contains(&fast), "{fast}");
    SmartAlloc::new(AllocConfig::high_performance()).unwrap();
    assert_eq!((3.kilobytes(), 2_u64.megabytes(), 1_u64.gigabytes()), (3072, 2 << 20, 1 << 30));
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    let base = AllocConfig::default;
    let bad = [
        ("frame_size", base().with_frame_size(0)),
        ("frame_size", base().with_frame_size(usize::MAX)),
        ("pool_size", base().with_pool_size(1000)),
        ("memory_limit", base().with_memory_limit(1000)),
        ("trim_after", base().with_trim_after(0)),
        ("promotion_queue", base().with_promotion_queue(0)),
        ("soft", base().with_budgets([("a", Budget::bytes(10).soft(11))])),
        ("soft", base().with_budgets([("a", Budget::bytes(10).soft_percent(0))])),
        ("tag", base().with_budgets([("a//b", Budget::bytes(10))])),
        ("prefault", base().with_backend(SystemBackend::new()).with_prefault(true)),
        ("huge_pages", base().with_backend(SystemBackend::new()).with_huge_pages(true)),
    ];
    for (name, config) in bad {
        match SmartAlloc::new(config) {
            Err(AllocError::InvalidConfig { field, reason }) => {
                assert_eq!(field, name);
                assert!(!reason.is_empty());
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    // The smallest that is accepted does work.
    for config in [
        base().with_frame_size(1),
        base().with_pool_size(128 * 1024),
        AllocConfig::minimal().with_memory_limit(64 * 1024),
        base().with_trim_after(1),
        base().with_promotion_queue(1),
    ] {
        let alloc = SmartAlloc::new(config.clone()).unwrap();
        alloc.begin_frame();
        assert_eq!(*alloc.frame_box(1), 1, "{config:?}");
        assert_eq!(*alloc.frame().alloc(2), 2, "{config:?}");
        alloc.end_frame();
    }
    let alloc = SmartAlloc::new(base().with_pool_size(128 * 1024)).unwrap();
    assert_eq!(*alloc.pool_box([5_u8; 100]), [5; 100]);
}
