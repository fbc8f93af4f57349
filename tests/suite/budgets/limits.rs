//! What one thread gets.

use std::alloc::Layout;

use framealloc::{AllocConfig, AllocError, OnExceed};
use framealloc_tests::{Fixture, Rng, caught};

use super::{fill, hard};

#[test]
fn the_last_grain_is_there_and_not_one_more() {
    for limit in [8, 16, 100, 1000, 4096, 65_536, 65_541, 200_003, 1 << 20] {
        for size in [1_usize, 8, 24, 1000] {
            let fixture = Fixture::small();
            let alloc = &fixture.alloc;
            alloc.set_tag_budget("t", hard(limit));
            let _tag = alloc.tag_scope("t");
            let frame = alloc.frame();
            let rounded = size.div_ceil(8) * 8;
            let (count, error) = fill(&frame, size);
            assert_eq!(count, limit / rounded, "blocks of {size} in {limit}");
            let used = (count * rounded) as u64;
            let expected = AllocError::BudgetExceeded {
                budget: "tag t".into(),
                limit: limit as u64,
                used,
                requested: rounded as u64,
            };
            assert_eq!(error, expected);
            // What is left is there in the smallest grains.
            let (rest, _) = fill(&frame, 1);
            assert_eq!(rest, (limit - count * rounded) / 8, "{limit} {size}");
            let budget = alloc.tag_budget("t").unwrap();
            assert_eq!(budget.used, (limit / 8 * 8) as u64);
            assert_eq!((budget.peak, budget.refusals), (budget.used, 2));
        }
    }
}

#[test]
fn frames_in_turn_share_what_there_is() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(10_000));
    let _tag = alloc.tag_scope("t");
    let frames: Vec<_> = (0..5).map(|_| alloc.frame()).collect();
    let mut given = 0;
    let mut refused = [false; 5];
    let mut turn = 0;
    while refused.contains(&false) {
        match frames[turn % 5].try_alloc([0_u8; 40]) {
            Ok(_) => given += 40,
            Err(_) => refused[turn % 5] = true,
        }
        turn += 1;
    }
    assert_eq!(given, 10_000);
    // Each frame's end gives its share to the others.
    for (index, frame) in frames.iter().enumerate() {
        assert!(frame.try_alloc([0_u8; 8]).is_err(), "frame {index}");
    }
    let mut frames = frames;
    let freed = frames.remove(2).bytes_used();
    assert_eq!(fill(&frames[0], 8).0 as u64, freed / 8);
}

#[test]
fn one_frame_gets_what_another_leased() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_budget(hard(50_000));
    let (first, second, third) = (alloc.frame(), alloc.frame(), alloc.frame());
    first.alloc(1_u64);
    second.alloc(2_u64);
    third.alloc(3_u64);
    assert!(first.try_alloc_layout(Layout::array::<u8>(49_976).unwrap()).is_ok());
    for frame in [&first, &second, &third] {
        assert!(frame.try_alloc(1_u8).is_err());
    }
    drop(third);
    assert!(second.try_alloc(1_u64).is_ok());
    assert!(second.try_alloc(1_u64).is_err());
}

#[test]
fn nested_tags_count_in_every_budget_above() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("a", hard(1000));
    alloc.set_tag_budget("a/b", hard(400));
    alloc.set_tag_budget("a/b/c", hard(4000));
    alloc.set_budget(hard(1200));
    let frame = alloc.frame();
    let refused = |size| match fill(&frame, size) {
        (count, AllocError::BudgetExceeded { budget, .. }) => (count, budget.to_string()),
        other => panic!("{other:?}"),
    };
    {
        let _c = alloc.tag_scope("a/b/c");
        assert_eq!(refused(8), (50, "tag a/b".into()));
    }
    {
        let _a = alloc.tag_scope("a");
        assert_eq!(refused(8), (75, "tag a".into()));
    }
    assert_eq!(refused(8), (25, "the allocator".into()));
    let used = ["a", "a/b", "a/b/c"].map(|tag| alloc.tag_budget(tag).unwrap().used);
    assert_eq!((used, alloc.budget().unwrap().used), ([1000, 400, 400], 1200));
    assert!(alloc.would_fit("a/b/c", 0) && !alloc.would_fit("a/b/c", 1));
    drop(frame);
    let used = ["a", "a/b", "a/b/c"].map(|tag| alloc.tag_budget(tag).unwrap().used);
    assert_eq!((used, alloc.budget().unwrap().used), ([0; 3], 0));
    assert!(alloc.would_fit("a/b/c", 400) && !alloc.would_fit("a/b/c", 401));
}

