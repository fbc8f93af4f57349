//! Models of the chunk depot. Run with
//! `RUSTFLAGS="--cfg framealloc_loom" cargo test -p framealloc --lib --release front::loom_tests`.

#![expect(unsafe_code, reason = "makes and holds chunks as a thread does")]

use core::ptr::{self, NonNull};
use std::sync::Arc;

use loom::thread;

use super::shared::ChunkDepot;
use crate::backend::{WatchedBackend, WatchedHandle};
use crate::raw::cache::ChunkList;
use crate::raw::chunk::{Chunk, MIN_CHUNK};

/// A depot of chunks of one class, and the memory below it.
#[derive(Clone)]
struct Scene {
    chunks: Arc<ChunkDepot>,
    memory: Arc<WatchedBackend>,
    handle: Arc<WatchedHandle>,
}

impl Scene {
    /// With `count` chunks that nobody has taken since the last trim.
    fn new(count: usize) -> Self {
        let memory = WatchedBackend::new();
        let handle = memory.handle();
        let scene = Self { chunks: Arc::new(ChunkDepot::new(handle.clone())), memory, handle };
        (0..count).for_each(|_| scene.end_thread());
        assert_eq!(scene.chunks.trim(), (0, 0), "the first window starts empty");
        scene
    }

    /// What the end of a thread with one chunk does.
    fn end_thread(&self) {
        self.give(Chunk::create(&*self.handle, 0).unwrap());
    }

    fn take(&self) -> Option<NonNull<Chunk>> {
        let chunk = self.chunks.take(0)?;
        self.memory.touch(chunk.cast());
        Some(chunk)
    }

    fn give(&self, chunk: NonNull<Chunk>) {
        self.memory.touch(chunk.cast());
        // SAFETY: F1, F2: the chunk is new or was taken, and is given up.
        let list = unsafe {
            chunk.as_ref().next.set(ptr::null_mut());
            ChunkList::from_raw(chunk.as_ptr())
        };
        self.chunks.accept(list);
    }

    /// Ends the depot.
    fn close(self) {
        drop(self.chunks);
        self.memory.assert_returned();
    }
}

#[test]
fn no_chunk_is_lost_and_none_is_there_twice() {
    loom::model(|| {
        let scene = Scene::new(2);
        let ends = {
            let scene = scene.clone();
            thread::spawn(move || scene.end_thread())
        };
        let takes = {
            let scene = scene.clone();
            thread::spawn(move || {
                let first = scene.take();
                let second = scene.take();
                first.into_iter().for_each(|chunk| scene.give(chunk));
                second
            })
        };
        let (trimmed, bytes) = scene.chunks.trim();
        assert!(trimmed <= 1, "half of what nobody took");
        assert_eq!(bytes, trimmed * MIN_CHUNK as u64);
        ends.join().unwrap();
        let held = takes.join().unwrap();
        let kept = scene.chunks.bytes() / MIN_CHUNK as u64;
        assert_eq!(kept + trimmed + held.iter().count() as u64, 3);
        assert_eq!(scene.memory.live(MIN_CHUNK) as u64, 3 - trimmed);
        held.into_iter().for_each(|chunk| scene.give(chunk));
        scene.close();
    });
}

#[test]
fn what_is_cleared_was_nobodys() {
    loom::model(|| {
        let scene = Scene::new(1);
        let other = {
            let scene = scene.clone();
            thread::spawn(move || {
                let chunk = scene.take();
                chunk.into_iter().for_each(|chunk| scene.give(chunk));
                u64::from(chunk.is_some())
            })
        };
        let (cleared, _) = scene.chunks.clear();
        let taken = other.join().unwrap();
        assert!(cleared + taken >= 1, "one of the two found it");
        assert_eq!(scene.chunks.bytes() / MIN_CHUNK as u64, 1 - cleared);
        scene.close();
    });
}
