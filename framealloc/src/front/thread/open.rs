//! Opening and closing frames.

#![expect(unsafe_code, reason = "takes cores from the slab and chunks from the cache")]

use core::any::Any;
use core::ptr::{self, NonNull};

use super::sizing::Sizing;
use super::{LEVELS, ThreadHeap};
use crate::diagnostics::{self, Diagnostic};
use crate::error::AllocError;
use crate::raw::cache::ChunkList;
use crate::raw::chunk::{self, Chunk, HEADER, MIN_CHUNK};
use crate::raw::core::{Core, Kind};

impl ThreadHeap {
    /// Opens a scoped frame whose first chunk is sized by its nesting level.
    #[inline(always)]
    pub(crate) fn open_scoped(&self) -> Result<NonNull<Core>, AllocError> {
        let level = self.level.get();
        self.open_sized(&self.levels[level.min(LEVELS - 1)])
    }

    /// Opens a scoped frame whose first chunk is sized by `sizing`.
    #[inline(always)]
    pub(super) fn open_sized(&self, sizing: &Sizing) -> Result<NonNull<Core>, AllocError> {
        let core = self.open(Kind::Scoped, sizing)?;
        self.level.set(self.level.get() + 1);
        Ok(core)
    }

    /// Takes a core and its first chunk. The frame counts one handle, its own, and keeps the heap.
    #[inline(always)]
    pub(super) fn open(&self, kind: Kind, sizing: &Sizing) -> Result<NonNull<Core>, AllocError> {
        let place = match self.cores.take() {
            Some(core) => core,
            None => self.more_cores()?,
        };
        let chunk = match self.cache.take(sizing.class()) {
            Some(chunk) => chunk,
            None => match self.obtain_chunk(sizing.class(), 0) {
                Ok(chunk) => chunk,
                Err(error) => {
                    // SAFETY: F1: the core was taken above and is not used.
                    unsafe { self.cores.put(place) };
                    return Err(error);
                }
            },
        };
        // SAFETY: F1: cores in the slab were initialised by `more_cores`; this one was just taken.
        let core = unsafe { place.as_ref() };
        // SAFETY: F1: the chunk was just taken and is the core's from here on.
        unsafe { chunk.as_ref() }.next.set(ptr::null_mut());
        let start = chunk::start(chunk);
        core.chunk.set(chunk.as_ptr());
        core.ptr.set(start);
        core.mark.set(start);
        core.high.set(start);
        core.refs.set(1);
        core.allocs.set(0);
        core.allocs_mark.set(0);
        core.charged.set(0);
        core.kind.set(kind);
        core.closed.set(false);
        core.serial.set(self.next_serial());
        core.sizing.set(ptr::from_ref(sizing).cast());
        if self.refusing.get() {
            core.limit.set(start);
            core.linked.set(false);
        } else {
            // SAFETY: F1: the chunk is live.
            core.limit.set(unsafe { chunk::end(chunk) });
            self.link(core);
        }
        self.keep();
        Ok(place)
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
        let backend = &*self.shared.backend;
        let smallest = Chunk::class_for(at_least).unwrap_or(class).min(class);
        let chunk = self.shared.chunks.take(class).or_else(|| {
            (smallest..=class).rev().find_map(|class| {
                let chunk = Chunk::create(backend, class)?;
                self.record.chunks_taken.add(1);
                Some(chunk)
            })
        });
        match chunk {
            Some(chunk) => {
                // SAFETY: F1: the chunk is fresh and ours.
                self.record.chunk_bytes.add(unsafe { chunk.as_ref() }.size() as u64);
                Ok(chunk)
            }
            None => {
                let requested = at_least.max(MIN_CHUNK - HEADER);
                Err(AllocError::OutOfMemory { requested, align: align_of::<Chunk>() })
            }
        }
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
        let panic = if this.retained.get().is_null() { None } else { self.settle_retained(this) };
        self.level.set(self.level.get() - 1);
        let leaked = this.refs.get() - 1;
        // SAFETY: F2: by the caller nothing reaches the frame's memory.
        unsafe { self.recycle(core) };
        if self.level.get() == 0 && self.begun.get() == 0 {
            self.count_frame();
        }
        if leaked > 0 {
            self.report_leak(leaked);
        }
        // SAFETY: F5: the frame's keep, taken in `open`.
        unsafe { self.unkeep() };
        pass_on(panic);
    }

    /// Gives the chunks and the core back, after crediting its bytes.
    ///
    /// # Safety
    ///
    /// Nothing reaches the memory of `core` (F2), and the core is not used after this.
    #[inline(always)]
    pub(super) unsafe fn recycle(&self, core: NonNull<Core>) {
        // SAFETY: F1: by the caller the core is ours.
        let this = unsafe { core.as_ref() };
        if this.linked.get() {
            self.seal(this);
        }
        self.credit(this);
        let chunk = this.chunk.get();
        // SAFETY: F3: sizings live as long as the heap.
        let sizing = unsafe { &*this.sizing.get().cast::<Sizing>() };
        // SAFETY: F1: an open core has at least one chunk, and it goes to the cache exactly once.
        unsafe {
            let first = NonNull::new_unchecked(chunk);
            if first.as_ref().next.get().is_null() {
                if sizing.is_raised() {
                    sizing.learn(this.charged.get());
                }
                self.cache.put(first);
            } else {
                sizing.learn(this.charged.get());
                self.put_all(chunk);
            }
            self.cores.put(core);
        }
        self.deliver_events();
    }

    #[cold]
    fn put_all(&self, list: *mut Chunk) {
        // SAFETY: F1: the list was the core's and belongs to the cache now.
        self.cache.put_all(unsafe { ChunkList::from_raw(list) });
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
        let message = format!("{handles} handles into a scoped frame were leaked before it ended");
        self.report(Diagnostic::new(&diagnostics::FA608, message).with_suggestion(
            "do not pass a FrameBox or frame container to mem::forget; its destructor did not run",
        ));
    }

    /// Sends a report about this thread's context to the sinks. No state of the heap is half-changed when this is called.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        crate::tracking::exempt(|| {
            let mut diagnostic = diagnostic.with_frame(self.frame_number());
            if self.current_tag() != crate::tag::TagId::UNTAGGED {
                diagnostic = diagnostic.with_tag(self.shared.tags.path(self.current_tag()));
            }
            if self.current_phase() != crate::phase::PhaseId::NONE {
                diagnostic = diagnostic.with_phase(self.shared.phases.name(self.current_phase()));
            }
            if let Some(system) = self.current_system() {
                diagnostic = diagnostic.with_system(system.info().name);
            }
            self.shared.diagnostics.report(diagnostic);
        });
    }
}

/// Goes on with the panic of a retained value's destructor, now that everything else is done. While the thread unwinds
/// for another reason, that one goes on.
#[inline(always)]
pub(super) fn pass_on(panic: Option<Box<dyn Any + Send>>) {
    if let Some(payload) = panic
        && !std::thread::panicking()
    {
        std::panic::resume_unwind(payload);
    }
}
