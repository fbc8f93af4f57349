//! The report about what is alive when an allocator's last handle is dropped, with the feature `debug`.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::shared::Shared;
use super::smart_alloc::SmartAlloc;
use super::thread::local;
use crate::diagnostics::{self, Diagnostic, Strict};
use crate::stats::{LeakReport, LeakedObject};
use crate::sys::sync::lock;
use crate::tracking;

/// What every [`SmartAlloc`] of one allocator shares: its drop is that of the last one.
pub(crate) struct Holders {
    shared: Arc<Shared>,
}

impl Holders {
    /// Those of `shared`, begun anew where the last one is gone.
    pub(super) fn of(shared: &Arc<Shared>) -> Arc<Holders> {
        let mut known = lock(&shared.holders);
        known.upgrade().unwrap_or_else(|| {
            let holders = Arc::new(Holders { shared: shared.clone() });
            *known = Arc::downgrade(&holders);
            holders
        })
    }
}

impl Drop for Holders {
    fn drop(&mut self) {
        tracking::exempt(|| {
            // This is a destructor: what it brings to light is told, and does not panic.
            let _lenient = self.shared.diagnostics.strict_guard(Strict::Off);
            let report = self.shared.leak_report();
            if report.is_empty() {
                return;
            }
            let mut text = Diagnostic::new(&diagnostics::FA190, format!("still alive: {}", report.summary()))
                .with_frame(self.shared.clock.number());
            let traces = report.to_string();
            let traces = traces.split_once('\n').map_or("", |(_, traces)| traces);
            text = text.with_suggestion(if traces.is_empty() {
                "drop it before the last SmartAlloc; `AllocConfig::with_backtraces` shows where it was allocated".to_owned()
            } else {
                format!("drop it before the last SmartAlloc; it was allocated here:\n{traces}")
            });
            self.shared.diagnostics.report(text);
        });
    }
}

impl Shared {
    fn leak_report(&self) -> LeakReport {
        local::with_existing(self, |heap| heap.settle_now());
        let objects = self.live.list().into_iter().map(|object| LeakedObject {
            kind: object.kind,
            tag: self.tags.path(object.tag),
            bytes: object.bytes,
            frame: object.frame,
            backtrace: object.backtrace,
        });
        let objects = objects.collect();
        let mut frames = vec![0_u64; self.tags.len()];
        self.registry.for_each(|record, _| {
            for cell in record.tags.iter() {
                if let Some(bytes) = frames.get_mut(cell.tag.index()) {
                    *bytes = bytes.wrapping_add(cell.frames.live.get());
                }
            }
        });
        let frames = self.tags.list().into_iter().zip(frames).filter(|(_, bytes)| *bytes > 0);
        LeakReport { objects, frames: frames.map(|((_, _, path), bytes)| (path, bytes)).collect() }
    }
}

impl SmartAlloc {
    /// What is alive now. The same is reported (FA190) when the last handle of the allocator is dropped and something is.
    /// With the feature `debug` only.
    ///
    /// ```
    /// use framealloc::{AllocConfig, SmartAlloc};
    ///
    /// let alloc = SmartAlloc::new(AllocConfig::default().with_backtraces(true))?;
    /// let kept = alloc.with_tag("ai", |alloc| alloc.pool_box([0_u8; 64]));
    /// let report = alloc.leak_report();
    /// assert_eq!(report.summary(), "1 pool object of 64 bytes under ai");
    /// assert!(report.objects[0].backtrace.is_some());
    /// drop(kept);
    /// assert!(alloc.leak_report().is_empty());
    /// # Ok::<(), framealloc::AllocError>(())
    /// ```
    pub fn leak_report(&self) -> LeakReport {
        self.shared.leak_report()
    }
}
