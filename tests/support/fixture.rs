//! An allocator whose memory is counted and whose reports are kept.

use std::sync::{Arc, OnceLock};

use framealloc::diagnostics::{CallbackSink, Code, Diagnostic, RateLimit, RingSink, Strict};
use framealloc::{AllocConfig, AllocStats, SmartAlloc};

use crate::backend::FailingBackend;

/// An allocator, its backend and its reports.
#[derive(Clone)]
pub struct Fixture {
    pub alloc: SmartAlloc,
    pub backend: Arc<FailingBackend>,
    pub ring: Arc<RingSink>,
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new(AllocConfig::default())
    }
}

impl Fixture {
    /// `config` over a counting backend, not strict unless `config` says so after this.
    pub fn new(config: AllocConfig) -> Self {
        Self::with(config.with_strict(Strict::Off))
    }

    /// The same with the strict level of `config`.
    pub fn with(config: AllocConfig) -> Self {
        let backend = Arc::new(FailingBackend::default());
        let ring = Arc::new(RingSink::new(4096));
        let config = config.with_backend(Arc::clone(&backend)).with_sink(Arc::clone(&ring));
        let alloc = SmartAlloc::new(config).expect("the configuration is valid");
        Self { alloc, backend, ring }
    }

    /// Small chunks, so that slow paths are common; strict mode panics at `strict`.
    pub fn strict(strict: Strict) -> Self {
        Self::with(AllocConfig::minimal().with_strict(strict))
    }

    /// Small chunks, so that slow paths are common, and early trims.
    pub fn small() -> Self {
        Self::new(AllocConfig::minimal())
    }

    /// Every report is delivered, also repeated ones.
    pub fn unlimited(self) -> Self {
        self.alloc.diagnostics().set_rate_limit(RateLimit::Off);
        self
    }

    /// An allocator whose every report runs `work`, which may use the allocator. Ends with [`Fixture::finish`].
    pub fn reacting(work: impl Fn(&SmartAlloc, &Diagnostic) + Send + Sync + 'static) -> Self {
        let fixture = Self::small().unlimited();
        let cell = Arc::new(OnceLock::new());
        let inner = Arc::clone(&cell);
        fixture.alloc.diagnostics().add_sink(CallbackSink::new(move |report: &Diagnostic| {
            if let Some(alloc) = inner.get() {
                work(alloc, report);
            }
        }));
        assert!(cell.set(fixture.alloc.clone()).is_ok());
        fixture
    }

    /// The kept reports of one code, oldest first.
    pub fn reports(&self, code: &Code) -> Vec<Diagnostic> {
        self.ring.recent().into_iter().filter(|report| report.code.id == code.id).collect()
    }

    /// The ids of all kept reports, oldest first.
    pub fn codes(&self) -> Vec<&'static str> {
        self.ring.recent().iter().map(|report| report.code.id).collect()
    }

    /// The statistics, read on a thread of its own, so that this one gets no heap of the allocator.
    pub fn stats(&self) -> AllocStats {
        crate::on_thread(|| self.alloc.stats())
    }

    /// Bytes that the allocator has from its backend.
    pub fn live_bytes(&self) -> u64 {
        self.backend.counts().live_bytes
    }

    /// Breaks the circle of allocator and sink, and checks that nothing is left.
    #[track_caller]
    pub fn finish(self) {
        self.alloc.diagnostics().clear_sinks();
        self.assert_all_freed();
    }

    /// Drops the allocator and checks that everything went back to the backend. Threads that used it have ended.
    #[track_caller]
    pub fn assert_all_freed(self) {
        let Self { alloc, backend, .. } = self;
        drop(alloc);
        let counts = backend.counts();
        assert_eq!(
            (counts.live_bytes, counts.live_blocks),
            (0, 0),
            "memory that never went back: {counts:?}"
        );
    }
}

/// Runs `work` on a thread of its own with a fresh allocator, and checks afterwards that nothing of it is left.
#[track_caller]
pub fn leaves_nothing(config: AllocConfig, work: impl FnOnce(&Fixture) + Send) {
    let fixture = Fixture::with(config);
    crate::on_thread(|| work(&fixture));
    fixture.assert_all_freed();
}
