//! Where reports go.

use core::fmt;
use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::diagnostic::Diagnostic;

/// Receives reports. Called on the thread that reports, after the allocator has reached a valid state and with no lock
/// held, so an implementation may allocate, report, and add or remove sinks.
///
/// ```
/// use framealloc::diagnostics::{Diagnostic, Severity, Sink};
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// #[derive(Default)]
/// struct Errors(AtomicUsize);
///
/// impl Sink for Errors {
///     fn emit(&self, report: &Diagnostic) {
///         self.0.fetch_add(usize::from(report.severity == Severity::Error), Ordering::Relaxed);
///     }
/// }
/// ```
pub trait Sink: Send + Sync {
    /// Takes one report. A panic in here is caught and counted; the other sinks still receive the report.
    fn emit(&self, report: &Diagnostic);
}

impl<S: Sink + ?Sized> Sink for Arc<S> {
    fn emit(&self, report: &Diagnostic) {
        (**self).emit(report);
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn emit(&self, report: &Diagnostic) {
        (**self).emit(report);
    }
}

/// Names a sink within its hub, for removal. Never reused within one hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SinkId(pub(super) u64);

/// Writes every report to the standard error stream, several lines each. What cannot be written is lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct StderrSink;

impl Sink for StderrSink {
    fn emit(&self, report: &Diagnostic) {
        // One write per report, so that reports of several threads do not mix. `eprintln!` would panic on a closed pipe.
        let text = format!("{report}\n");
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Keeps the last reports in memory, for panels and tests.
///
/// ```
/// use framealloc::diagnostics::{Diagnostic, RingSink, Sink, FA310};
///
/// let ring = RingSink::new(2);
/// for n in 0..3 {
///     ring.emit(&Diagnostic::new(&FA310, format!("number {n}")));
/// }
/// let messages: Vec<_> = ring.recent().into_iter().map(|report| report.message).collect();
/// assert_eq!(messages, ["number 1", "number 2"]);
/// ```
#[derive(Debug)]
pub struct RingSink {
    capacity: usize,
    reports: Mutex<VecDeque<Diagnostic>>,
}

impl RingSink {
    /// A ring that keeps the last `capacity` reports; at least one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { capacity, reports: Mutex::new(VecDeque::with_capacity(capacity)) }
    }

    /// The kept reports, oldest first. Clones them.
    #[must_use]
    pub fn recent(&self) -> Vec<Diagnostic> {
        self.lock().iter().cloned().collect()
    }

    /// Empties the ring and returns what was in it, oldest first.
    pub fn take(&self) -> Vec<Diagnostic> {
        self.lock().drain(..).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Diagnostic>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for RingSink {
    fn emit(&self, report: &Diagnostic) {
        let report = report.clone();
        let mut reports = self.lock();
        let oldest = if reports.len() == self.capacity { reports.pop_front() } else { None };
        reports.push_back(report);
        drop(reports);
        drop(oldest);
    }
}

/// Passes every report to a closure.
///
/// ```
/// use framealloc::diagnostics::{CallbackSink, Diagnostic, Sink, FA310};
/// use std::sync::mpsc;
///
/// let (send, receive) = mpsc::channel();
/// let sink = CallbackSink::new(move |report| send.send(report.code.id).unwrap());
/// sink.emit(&Diagnostic::new(&FA310, "80 % used"));
/// assert_eq!(receive.recv(), Ok("FA310"));
/// ```
pub struct CallbackSink<F>(F);

impl<F: Fn(&Diagnostic) + Send + Sync> CallbackSink<F> {
    /// A sink that calls `callback`.
    #[must_use]
    pub fn new(callback: F) -> Self {
        Self(callback)
    }
}

impl<F: Fn(&Diagnostic) + Send + Sync> Sink for CallbackSink<F> {
    fn emit(&self, report: &Diagnostic) {
        (self.0)(report);
    }
}

impl<F> fmt::Debug for CallbackSink<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackSink").finish_non_exhaustive()
    }
}
