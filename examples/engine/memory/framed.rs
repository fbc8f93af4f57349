//! The annotated systems on a `SmartAlloc`.

use std::hash::{BuildHasher, Hash};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use framealloc::diagnostics::RingSink;
use framealloc::{
    AllocConfig, AllocError, Budget, FrameMap, FrameVec, HeapBox, IntentReport, OnExceed, PoolBox, Promoted,
    SmartAlloc, SnapshotEmitter, SystemReport, TransferHandle, TransferStats,
};

use super::{Buffer, Runtime, Table};
use crate::args::TagBudget;
use crate::failure::Failure;
use crate::quiet::Panic;
use crate::report::{Shares, SystemRow};
use crate::scene::{Body, Camera, NavGrid, Scene};
use crate::systems::audio::{self, Ring, Voice};
use crate::systems::broad_phase::{self, Pair};
use crate::systems::lod::{self, LodCache, LodMesh};
use crate::systems::narrow_phase::{self, Contact, SLICES};
use crate::systems::path::{self, Path, Request};
use crate::systems::solve;
use crate::systems::visibility::{self, DrawCommand};

/// What the user allows, beyond the budgets that the systems declare.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// Most bytes that may be taken from the system, for everything together.
    pub memory: Option<u64>,
    pub budgets: &'a [TagBudget],
}

/// An allocator of its own, and what it has to report.
#[derive(Debug)]
pub struct Framed {
    alloc: SmartAlloc,
    reports: Arc<RingSink>,
    memory_limit: Option<u64>,
}

impl Framed {
    /// # Errors
    /// A limit that cannot work, or a budget for a tag that no system has.
    pub fn new(limits: Limits<'_>) -> Result<Self, Failure> {
        let reports = Arc::new(RingSink::new(16));
        let mut config = AllocConfig::default().with_sink(reports.clone());
        if let Some(bytes) = limits.memory {
            config = config.with_memory_limit(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        let failure = |error: AllocError| Failure::input(error.to_string());
        let alloc = SmartAlloc::new(config).map_err(failure)?;
        let framed = Self { alloc, reports, memory_limit: limits.memory };
        for TagBudget { tag, bytes } in limits.budgets {
            framed.check_tag(tag)?;
            let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX);
            framed.alloc.set_tag_budget(tag, Budget::bytes(bytes).on_exceed(OnExceed::Fail));
        }
        Ok(framed)
    }

    /// Whether `tag` is a system's tag or the beginning of one.
    fn check_tag(&self, tag: &str) -> Result<(), Failure> {
        let mut tags: Vec<String> = self.system_rows().into_iter().map(|row| row.tag).collect();
        tags.sort();
        tags.dedup();
        let known = |known: &String| {
            known.strip_prefix(tag).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if tags.iter().any(known) {
            Ok(())
        } else {
            Err(Failure::input(format!(
                "--budget {tag}: no system has this tag; there are {}",
                tags.join(", ")
            )))
        }
    }
}

impl Framed {
    /// The annotated systems: what they declared and what was measured.
    pub fn system_rows(&self) -> Vec<SystemRow> {
        let row = |system: SystemReport| SystemRow {
            system: system.name.to_owned(),
            tag: system.tag.to_owned(),
            budget_bytes: system.budget,
            peak_bytes: system.peak_bytes,
            p50_bytes_per_frame: system.p50_bytes,
            p99_bytes_per_frame: system.p99_bytes,
            headroom_bytes: system.headroom,
            runs: system.runs,
            allocations: system.allocations,
            heap_calls: system.heap_calls,
            promotions: system.promotions,
        };
        self.intent_report().systems.into_iter().map(row).collect()
    }

    /// The same as framealloc tells it.
    pub fn intent_report(&self) -> IntentReport {
        self.alloc.intent_report()
    }

    /// Writes a snapshot if one is due or asked for.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn emit(&self, emitter: &mut SnapshotEmitter) -> io::Result<Option<PathBuf>> {
        emitter.maybe_emit(&self.alloc)
    }

    /// What framealloc reported during the run, one line each.
    pub fn diagnostics(&self) -> Vec<String> {
        self.reports.recent().iter().map(|report| report.one_line().to_string()).collect()
    }

    /// What became of the values that were sent from thread to thread.
    pub fn transfers(&self) -> TransferStats {
        self.alloc.transfer_stats()
    }

    /// Which part of the allocator served how many allocations.
    pub fn shares(&self) -> Shares {
        let total = self.alloc.stats().total;
        Shares { frame: total.frame.allocations, pool: total.pool.allocations, heap: total.heap.allocations }
    }
}

impl Runtime for Framed {
    type Pooled<T: Send + Sync + 'static> = PoolBox<T>;
    type Heaped<T: Send + Sync + 'static> = HeapBox<T>;
    type Transfer<T: Send + Sync + 'static> = TransferHandle<T>;
    type List<'a, T: 'a> = FrameVec<'a, T>;

