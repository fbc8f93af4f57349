//! Opening and closing frames.
//!
//! A frame that ends with one chunk keeps it: the core waits, *warm*, in the list of its [`Sizing`], with everything set
//! back, and the next frame of its kind is a pop from that list. A warm core's chunk counts as cached (F1).

#![expect(unsafe_code, reason = "takes cores from the slab and chunks from the cache")]

use core::ptr::{self, NonNull};

use super::sizing::Sizing;
use super::{ThreadHeap, Unkeep};
use crate::diagnostics::{self, Diagnostic};
use crate::error::AllocError;
use crate::phase::PhaseId;
use crate::raw::cache::ChunkList;
use crate::raw::chunk::{Chunk, HEADER, MIN_CHUNK};
use crate::raw::core::{Core, Kind};
use crate::sys::caught::Caught;
use crate::system::System;
use crate::tag::TagId;

/// How many frames inside a frame count as one outermost frame: that may be leaked, or stay open as long as the program.
const INNER_FRAMES: u32 = 64;

/// Where something happened that is reported.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    tag: TagId,
    phase: PhaseId,
    system: Option<&'static System>,
    frame: u64,
}

impl ThreadHeap {
    /// Opens a scoped frame; outermost ones start with a larger chunk than nested ones.
    #[inline(always)]
    pub(crate) fn open_scoped(&self) -> Result<NonNull<Core>, AllocError> {
        let sizing = if self.level.get() == 0 { &self.outer_sizing } else { &self.nested_sizing };
        self.open_sized(sizing)
    }

    /// Opens a scoped frame whose first chunk is sized by `sizing`.
    #[inline(always)]
    pub(super) fn open_sized(&self, sizing: &Sizing) -> Result<NonNull<Core>, AllocError> {
        let core = self.open(Kind::Scoped, sizing)?;
        self.level.set(self.level.get() + 1);
        Ok(core)
    }

    /// Opens a core with its first chunk. The frame counts one handle, its own, and keeps the heap.
    #[inline(always)]
    pub(super) fn open(&self, kind: Kind, sizing: &Sizing) -> Result<NonNull<Core>, AllocError> {
        let core = match NonNull::new(sizing.warm.get().cast_mut()) {
            Some(core) => core,
            None => self.warm_up(kind, sizing)?,
        };
        // SAFETY: F1: warm cores are live.
        self.open_warm(unsafe { core.as_ref() }, sizing);
        Ok(core)
    }

    /// Opens the first warm core of `sizing`; everything but its list and its serial is set back.
    #[inline(always)]
    pub(super) fn open_warm(&self, core: &Core, sizing: &Sizing) {
        sizing.warm.set(core.next.get());
        core.serial.set(self.next_serial());
        if self.refusing.get() {
            core.limit.set(core.ptr.get());
        } else {
            self.link(core);
        }
        self.keep();
    }

    /// Puts one more core with a chunk into the list of `sizing`.
    #[cold]
    #[inline(never)]
    fn warm_up(&self, kind: Kind, sizing: &Sizing) -> Result<NonNull<Core>, AllocError> {
        let place = match self.cores.take() {
            Some(core) => core,
            None => self.more_cores()?,
        };
        let class = sizing.class();
        let chunk = match self.cache.take(class) {
            Some(chunk) => Ok(chunk),
            None => self.obtain_chunk(class, 0),
        };
        let chunk = chunk.inspect_err(|_| {
            // SAFETY: F1: the core was taken above and is not used.
            unsafe { self.cores.put(place) }
        })?;
        // SAFETY: F1: cores in the slab were initialised by `more_cores`; this one and the chunk were just taken.
        let core = unsafe {
            chunk.as_ref().next.set(ptr::null_mut());
            place.as_ref().start_in(chunk);
            place.as_ref()
        };
        core.kind.set(kind);
        core.sizing.set(ptr::from_ref(sizing).cast());
        core.refs.set(1);
        self.make_warm(core, sizing);
        Ok(place)
    }

    /// Sets a core back that has one chunk and nothing handed out, and puts it into the list of `sizing`.
    #[inline(always)]
    pub(super) fn make_warm(&self, core: &Core, sizing: &Sizing) {
        core.limit.set(core.end.get());
        core.next.set(sizing.warm.get());
        sizing.warm.set(core);
    }

