//! Memory goes back after quiet resets, and not before.

use framealloc::{AllocConfig, ScratchPool, ShrinkPolicy};
use framealloc_tests::{Fixture, on_thread};

/// One round that uses `bytes`, and its reset.
fn round(pool: &ScratchPool, bytes: usize) {
    if bytes > 0 {
        drop(pool.boxed_slice(bytes, |n| n as u8).unwrap());
    }
    pool.reset().unwrap();
}

fn heap_bytes(fixture: &Fixture, tag: &str) -> u64 {
    fixture.alloc.stats().tags.iter().find(|row| &*row.path == tag).map_or(0, |row| row.heap.live_bytes)
}

#[test]
fn after_as_many_quiet_resets_as_were_asked_for() {
    let fixture = Fixture::small();
    on_thread(|| {
        let tag = fixture.alloc.tag_scope("paths");
        let pool = fixture.alloc.scratch_pool("paths");
        drop(tag);
        pool.set_shrink_policy(ShrinkPolicy::AfterQuietResets(5));
        let without = fixture.live_bytes();
        for _ in 0..3 {
            round(&pool, 200_000);
            for _ in 0..4 {
                round(&pool, 1000);
                assert_eq!(pool.bytes_held(), 262_144, "four quiet rounds are not enough");
            }
            round(&pool, 140_000);
            for quiet in [1000, 5000, 100, 0, 3000] {
                assert_eq!(pool.bytes_held(), 262_144, "a busy round starts the count again");
                assert_eq!(heap_bytes(&fixture, "paths"), 262_144);
                round(&pool, quiet);
            }
            assert_eq!((pool.bytes_held(), heap_bytes(&fixture, "paths")), (0, 0));
            assert_eq!(fixture.live_bytes(), without, "the backend has it back");
            round(&pool, 10);
            assert_eq!(pool.bytes_held(), 8192, "room for the most that a quiet round used");
        }
        for _ in 0..5 {
            round(&pool, 0);
        }
        assert_eq!(pool.bytes_held(), 0, "an unused pool holds nothing");
    });
    fixture.assert_all_freed();
}

#[test]
fn never_when_it_is_to_keep() {
    let fixture = Fixture::new(AllocConfig::default().with_trim_after(1));
    on_thread(|| {
        let pool = fixture.alloc.scratch_pool("paths");
        pool.set_shrink_policy(ShrinkPolicy::Keep);
        round(&pool, 200_000);
        (0..200).for_each(|_| round(&pool, 10));
        assert_eq!(pool.bytes_held(), 262_144);
    });
    fixture.assert_all_freed();
}

#[test]
fn not_when_the_next_chunk_would_be_as_large() {
    let fixture = Fixture::new(AllocConfig::default().with_trim_after(1));
    on_thread(|| {
        let pool = fixture.alloc.scratch_pool("paths");
        round(&pool, 4090);
        let warm = fixture.backend.requests();
        (0..100).for_each(|_| round(&pool, 4090));
        assert_eq!((fixture.backend.requests(), pool.bytes_held()), (warm, 8192), "half of it is in use");
    });
    fixture.assert_all_freed();
}

#[test]
fn the_configuration_says_how_many() {
    for resets in [1, 7] {
        let fixture = Fixture::new(AllocConfig::default().with_trim_after(resets));
        on_thread(|| {
            let pool = fixture.alloc.scratch_pool("paths");
            let mut scratch = fixture.alloc.create_scratch_allocator(1 << 20).unwrap();
            round(&pool, 200_000);
            scratch.alloc_slice::<u8>(200_000);
            scratch.reset();
            for _ in 0..resets {
                assert_eq!((pool.bytes_held(), scratch.bytes_held()), (262_144, 262_144));
                round(&pool, 10);
                assert_eq!(scratch.with_scope(|s| *s.alloc::<u8>().write(1)), 1);
                scratch.reset();
            }
            assert_eq!((pool.bytes_held(), scratch.bytes_held()), (0, 0));
        });
        fixture.assert_all_freed();
    }
}

#[test]
fn many_chunks_become_one_and_a_steady_loop_takes_none() {
    let fixture = Fixture::small();
    on_thread(|| {
        let pool = fixture.alloc.scratch_pool("paths");
        let used = || {
            let boxes: Vec<_> = (0..300_u64).map(|n| pool.boxed([n; 16]).unwrap()).collect();
            boxes.iter().enumerate().for_each(|(n, boxed)| assert_eq!(**boxed, [n as u64; 16]));
        };
        used();
        assert_eq!(pool.bytes_held(), 4096 + 8192 + 16_384 + 32_768);
        used();
        assert_eq!(pool.bytes_held(), 65_536, "one chunk for all that the last round used");
        let warm = fixture.backend.requests();
        for n in 0..100 {
            used();
            if n % 3 == 0 {
                pool.reset().unwrap();
            }
        }
        assert_eq!(fixture.backend.requests(), warm);
    });
    fixture.assert_all_freed();
}
