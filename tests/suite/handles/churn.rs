//! A hundred thousand objects of mixed sizes come and go; what stays is intact, and the memory of the others goes back.

use framealloc::{ObjectHandle, SmartAlloc};
use framealloc_tests::{Fixture, Rng, on_thread};

const OBJECTS: usize = if cfg!(miri) { 500 } else { 100_000 };

fn fill(alloc: &SmartAlloc, rng: &mut Rng, bytes: usize) -> ObjectHandle<[u8]> {
    let align = [1, 8, 16, 64, 256][rng.below(5)];
    let object = alloc.handles().alloc_bytes(bytes, align).unwrap();
    let (mut guard, mut word) = (alloc.handles().resolve_mut(object).unwrap(), rng.next_u64());
    for chunk in guard.chunks_mut(8) {
        word = word.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
    }
    drop(guard);
    object
}

/// FNV-1a over all objects, by words.
fn hash(alloc: &SmartAlloc, objects: &[ObjectHandle<[u8]>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for object in objects {
        let guard = alloc.handles().resolve(*object).unwrap();
        for chunk in guard.chunks(8) {
            let word = chunk.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
            hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = hash.rotate_left(7) ^ guard.len() as u64;
    }
    hash
}

/// Sizes from a word to a few pages of the system, more small ones than large ones, and few with a block of their own.
fn size(rng: &mut Rng) -> usize {
    match rng.below(100) {
        0 => 16_000 + rng.below(30_000),
        1..=20 => 2000 + rng.below(8000),
        21..=60 => 300 + rng.below(2500),
        _ => 64 + rng.below(500),
    }
}

#[test]
fn contents_stay_and_memory_goes_back() {
    let fixture = Fixture::default();
    on_thread(|| {
        let (alloc, mut rng) = (&fixture.alloc, Rng::new(17));
        let handles = alloc.handles();
        let mut objects: Vec<_> = (0..OBJECTS)
            .map(|_| {
                let bytes = size(&mut rng);
                fill(alloc, &mut rng, bytes)
            })
            .collect();
        let most = fixture.live_bytes();
        // A third is replaced by objects of other sizes, then more than half goes.
        for _ in 0..OBJECTS / 3 {
            let at = rng.below(objects.len());
            assert!(handles.free(objects[at]));
            let bytes = size(&mut rng);
            objects[at] = fill(alloc, &mut rng, bytes);
        }
        let mut gone = Vec::new();
        while objects.len() > OBJECTS * 2 / 5 {
            let object = objects.swap_remove(rng.below(objects.len()));
            assert!(handles.free(object));
            gone.push(object);
        }
        let (before, sparse, hashed) = (fixture.live_bytes(), handles.stats(), hash(alloc, &objects));
        let (mut calls, mut moved, mut gained) = (0, 0, 0);
        loop {
            let done = handles.defragment(1 << 20);
            assert!(done.bytes_moved <= 1 << 20);
            (calls, moved) = (calls + 1, moved + done.bytes_moved);
            gained += done.bytes_returned as i64 - done.bytes_taken as i64;
            if done.complete {
                break;
            }
        }
        let stats = handles.stats();
        println!(
            "fragmentation {:.1} % -> {:.2} %, {} -> {} bytes of the backend, {moved} moved in {calls} calls",
            100.0 * sparse.fragmentation(),
            100.0 * stats.fragmentation(),
            before,
            fixture.live_bytes()
        );
        assert_eq!(hash(alloc, &objects), hashed, "not a byte changed");
        if cfg!(not(miri)) {
            assert!(sparse.fragmentation() > 0.3 && stats.fragmentation() <= 0.05, "{stats:?}");
        }
        assert_eq!(before as i64 - fixture.live_bytes() as i64, gained);
        assert!(moved <= 2 * stats.live_bytes, "no object moves again and again");
        assert!(fixture.live_bytes() < most / 2);
        assert!(gone.iter().all(|object| handles.resolve(*object).is_none()));
        // What the table takes is not fragmentation, but memory all the same.
        let counted = fixture.live_bytes() as f64;
        assert!(cfg!(miri) || stats.live_bytes as f64 / counted > 0.9, "{stats:?} of {counted}");
        objects.into_iter().for_each(|object| assert!(handles.free(object)));
        assert!(handles.defragment(0).complete);
        assert_eq!((handles.stats().objects, handles.stats().resident_bytes), (0, 0));
        assert!(fixture.live_bytes() <= handles.stats().table_bytes + 4096, "only the table is left");
    });
    fixture.assert_all_freed();
}