    #[cold]
    #[inline(never)]
    fn more_cores(&self) -> Result<NonNull<Core>, AllocError> {
        let owner = self.vacant.owner.get();
        // SAFETY: F1: the records are fresh and large enough.
        self.cores.grow(&*self.shared.backend, |core| unsafe { core.write(Core::vacant(owner)) })?;
        let place = self.cores.take();
        place.ok_or(AllocError::Unsupported { what: "a slab that grew but has no record" })
    }

    /// A chunk of `class`, or a larger one: from the depot, or from the backend. Under a tight memory limit also one
    /// that holds just `at_least` bytes.
    #[cold]
    #[inline(never)]
    pub(super) fn obtain_chunk(&self, class: usize, at_least: usize) -> Result<NonNull<Chunk>, AllocError> {
        if let Some(chunk) = self.cache.take_near(class) {
            return Ok(chunk);
        }
        let smallest = Chunk::class_for(at_least).unwrap_or(class).min(class);
        let fresh = self.shared.chunks.take(class).or_else(|| self.create_chunk(smallest, class));
        let chunk = match fresh {
            Some(chunk) => Some(self.count_chunk(chunk)),
            None => self.last_resort(smallest, class),
        };
        chunk.ok_or_else(|| {
            let requested = at_least.max(MIN_CHUNK - HEADER);
            AllocError::OutOfMemory { requested, align: align_of::<Chunk>() }
        })
    }

    fn create_chunk(&self, smallest: usize, class: usize) -> Option<NonNull<Chunk>> {
        let chunk = (smallest..=class).rev().find_map(|class| Chunk::create(&*self.shared.backend, class))?;
        self.record.chunks_taken.add(1);
        // SAFETY: F1: the chunk is fresh and ours.
        self.note_taken(unsafe { chunk.as_ref() }.size() as u64);
        Some(chunk)
    }

    fn count_chunk(&self, chunk: NonNull<Chunk>) -> NonNull<Chunk> {
        // SAFETY: F1: the chunk is fresh and ours.
        self.record.chunk_bytes.add(unsafe { chunk.as_ref() }.size() as u64);
        chunk
    }

    /// A chunk although the backend has none: a smaller one of the cache, or a fresh one when idle memory went back.
    #[cold]
    fn last_resort(&self, smallest: usize, class: usize) -> Option<NonNull<Chunk>> {
        if let Some(chunk) = (smallest..class).rev().find_map(|class| self.cache.take(class)) {
            return Some(chunk);
        }
        if !self.reclaim() {
            return None;
        }
        self.create_chunk(smallest, class).map(|chunk| self.count_chunk(chunk))
    }

    /// Gives what nobody uses back to the backend: this thread's chunks, the depot's, and empty pages of the pool
    /// and the handles. Whether there was anything.
    #[cold]
    pub(crate) fn reclaim(&self) -> bool {
        let idle = self.cache.drain();
        self.record.chunk_bytes.sub(idle.bytes());
        let own = self.shared.chunks.destroy(idle);
        let depot = self.shared.chunks.clear();
        self.note_returned(own);
        self.note_returned(depot);
        let pages = self.shared.pool.trim() + self.shared.handles.trim();
        own.1 + depot.1 + pages as u64 > 0
    }

    /// The `Frame` of `core` is being dropped: everything it handed out is unreachable.
    ///
    /// # Safety
    ///
    /// `core` is an open scoped core of this heap; nothing borrows its memory (F2). The heap may be gone afterwards.
    #[inline(always)]
    pub(super) unsafe fn close(&self, core: NonNull<Core>) {
        // SAFETY: F2: by the caller the core is open, so it is live.
        let this = unsafe { core.as_ref() };
        if this.allocs.get() != 0 || this.refs.get() != 1 || self.refusing.get() {
            // SAFETY: F2: by the caller.
            return unsafe { self.close_used(core) };
        }
        if this.linked.get() {
            self.unlink(this);
        }
        // SAFETY: F2: by the caller; the frame handed nothing out and is unlinked.
        unsafe { self.close_untouched(this) };
    }

