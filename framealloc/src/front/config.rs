//! The settings of an allocator.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::backend::{AllocatorBackend, LimitedBackend, SystemBackend};
use crate::budget::Budget;
use crate::diagnostics::{Sink, Strict};
use crate::error::AllocError;
use crate::raw::chunk::Chunk;
use crate::sys::Bytes;

/// Settings of a [`SmartAlloc`](crate::SmartAlloc).
///
/// | setting | default |
/// |---|---|
/// | [`with_frame_size`](Self::with_frame_size) | 64 KiB |
/// | [`with_pool_size`](Self::with_pool_size) | no limit |
/// | [`with_memory_limit`](Self::with_memory_limit) | none |
/// | [`with_trim_after`](Self::with_trim_after) | 64 frames |
/// | [`with_strict`](Self::with_strict) | `FRAMEALLOC_STRICT`, else off |
///
/// ```
/// use framealloc::{AllocConfig, Budget, Bytes, SmartAlloc};
///
/// let config = AllocConfig::default()
///     .with_frame_size(1.megabytes())
///     .with_memory_limit(256.megabytes())
///     .with_budgets([("physics", Budget::bytes(8 << 20))]);
/// let alloc = SmartAlloc::new(config)?;
/// # Ok::<(), framealloc::AllocError>(())
/// ```
#[derive(Clone)]
pub struct AllocConfig {
    pub(crate) frame_size: usize,
    pub(crate) pool_size: Option<usize>,
    pub(crate) memory_limit: Option<usize>,
    pub(crate) budgets: Vec<(Arc<str>, Budget)>,
    pub(crate) strict: Option<Strict>,
    pub(crate) backend: Option<Arc<dyn AllocatorBackend>>,
    pub(crate) prefault: bool,
    pub(crate) huge_pages: bool,
    pub(crate) trim_after: u32,
    pub(crate) promotion_queue: usize,
    pub(crate) sinks: Vec<Arc<dyn Sink>>,
    #[cfg(feature = "debug")]
    pub(crate) backtraces: bool,
}

impl Default for AllocConfig {
    fn default() -> Self {
        Self {
            frame_size: 64.kilobytes(),
            pool_size: None,
            memory_limit: None,
            budgets: Vec::new(),
            strict: None,
            backend: None,
            prefault: false,
            huge_pages: false,
            trim_after: 64,
            promotion_queue: 4096,
            sinks: Vec::new(),
            #[cfg(feature = "debug")]
            backtraces: false,
        }
    }
}

impl AllocConfig {
    /// For tests and tools: the smallest frames, and unused memory goes back after four frames.
    pub fn minimal() -> Self {
        Self { frame_size: 4.kilobytes(), trim_after: 4, ..Self::default() }
    }

    /// For stable frame times: frames of 4 MiB whose pages are touched when they are taken from the system, and kept
    /// through a minute of smaller frames.
    pub fn high_performance() -> Self {
        Self { frame_size: 4.megabytes(), prefault: true, trim_after: 3600, ..Self::default() }
    }

    /// Bytes of the first chunk of an ambient frame and of an outermost scoped frame. A frame that stays within them
    /// never leaves the fast path from the first frame on; larger frames are learned from the last ones.
    pub fn with_frame_size(mut self, bytes: usize) -> Self {
        self.frame_size = bytes;
        self
    }

    /// The most bytes the pool takes from the backend: pages of 64 KiB, and objects above 32 KiB.
    pub fn with_pool_size(mut self, bytes: usize) -> Self {
        self.pool_size = Some(bytes);
        self
    }

    /// The most bytes the allocator takes from its backend, for everything together.
    pub fn with_memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// Budgets of tags, by path, set from the start.
    pub fn with_budgets<N: Into<Arc<str>>>(mut self, budgets: impl IntoIterator<Item = (N, Budget)>) -> Self {
        self.budgets.extend(budgets.into_iter().map(|(tag, budget)| (tag.into(), budget)));
        self
    }

    /// Which diagnostics panic. Overrides the environment variable `FRAMEALLOC_STRICT`.
    pub fn with_strict(mut self, strict: Strict) -> Self {
        self.strict = Some(strict);
        self
    }

