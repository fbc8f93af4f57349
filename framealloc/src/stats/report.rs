//! Declared against measured.

use core::fmt;
use core::time::Duration;

use crate::sys::FormattedBytes;

/// One system: what its attribute declares, and what its runs measured.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SystemReport {
    /// The function's name.
    pub name: &'static str,
    /// The module it is in.
    pub module: &'static str,
    /// The file it is in.
    pub file: &'static str,
    /// The line of its attribute.
    pub line: u32,
    /// Its tag.
    pub tag: &'static str,
    /// Its phase.
    pub phase: &'static str,
    /// The declared budget of one run, in bytes.
    pub budget: Option<u64>,
    /// The most frame bytes alive in one run, on one thread.
    pub peak_bytes: u64,
    /// Median, over the remembered frames (512 on each thread), of the peaks of a frame's runs together.
    pub p50_bytes: u64,
    /// 99th percentile of the same.
    pub p99_bytes: u64,
    /// Budget less peak; negative when it was exceeded.
    pub headroom: Option<i64>,
    /// Runs.
    pub runs: u64,
    /// Threads it ran on.
    pub threads: u64,
    /// Frame bytes ever, less what containers gave back: a vector that is dropped before the run ends is in `peak_bytes` and
    /// `allocations` only.
    pub allocated_bytes: u64,
    /// Frame allocations ever.
    pub allocations: u64,
    /// Times its budget was exceeded and served.
    pub overruns: u64,
    /// Allocations its budget refused.
    pub refusals: u64,
    /// Calls to the ordinary heap, where [`Tracking`](crate::Tracking) is installed; the table shows `-` where it is not.
    pub heap_calls: u64,
    /// Values it retained that were promoted.
    pub promotions: u64,
    /// Time in it, on all threads together.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ns", serialize_with = "crate::sys::serialize_nanoseconds")
    )]
    pub duration: Duration,
}

/// Every system of the program, by tag and name. Displays as a table.
///
/// ```
/// use framealloc::{SmartAlloc, frame_system};
///
/// #[frame_system(tag = "doc", budget = "1KB")]
/// fn fill(alloc: &SmartAlloc) {
///     #[frame_local(capacity = 8)]
///     let mut numbers: Vec<u64>;
///     numbers.push(1);
/// }
///
/// let alloc = SmartAlloc::with_defaults();
/// fill(&alloc);
/// let report = alloc.intent_report();
/// let fill = report.system("fill").unwrap();
/// assert_eq!((fill.budget, fill.peak_bytes, fill.headroom), (Some(1024), 64, Some(960)));
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct IntentReport {
    /// The number of the frame.
    pub frame: u64,
    /// The systems.
    pub systems: Vec<SystemReport>,
    /// Whether [`Tracking`](crate::Tracking) is installed, so that `heap_calls` means anything.
    pub tracked: bool,
}

impl IntentReport {
    /// The first system of this name. Where several modules have one, `systems` tells them apart by their tags.
    pub fn system(&self, name: &str) -> Option<&SystemReport> {
        self.systems.iter().find(|system| system.name == name)
    }

    /// The report as JSON: `frame`, `tracked` and `systems`, each with the fields of [`SystemReport`] by name, in bytes; times are in
    /// nanoseconds, as `duration_ns`. Needs the feature `serde`.
    ///
    /// ```
    /// let alloc = framealloc::SmartAlloc::with_defaults();
    /// let json = alloc.intent_report().to_json();
    /// assert!(json.contains("\"systems\""));
    /// ```
    #[cfg(feature = "serde")]
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data with names for keys is always JSON")
    }
}

impl fmt::Display for IntentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.systems.iter().map(|system| system.name.len()).max().unwrap_or(0).max(6);
        let tag = self.systems.iter().map(|system| system.tag.len()).max().unwrap_or(0).max(3);
        writeln!(
            f,
            "{:name$}  {:tag$}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>8}  {:>8}  {:>6}  {:>8}",
            "system",
            "tag",
            "budget",
            "peak",
            "p50/frame",
            "p99/frame",
            "headroom",
            "runs",
            "allocs",
            "heap",
            "promoted"
        )?;
        let heap_calls = |system: &SystemReport| match self.tracked {
            true => system.heap_calls.to_string(),
            false => "-".to_owned(),
        };
        for system in &self.systems {
            let budget =
                system.budget.map_or_else(|| "-".to_owned(), |bytes| FormattedBytes(bytes).to_string());
            let headroom = match system.headroom {
                None => "-".to_owned(),
                Some(bytes) if bytes < 0 => format!("-{}", FormattedBytes(bytes.unsigned_abs())),
                Some(bytes) => FormattedBytes(bytes.unsigned_abs()).to_string(),
            };
            writeln!(
                f,
                "{:name$}  {:tag$}  {budget:>10}  {:>10}  {:>10}  {:>10}  {headroom:>10}  {:>8}  {:>8}  {:>6}  {:>8}",
                system.name,
                system.tag,
                FormattedBytes(system.peak_bytes),
                FormattedBytes(system.p50_bytes),
                FormattedBytes(system.p99_bytes),
                system.runs,
                system.allocations,
                heap_calls(system),
                system.promotions,
            )?;
        }
        Ok(())
    }
}