    /// Closes a scoped frame that handed nothing out and is not linked.
    ///
    /// # Safety
    ///
    /// As [`ThreadHeap::close`].
    #[inline(always)]
    pub(super) unsafe fn close_untouched(&self, core: &Core) {
        // SAFETY: F3: sizings live as long as the heap.
        self.make_warm(core, unsafe { &*core.sizing.get().cast::<Sizing>() });
        self.leave_level();
        // SAFETY: F5: the frame's keep, taken in `open`.
        unsafe { self.unkeep() };
    }

    /// [`ThreadHeap::close`] for a frame that handed something out.
    ///
    /// # Safety
    ///
    /// As `close`.
    #[inline(never)]
    unsafe fn close_used(&self, core: NonNull<Core>) {
        // SAFETY: F2: by the caller the core is open, so it is live.
        let this = unsafe { core.as_ref() };
        if this.refs.get() == 1 && this.retained.get().is_null() {
            // SAFETY: F2: by the caller nothing reaches the frame's memory. F5: the frame's keep, taken in `open`.
            unsafe {
                self.recycle(this);
                self.leave_level();
                let _unkeep = Unkeep::new(self);
                return self.deliver_events();
            }
        }
        // SAFETY: F2: by the caller.
        unsafe { self.close_with_handles(this) };
    }

    /// [`ThreadHeap::close`] for a frame with retained values or leaked handles.
    ///
    /// # Safety
    ///
    /// As `close`.
    #[cold]
    #[inline(never)]
    unsafe fn close_with_handles(&self, this: &Core) {
        let mut panic =
            if this.retained.get().is_null() { Caught::default() } else { self.settle_retained(this) };
        let leaked = this.refs.replace(1) - 1;
        // SAFETY: F2: by the caller nothing reaches the frame's memory.
        unsafe { self.recycle(this) };
        self.leave_level();
        panic.catch(|| self.deliver_events());
        if leaked > 0 {
            panic.catch(|| self.report_leak(leaked));
        }
        // SAFETY: F5: the frame's keep, taken in `open`.
        unsafe { self.unkeep() };
        panic.resume();
    }

    /// The frame of a system is closed as others are, which count levels.
    pub(crate) fn enter_level(&self) {
        self.level.set(self.level.get() + 1);
    }

    #[inline(always)]
    pub(super) fn leave_level(&self) {
        let level = self.level.get() - 1;
        self.level.set(level);
        if level != 0 {
            self.count_inner_frame();
        } else if self.begun.get() == 0 {
            self.count_frame();
        }
    }

    /// A frame inside another one is over. Many of them count as an outermost one, which may never end.
    #[cold]
    #[inline(never)]
    fn count_inner_frame(&self) {
        let inner = (self.inner.get() + 1) % INNER_FRAMES;
        self.inner.set(inner);
        if inner == 0 && self.begun.get() == 0 {
            self.count_frame();
        }
    }

    /// Credits the bytes of `core` and makes it warm again, or gives its chunks and the core back.
    ///
    /// # Safety
    ///
    /// Nothing reaches the memory of `core` (F2).
    #[inline(always)]
    pub(super) unsafe fn recycle(&self, core: &Core) {
        let most = core.high_water();
        if core.linked.get() && self.charge_at_end(core) {
            self.unlink(core);
        } else {
            if core.linked.get() {
                self.seal(core);
            }
            self.credit(core);
            core.charged.set(0);
        }
        // SAFETY: F2: by the caller.
        unsafe { self.reuse(core, most) };
    }

    /// Makes a core warm again that used at most `bytes` and is credited, or gives its chunks and the core back.
    ///
    /// # Safety
    ///
    /// As [`ThreadHeap::recycle`].
    #[inline(always)]
    pub(super) unsafe fn reuse(&self, core: &Core, bytes: u64) {
        // SAFETY: F2: by the caller; an open core has a chunk.
        #[cfg(feature = "debug")]
        unsafe {
            core.poison();
        }
        core.allocs.set(0);
        core.allocs_mark.set(0);
        core.closed.set(false);
        // SAFETY: F3: sizings live as long as the heap. F1: an open core has a current chunk.
        let (sizing, chunk) = unsafe {
            let sizing = &*core.sizing.get().cast::<Sizing>();
            (sizing, NonNull::new_unchecked(core.chunk.get()))
        };
        sizing.note(bytes);
        // SAFETY: F1: the chunk is the core's.
        if unsafe { chunk.as_ref() }.next.get().is_null() {
            // SAFETY: F1, F2: the core keeps its only chunk, of which everything is credited and unreachable.
            unsafe { core.start_in(chunk) };
            self.make_warm(core, sizing);
        } else {
            // SAFETY: F2: by the caller.
            unsafe { self.recycle_chunks(core, sizing, bytes) };
        }
    }

