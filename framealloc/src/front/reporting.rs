//! Reports of the program itself, in the context of its thread.

#![expect(unsafe_code, reason = "reaches the heap that the source keeps")]

use core::fmt;
use core::panic::Location;

use super::smart_alloc::SmartAlloc;
use super::system_frame::AllocSource;
use super::thread::Unkeep;
use crate::diagnostics::{Code, Diagnostic};
use crate::tracking;

/// Whether `fa_debug!` reports.
pub const DEBUG_REPORTS: bool = cfg!(debug_assertions);

impl SmartAlloc {
    /// Reports something to this allocator's sinks. What the report leaves open of tag, phase, system and location is
    /// filled in from this thread and this call.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    /// use framealloc::diagnostics::{Code, Diagnostic, Severity};
    ///
    /// static SLOW: Code = Code::custom("ENG002", Severity::Note, "a step took long", "");
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let _tag = alloc.tag_scope("physics");
    /// alloc.report(Diagnostic::new(&SLOW, "20 ms").with_suggestion("use fewer bodies"));
    /// ```
    ///
    /// # Panics
    ///
    /// In strict mode, when the severity asks for it.
    #[cold]
    #[track_caller]
    pub fn report(&self, diagnostic: Diagnostic) {
        self.heap().report(located(diagnostic, Location::caller()));
    }
}

fn located(diagnostic: Diagnostic, caller: &'static Location<'static>) -> Diagnostic {
    if diagnostic.location.is_some() { diagnostic } else { diagnostic.with_location(caller) }
}

/// What `fa_diagnostic!` expands to. What the texts cost is not the program's heap traffic.
///
/// # Panics
///
/// In strict mode, when the severity of `code` asks for it.
#[cold]
#[inline(never)]
#[track_caller]
pub fn report_from<A: AllocSource + ?Sized>(
    source: &A,
    code: &'static Code,
    message: fmt::Arguments<'_>,
    help: Option<impl Into<String>>,
) {
    // SAFETY: F5: the source keeps its heap, and is borrowed for this call.
    let heap = unsafe { source.__heap().0.as_ref() };
    heap.keep();
    // SAFETY: F5: the keep of the line above: foreign code formats the message.
    let _unkeep = unsafe { Unkeep::new(heap) };
    let caller = Location::caller();
    tracking::exempt(|| {
        let mut diagnostic = Diagnostic::new(code, message.to_string()).with_location(caller);
        if let Some(help) = help {
            diagnostic = diagnostic.with_suggestion(help);
        }
        heap.report(diagnostic);
    });
}