#[test]
fn frames_pool_and_heap_share_a_tags_budget() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(1024));
    let _tag = alloc.tag_scope("t");
    let frame = alloc.frame();
    frame.alloc([0_u8; 256]);
    let pool = alloc.pool_box([0_u8; 256]);
    let heap = alloc.heap_box([0_u8; 256]);
    let again = alloc.pool_box([0_u8; 256]);
    assert_eq!(alloc.tag_budget("t").unwrap().used, 1024);
    assert!(frame.try_alloc(1_u8).is_err());
    assert!(alloc.try_pool_box(1_u8).is_err());
    assert!(alloc.try_heap_box(1_u8).is_err());
    drop(heap);
    assert!(alloc.try_pool_box([0_u8; 256]).is_ok(), "and dropped at once");
    assert!(frame.try_alloc([0_u8; 256]).is_ok());
    assert!(alloc.try_heap_box(1_u8).is_err());
    drop((pool, again));
    assert_eq!(alloc.tag_budget("t").unwrap().used, 512);
    drop(frame);
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
    let large = alloc.try_heap_box([0_u8; 1024]);
    assert!(large.is_ok());
    assert!(alloc.try_pool_box(1_u8).is_err());
    drop(large);
    assert_eq!(alloc.stats().total.live_bytes(), 0);
}

#[test]
fn containers_under_a_budget_fail_by_their_try_forms() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(2000));
    let _tag = alloc.tag_scope("t");
    let frame = alloc.frame();
    let mut vec = frame.vec::<u64>();
    let pushed = (0..).take_while(|&n| vec.try_push(n).is_ok()).count();
    // Grown in place: everything but what a doubling would need.
    assert!((125..=250).contains(&pushed), "{pushed}");
    assert!(vec.iter().copied().eq(0..pushed as u64), "the contents are intact");
    assert!(matches!(vec.try_reserve(1000), Err(AllocError::BudgetExceeded { .. })));
    assert!(matches!(vec.try_reserve(usize::MAX / 2), Err(AllocError::LayoutOverflow { .. })));
    assert!(caught(|| vec.extend(0..1000)).contains("tag t"));
    vec.truncate(10);
    vec.shrink_to_fit();
    assert!(vec.iter().copied().eq(0..10));
    let mut map = frame.map::<u32, u32>();
    let inserted = (0..).take_while(|&n| map.try_insert(n, n).is_ok()).count();
    assert!(inserted > 0 && map.len() == inserted);
    assert!((0..inserted as u32).all(|n| map[&n] == n));
    let mut text = frame.string();
    assert!(matches!(text.try_push_str(&"x".repeat(3000)), Err(AllocError::BudgetExceeded { .. })));
    assert!(text.is_empty());
    let budget = alloc.tag_budget("t").unwrap();
    assert!(budget.used <= 2000 && budget.peak <= 2000, "{budget:?}");
}

#[test]
fn what_a_container_gives_back_may_be_had_again() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(2000));
    let _tag = alloc.tag_scope("t");
    let frame = alloc.frame();
    for _ in 0..10 {
        drop(frame.vec_with_capacity::<u8>(1992));
    }
    let vec = frame.vec_with_capacity::<u8>(1992);
    // The refusal settles the frame: what is charged comes back with the frame, not with the vector.
    assert!(frame.try_alloc([0_u8; 16]).is_err());
    drop(vec);
    assert_eq!(fill(&frame, 8).0, 1);
    drop(frame);
    assert_eq!(fill(&alloc.frame(), 8).0, 250);
}

#[test]
fn a_refused_request_takes_nothing_from_the_backend() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_budget(hard(1000));
    let frame = alloc.frame();
    frame.alloc(1_u64);
    let before = fixture.live_bytes();
    for shift in 10..26 {
        assert!(frame.try_alloc_layout(Layout::from_size_align(1 << shift, 8).unwrap()).is_err());
    }
    assert_eq!(fixture.live_bytes(), before);
    assert!(alloc.try_pool_box([0_u8; 100_000]).is_err());
    assert!(alloc.try_heap_box([0_u8; 100_000]).is_err());
    assert!(fixture.live_bytes() - before < 10_000, "bookkeeping at most");
}