    /// Gives the chunks and the core of a frame of `bytes` back, which needed several.
    ///
    /// # Safety
    ///
    /// As [`ThreadHeap::recycle`].
    #[cold]
    unsafe fn recycle_chunks(&self, core: &Core, sizing: &Sizing, bytes: u64) {
        if sizing.rise(bytes) {
            self.cool_down(sizing);
        }
        // SAFETY: F1: the chunks are the core's and the cache's from here on. F2: by the caller nothing reaches them.
        unsafe {
            self.cache.put_all(ChunkList::from_raw(core.chunk.get()));
            self.cores.put(NonNull::from(core));
        }
    }

    /// Takes the warm cores of `sizing` apart: chunks to the cache, cores to the slab.
    #[cold]
    pub(super) fn cool_down(&self, sizing: &Sizing) {
        while let Some(core) = NonNull::new(sizing.warm.get().cast_mut()) {
            // SAFETY: F1: a warm core is live, owns one chunk, and nothing reaches either.
            unsafe {
                sizing.warm.set(core.as_ref().next.get());
                self.cache.put_all(ChunkList::from_raw(core.as_ref().chunk.get()));
                self.cores.put(core);
            }
        }
    }

    /// Takes every warm core apart; sizes fall to what was needed since the last time.
    #[cold]
    pub(super) fn cool_all(&self) {
        [&self.outer_sizing, &self.nested_sizing, &self.ambient_sizing, &self.segment_sizing]
            .into_iter()
            .chain(self.system_nodes.iter().map(|node| &node.sizing))
            .for_each(|sizing| {
                self.cool_down(sizing);
                sizing.fall();
            });
    }

    /// One outermost frame of this thread is over.
    #[inline(always)]
    pub(super) fn count_frame(&self) {
        let left = self.until_trim.get() - 1;
        self.until_trim.set(left);
        if left == 0 {
            self.trim();
        }
    }

    #[cold]
    #[inline(never)]
    fn report_leak(&self, handles: u64) {
        self.report_lazily(|| {
            let message = format!("{handles} handles into a scoped frame were leaked before it ended");
            Diagnostic::new(&diagnostics::FA608, message).with_suggestion(
                "do not pass a FrameBox or frame container to mem::forget; its destructor did not run",
            )
        });
    }

    /// Sends a report about this thread's context to the sinks; what it says about its place itself stays. No state of
    /// the heap is half-changed when this is called. In strict mode this panics, but on a thread that exits.
    #[cold]
    #[inline(never)]
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.report_from(self.place(), diagnostic);
    }

    /// [`ThreadHeap::report`] of what is made only now: what a report costs is not the program's.
    pub(super) fn report_lazily(&self, make: impl FnOnce() -> Diagnostic) {
        crate::tracking::exempt(|| self.report(make()));
    }

    /// [`ThreadHeap::report`] about what happened in another place.
    pub(super) fn report_from(&self, place: Place, diagnostic: Diagnostic) {
        crate::tracking::exempt(|| {
            let mut diagnostic = diagnostic.with_frame(place.frame);
            if diagnostic.tag.is_none() && place.tag != TagId::UNTAGGED {
                diagnostic = diagnostic.with_tag(self.shared.tags.path(place.tag));
            }
            if diagnostic.phase.is_none() && place.phase != PhaseId::NONE {
                diagnostic = diagnostic.with_phase(self.shared.phases.name(place.phase));
            }
            if let (None, Some(system)) = (diagnostic.system, place.system) {
                diagnostic = diagnostic.with_system(system.info().name);
            }
            self.shared.deliver(diagnostic);
        });
    }

    /// Where this thread is, for a report.
    #[cold]
    pub(crate) fn place(&self) -> Place {
        Place {
            tag: self.current_tag(),
            phase: self.current_phase(),
            system: self.current_system(),
            frame: self.frame_number(),
        }
    }
}