    fn heaped<T: Send + Sync + 'static>(&self, value: T) -> HeapBox<T> {
        self.alloc.heap_box(value)
    }
    fn receive<T: Send + Sync + 'static>(&self, sent: TransferHandle<T>) -> PoolBox<T> {
        sent.receive()
    }
    fn begin_frame(&self) {
        self.alloc.begin_frame();
    }
    fn end_frame(&self, finished: &mut Vec<PoolBox<LodMesh>>) {
        let mut result = self.alloc.end_frame_with_promotions();
        while let Some(Promoted::Pool(mesh)) = result.promotions.take(lod::PROMOTED) {
            finished.push(mesh);
        }
    }

    fn broad_phase(&self, bodies: &[Body], pairs: &mut Vec<Pair>) {
        broad_phase::broad_phase(&self.alloc, bodies, pairs);
    }
    fn narrow_phase(
        &self,
        scene: &Scene,
        bodies: &[Body],
        pairs: &[Pair],
        slice: usize,
        found: &mut Vec<Contact>,
    ) {
        narrow_phase::narrow_phase(&self.alloc, scene, bodies, pairs, slice, found);
    }
    fn solve(&self, bodies: &mut [Body], found: [&[Contact]; SLICES]) -> FrameVec<'_, Contact> {
        solve::solve(&self.alloc, bodies, found)
    }
    fn find_path(&self, grid: &NavGrid, request: Request) -> TransferHandle<Path> {
        path::find_path(&self.alloc, grid, request)
    }
    fn start_voices(&self, contacts: &[Contact], voices: &mut Vec<PoolBox<Voice>>) {
        audio::start_voices(&self.alloc, contacts, voices);
    }
    fn mix(&self, voices: &mut Vec<PoolBox<Voice>>, ring: &mut Ring) {
        audio::mix(&self.alloc, voices, ring);
    }
    fn visibility(&self, scene: &Scene, bodies: &[Body], camera: &Camera, list: &mut Vec<DrawCommand>) {
        visibility::visibility(&self.alloc, scene, bodies, camera, list);
    }
    fn build_lods(
        &self,
        scene: &Scene,
        list: &[DrawCommand],
        cache: &LodCache<PoolBox<LodMesh>>,
        _finished: &mut Vec<PoolBox<LodMesh>>,
    ) -> usize {
        lod::build_lods(&self.alloc, scene, list, cache)
    }

    /// A refused allocation is the user's to act on; anything else is a bug.
    fn explain(&self, panic: Panic) -> Failure {
        if panic.text.starts_with("budget of ") {
            // Two workers may be refused at once, and repeated reports are dropped: the report may be another one's.
            let reports = self.reports.recent();
            let report = reports.iter().find(|report| report.message == panic.text);
            let place = report.map_or_else(String::new, |report| {
                format!(
                    " ({}, system {}, frame {})",
                    report.code.id,
                    report.system.unwrap_or("none"),
                    report.frame
                )
            });
            Failure::input(format!("{}{place}", panic.text))
        } else if panic.text.starts_with("out of memory") {
            let limit = self.memory_limit.map_or_else(String::new, |bytes| format!(" ({bytes} bytes)"));
            Failure::input(format!("{}{limit}", panic.text))
        } else {
            Failure::Fault(panic.to_string())
        }
    }
    fn system_heap_calls(&self) -> u64 {
        self.intent_report().systems.iter().map(|system| system.heap_calls).sum()
    }
    fn frame_bytes_by_thread(&self) -> Vec<(String, u64)> {
        let threads = self.alloc.stats().threads.into_iter();
        threads.map(|thread| (thread.name, thread.frame.allocated_bytes)).collect()
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Table<K, V> for FrameMap<'_, K, V, S> {
    #[inline]
    fn get_or_insert(&mut self, key: K, value: V) -> &mut V {
        self.entry(key).or_insert(value)
    }
    #[inline]
    fn find(&self, key: &K) -> Option<&V> {
        self.get(key)
    }
    #[inline]
    fn clear(&mut self) {
        (**self).clear();
    }
}

impl<T> Buffer<T> for FrameVec<'_, T> {
    #[inline]
    fn items(&self) -> &[T] {
        self
    }
    #[inline]
    fn items_mut(&mut self) -> &mut [T] {
        self
    }
    #[inline]
    fn push(&mut self, value: T) {
        (**self).push(value);
    }
    #[inline]
    fn pop(&mut self) -> Option<T> {
        (**self).pop()
    }
    #[inline]
    fn truncate(&mut self, len: usize) {
        (**self).truncate(len);
    }
}
