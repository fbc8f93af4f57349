//! A file of 64 MB is loaded in pieces under a budget of a quarter.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use framealloc::{StreamError, StreamPriority};
use framealloc_tests::{Fixture, Rng, on_thread};

const PARTS: usize = 64;
const PART: usize = if cfg!(miri) { 1 << 10 } else { 1 << 20 };
const PIECE: usize = PART / 12;
const BUDGET: usize = 16 * PART;

/// A file in the system's folder for such, removed when the test ends.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("framealloc-streaming-{}", std::process::id())))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// FNV-1a by words.
fn hash(data: &[u8]) -> u64 {
    data.chunks_exact(8).fold(0xcbf2_9ce4_8422_2325, |hash, chunk| {
        let word = chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Writes the parts, and returns the hash of each.
fn write(path: &PathBuf) -> Vec<u64> {
    let (mut file, mut rng) = (File::create(path).unwrap(), Rng::new(64));
    let hashes = (0..PARTS).map(|_| {
        let part: Vec<u8> = (0..PART / 8).flat_map(|_| rng.next_u64().to_le_bytes()).collect();
        file.write_all(&part).unwrap();
        hash(&part)
    });
    hashes.collect()
}

#[test]
fn a_large_file_is_read_under_a_small_budget() {
    let file = TemporaryFile::new();
    let hashes = write(&file.0);
    let fixture = Fixture::default();
    on_thread(|| {
        let (alloc, streaming) = (&fixture.alloc, fixture.alloc.streaming());
        let _level = alloc.tag_scope("level");
        streaming.set_budget(BUDGET);
        let mut source = File::open(&file.0).unwrap();
        assert_eq!(source.metadata().unwrap().len(), (PARTS * PART) as u64);
        let mut ids = Vec::new();
        for (part, expected) in hashes.iter().enumerate() {
            let priority = if part == 0 { StreamPriority::Critical } else { StreamPriority::Normal };
            let id = streaming.reserve(PART, priority).unwrap();
            // A piece each frame, with another resource in between.
            while !streaming.progress(id).unwrap().is_finished {
                let mut load = streaming.begin_load(id).unwrap();
                let piece = load.unfilled().len().min(PIECE);
                let read = source.read(&mut load.unfilled()[..piece]).unwrap();
                load.report_progress(read).unwrap();
                if load.loaded() == load.size() {
                    load.finish_load().unwrap();
                }
            }
            ids.push(id);
            assert_eq!(hash(&streaming.access(id).unwrap()), *expected, "part {part}");
            assert_eq!(hash(&streaming.access(ids[0]).unwrap()), hashes[0]);
            let stats = streaming.stats();
            assert!(stats.used_bytes <= BUDGET as u64 && stats.peak_bytes <= BUDGET as u64);
            assert_eq!(alloc.tag_stats("level").unwrap().heap.live_bytes, stats.used_bytes);
        }
        let stats = streaming.stats();
        assert_eq!((stats.loaded, stats.evicted, stats.evictions), (16, 48, 48), "{stats:?}");
        assert!(fixture.backend.counts().peak_bytes < (BUDGET + BUDGET / 16 + 65_536) as u64, "really freed");
        for (part, id) in ids.iter().enumerate() {
            // The first is critical, the last ones are the youngest.
            match streaming.access(*id) {
                Ok(data) => assert!((part == 0 || part > 48) && hash(&data) == hashes[part]),
                Err(error) => assert!((1..=48).contains(&part) && error == StreamError::Evicted),
            }
        }
        // What was evicted is loaded again, this time by a plain copy.
        for part in (1..PARTS).rev().step_by(7) {
            if streaming.access(ids[part]).is_err() {
                source.seek(SeekFrom::Start((part * PART) as u64)).unwrap();
                let mut load = streaming.begin_load(ids[part]).unwrap();
                let copied = io::copy(&mut Read::by_ref(&mut source).take(PART as u64), &mut load).unwrap();
                assert_eq!(copied, PART as u64);
                load.finish_load().unwrap();
            }
            assert_eq!(hash(&streaming.access(ids[part]).unwrap()), hashes[part]);
        }
        assert_eq!(streaming.stats().used_bytes, BUDGET as u64);
        ids.into_iter().for_each(|id| assert!(streaming.release(id)));
        assert_eq!((streaming.stats().used_bytes, alloc.stats().total.live_bytes()), (0, 0));
    });
    fixture.assert_all_freed();
}