    /// Where chunks, pool pages and heap blocks come from, instead of the system.
    pub fn with_backend(mut self, backend: impl AllocatorBackend) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    /// Touches every page of a chunk when it is taken from the system, so that no frame pays for page faults.
    pub fn with_prefault(mut self, prefault: bool) -> Self {
        self.prefault = prefault;
        self
    }

    /// Asks for huge pages for blocks of 2 MiB and more. Linux only; an error elsewhere.
    pub fn with_huge_pages(mut self, huge_pages: bool) -> Self {
        self.huge_pages = huge_pages;
        self
    }

    /// After how many frames, on one thread, memory that was not needed in any of them goes back.
    pub fn with_trim_after(mut self, frames: u32) -> Self {
        self.trim_after = frames;
        self
    }

    /// How many promoted values wait to be taken; further ones are reported (FA609) and dropped.
    pub fn with_promotion_queue(mut self, values: usize) -> Self {
        self.promotion_queue = values;
        self
    }

    /// Sends diagnostics to `sink`, instead of standard error. May be given more than once.
    pub fn with_sink(mut self, sink: impl Sink + 'static) -> Self {
        self.sinks.push(Arc::new(sink));
        self
    }

    /// Captures a backtrace with each object of the pool and the heap, which [`SmartAlloc::leak_report`] shows. With the
    /// feature `debug` only.
    ///
    /// Cost: some 10 us for each object, more in deep stacks.
    ///
    /// [`SmartAlloc::leak_report`]: crate::SmartAlloc::leak_report
    #[cfg(feature = "debug")]
    pub fn with_backtraces(mut self, backtraces: bool) -> Self {
        self.backtraces = backtraces;
        self
    }

    /// Checks every field.
    pub(crate) fn validate(&self) -> Result<(), AllocError> {
        if Chunk::class_for(self.frame_size).is_none() {
            return Err(AllocError::config(
                "frame_size",
                format!("of {} bytes is more than the address space holds", self.frame_size),
            ));
        }
        if self.frame_size == 0 {
            return Err(AllocError::config("frame_size", "is 0; give the bytes one frame usually needs"));
        }
        if self.trim_after == 0 {
            return Err(AllocError::config(
                "trim_after",
                "is 0; unused memory is kept for at least one frame",
            ));
        }
        if self.promotion_queue == 0 {
            return Err(AllocError::config("promotion_queue", "is 0; no promoted value could be taken"));
        }
        if self.memory_limit.is_some_and(|limit| limit < 64.kilobytes()) {
            return Err(AllocError::config(
                "memory_limit",
                "is less than 65536 bytes, which one thread needs before its first allocation",
            ));
        }
        if self.pool_size.is_some_and(|size| size < 128.kilobytes()) {
            return Err(AllocError::config(
                "pool_size",
                "is less than 131072 bytes, which one page and its bookkeeping need",
            ));
        }
        if self.backend.is_some() && (self.prefault || self.huge_pages) {
            let field = if self.prefault { "prefault" } else { "huge_pages" };
            return Err(AllocError::config(
                field,
                "is a setting of the system backend; give it to `SystemBackend`, or leave `backend` unset",
            ));
        }
        Ok(())
    }

    /// The backend these settings describe.
    pub(crate) fn build_backend(&self) -> Result<Arc<dyn AllocatorBackend>, AllocError> {
        let inner: Arc<dyn AllocatorBackend> = match &self.backend {
            Some(backend) => backend.clone(),
            None => {
                let mut system = SystemBackend::new();
                if self.huge_pages {
                    system = system.with_huge_pages()?;
                }
                Arc::new(system.with_prefault(self.prefault))
            }
        };
        Ok(match self.memory_limit {
            Some(limit) => Arc::new(LimitedBackend::new(inner, limit)),
            None => inner,
        })
    }
}

impl core::fmt::Debug for AllocConfig {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AllocConfig")
            .field("frame_size", &self.frame_size)
            .field("pool_size", &self.pool_size)
            .field("memory_limit", &self.memory_limit)
            .field("budgets", &self.budgets)
            .field("strict", &self.strict)
            .field("prefault", &self.prefault)
            .field("huge_pages", &self.huge_pages)
            .field("trim_after", &self.trim_after)
            .field("promotion_queue", &self.promotion_queue)
            .finish_non_exhaustive()
    }
}
