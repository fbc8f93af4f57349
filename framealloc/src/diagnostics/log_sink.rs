//! Reports as records of the `log` crate.

use super::catalogue::Severity;
use super::diagnostic::Diagnostic;
use super::sink::Sink;

/// Passes every report to the logger that the program installed with the `log` crate, one line each, under the target
/// `framealloc`: errors as `error!`, warnings as `warn!`, notes as `info!`.
///
/// ```
/// use framealloc::diagnostics::LogSink;
/// use framealloc::{AllocConfig, SmartAlloc};
///
/// let alloc = SmartAlloc::new(AllocConfig::default().with_sink(LogSink))?;
/// alloc.end_frame(); // an error record: FA002
/// # Ok::<(), framealloc::AllocError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LogSink;

impl LogSink {
    /// The target of the records, to filter by.
    pub const TARGET: &'static str = "framealloc";
}

impl Sink for LogSink {
    fn emit(&self, report: &Diagnostic) {
        let level = match report.severity {
            Severity::Error => log::Level::Error,
            Severity::Warning => log::Level::Warn,
            Severity::Note => log::Level::Info,
        };
        log::log!(target: Self::TARGET, level, "{}", report.one_line());
    }
}