#[test]
fn a_backend_without_memory_charges_nothing() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_budget(hard(10 << 20));
    let frame = alloc.frame();
    frame.alloc(1_u64);
    drop((alloc.pool_box(1_u64), alloc.heap_box(1_u64)));
    fixture.backend.fail(0, u64::MAX);
    assert!(matches!(frame.try_alloc([0_u8; 100_000]), Err(AllocError::OutOfMemory { .. })));
    assert!(matches!(alloc.try_pool_box([0_u8; 100_000]), Err(AllocError::OutOfMemory { .. })));
    assert!(matches!(alloc.try_heap_box([0_u8; 100_000]), Err(AllocError::OutOfMemory { .. })));
    fixture.backend.heal();
    let budget = alloc.budget().unwrap();
    assert_eq!((budget.used, budget.refusals), (8, 0), "{budget:?}");
}

#[test]
fn budgets_of_the_configuration_hold_from_the_start() {
    let fixture = Fixture::new(AllocConfig::minimal().with_budgets([("a/b", hard(64)), ("c", hard(0))]));
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    alloc.with_tag("a/b", |_| assert_eq!(fill(&frame, 8).0, 8));
    alloc.with_tag("c", |_| assert_eq!(fill(&frame, 1).0, 0));
    assert_eq!(
        alloc.tag_budget("c").map(|budget| (budget.limit, budget.on_exceed)),
        Some((0, OnExceed::Fail))
    );
    assert!(alloc.tag_budget("a").is_none() && alloc.budget().is_none());
}

#[test]
fn a_long_random_program_never_passes_its_budgets() {
    let mut rng = Rng::new(7);
    for round in 0..60 {
        let fixture = Fixture::small();
        let alloc = &fixture.alloc;
        let limits = [rng.below(30_000) + 100, rng.below(30_000) + 100, rng.below(60_000) + 100];
        alloc.set_tag_budget("a", hard(limits[0]));
        alloc.set_tag_budget("a/b", hard(limits[1]));
        alloc.set_budget(hard(limits[2]));
        let mut frames = Vec::new();
        let mut boxes = Vec::new();
        for _ in 0..400 {
            let tag = ["a", "a/b", "c"][rng.below(3)];
            let _tag = alloc.tag_scope(tag);
            for _ in 0..rng.below(6) {
                let most = if rng.one_in(10) { 8000 } else { 200 };
                let size = rng.below(most);
                match rng.below(8) {
                    0 => frames.push(alloc.frame()),
                    1 if !frames.is_empty() => {
                        let index = rng.below(frames.len());
                        drop(frames.swap_remove(index));
                    }
                    2 => boxes.extend(alloc.try_pool_box([0_u8; 100])),
                    3 if !boxes.is_empty() => {
                        let index = rng.below(boxes.len());
                        drop(boxes.swap_remove(index));
                    }
                    _ if !frames.is_empty() => {
                        let layout = Layout::from_size_align(size, 1 << rng.below(8)).unwrap();
                        let index = rng.below(frames.len());
                        let _refused = frames[index].try_alloc_layout(layout);
                    }
                    _ => {}
                }
            }
            let live = |path: &str| alloc.tag_stats(path).map_or(0, |tag| tag.inclusive.live_bytes());
            let live = [live("a"), live("a/b"), alloc.stats().total.live_bytes()];
            for (live, limit) in live.into_iter().zip(limits) {
                assert!(live <= limit as u64, "round {round}: {live} of {limit}");
            }
            let used = [alloc.tag_budget("a"), alloc.tag_budget("a/b"), alloc.budget()];
            assert_eq!(used.map(|budget| budget.unwrap().used), live, "round {round}: charged is what lives");
        }
        drop((frames, boxes));
        let stats = [alloc.tag_budget("a"), alloc.tag_budget("a/b"), alloc.budget()];
        assert_eq!(stats.map(|budget| budget.unwrap().used), [0; 3], "round {round}");
    }
}
