//! The hub of one allocator: rate limit, strict level, delivery.

use core::fmt;
use core::marker::PhantomData;
use core::panic::Location;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use super::catalogue::Code;
use super::diagnostic::Diagnostic;
use super::listeners::{self, Listeners};
use super::sink::{Sink, SinkId, StderrSink};
use super::strict::Strict;
use crate::sys::sync::{Mutex, lock};

/// The most sites that the rate limit remembers; reports from further ones are counted as held back.
const MOST_SITES: usize = 4096;

/// How often the same report reaches the sinks. Two reports are the same when they have the same code and the same
/// call site; without a call site, the same system, tag and phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimit {
    /// The first of each; the others are counted.
    #[default]
    Once,
    /// The first `n` of each; the others are counted.
    First(u64),
    /// All of them.
    Off,
}

impl RateLimit {
    fn admits(self, seen_before: u64) -> bool {
        match self {
            Self::Once => seen_before == 0,
            Self::First(n) => seen_before < n,
            Self::Off => true,
        }
    }
}

/// How often a code was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeCount {
    /// The code.
    pub code: &'static Code,
    /// Reports that reached the sinks.
    pub reported: u64,
    /// Reports that the rate limit held back.
    pub suppressed: u64,
}

/// What makes two reports the same, besides their code.
#[derive(PartialEq, Eq, Hash)]
enum Site {
    Call(&'static Location<'static>),
    Context { system: Option<&'static str>, tag: Option<Arc<str>>, phase: Option<Arc<str>> },
}

#[derive(Default)]
struct Seen {
    sites: HashMap<(&'static str, Site), u64>,
    counts: BTreeMap<&'static str, CodeCount>,
    limit: RateLimit,
}

/// The strict level that a guard set for its thread.
struct Override {
    serial: u64,
    thread: ThreadId,
    strict: Strict,
}

/// The hub of one allocator: it decides which reports reach the sinks, delivers them and panics where asked.
///
/// A new hub has one sink, [`StderrSink`]. See the [module page](super) for an example.
pub struct Diagnostics {
    sinks: Listeners<dyn Sink>,
    seen: Mutex<Seen>,
    strict: Strict,
    overrides: Mutex<Vec<Override>>,
    /// Length of `overrides`, so that a hub without guards takes no lock to know its level.
    override_count: AtomicUsize,
    serials: AtomicU64,
}

impl Diagnostics {
    /// A hub with [`StderrSink`] that panics at `strict` where no guard says otherwise. It does not look at the
    /// environment: [`Strict::from_env`] does.
    #[must_use]
    pub fn new(strict: Strict) -> Self {
        let sinks = Listeners::<dyn Sink>::default();
        sinks.add(Arc::new(StderrSink));
        Self {
            sinks,
            seen: Mutex::new(Seen::default()),
            strict,
            overrides: Mutex::new(Vec::new()),
            override_count: AtomicUsize::new(0),
            serials: AtomicU64::new(1),
        }
    }

    /// Adds a sink. Keep an `Arc` of it to read it later.
    pub fn add_sink(&self, sink: impl Sink + 'static) -> SinkId {
        SinkId(self.sinks.add(Arc::new(sink)))
    }

    /// Removes a sink; `false` when it is not there. A delivery under way on another thread may still reach it.
    pub fn remove_sink(&self, id: SinkId) -> bool {
        self.sinks.remove(id.0)
    }

    /// Removes every sink, the one for the standard error stream too. Reports are still counted.
    pub fn clear_sinks(&self) {
        self.sinks.clear();
    }

    /// Sets how often the same report reaches the sinks, from the next report on.
    pub fn set_rate_limit(&self, limit: RateLimit) {
        lock(&self.seen).limit = limit;
    }

    /// Forgets what was reported, so that everything is said again. Counts start at zero.
    pub fn reset_counts(&self) {
        let mut seen = lock(&self.seen);
        let limit = seen.limit;
        let old = core::mem::replace(&mut *seen, Seen { limit, ..Seen::default() });
        drop(seen);
        drop(old);
    }

    /// How often each code was reported, sorted by code; codes that never were are left out.
    #[must_use]
    pub fn counts(&self) -> Vec<CodeCount> {
        lock(&self.seen).counts.values().copied().collect()
    }

    /// How many times a sink panicked, or its destructor where it was removed.
    #[must_use]
    pub fn sink_panics(&self) -> u64 {
        self.sinks.panics()
    }

    /// The level that holds for this thread now.
    #[must_use]
    pub fn strict(&self) -> Strict {
        if self.override_count.load(Ordering::Acquire) == 0 {
            return self.strict;
        }
        let thread = thread::current().id();
        let overrides = lock(&self.overrides);
        overrides.iter().rev().find(|entry| entry.thread == thread).map_or(self.strict, |entry| entry.strict)
    }

    /// Sets the level for this thread while the guard lives. The youngest living guard of the thread wins, in whatever
    /// order they are dropped; a guard that is leaked keeps its level.
    ///
    /// ```should_panic
    /// use framealloc::diagnostics::{Diagnostic, Diagnostics, Strict, FA601};
    ///
    /// let hub = Diagnostics::new(Strict::Off);
    /// let _guard = hub.strict_guard(Strict::Errors);
    /// hub.report(Diagnostic::new(&FA601, "a box outlived its frame")); // panics with this text
    /// ```
    pub fn strict_guard(&self, strict: Strict) -> StrictGuard<'_> {
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        let mut overrides = lock(&self.overrides);
        overrides.push(Override { serial, thread: thread::current().id(), strict });
        self.override_count.store(overrides.len(), Ordering::Release);
        StrictGuard { hub: self, serial, stays: PhantomData }
    }

    /// Takes a report: counts it, gives it to the sinks unless the rate limit holds it back, and panics with its text
    /// when the strict level of this thread asks for it and the thread is not already panicking. The strict level looks
    /// at every report, also at those held back.
    ///
    /// # Panics
    ///
    /// In strict mode only; see [`Strict`].
    pub fn report(&self, report: Diagnostic) {
        self.tell(&report);
        if self.strict().panics_on(report.severity) && !thread::panicking() {
            panic!("{report}");
        }
    }

    /// [`report`](Self::report) that never panics, where nobody could go on with it.
    pub(crate) fn tell(&self, report: &Diagnostic) {
        if self.admit(report, listeners::may_deliver()) {
            self.sinks.call(|sink| sink.emit(report));
        }
    }

    /// Counts the report; `true` when it is to be delivered.
    fn admit(&self, report: &Diagnostic, reachable: bool) -> bool {
        let site = match report.location {
            Some(location) => Site::Call(location),
            None => {
                Site::Context { system: report.system, tag: report.tag.clone(), phase: report.phase.clone() }
            }
        };
        let mut seen = lock(&self.seen);
        let limit = seen.limit;
        let key = (report.code.id, site);
        let times = seen.sites.get(&key).copied();
        let room = times.is_some() || seen.sites.len() < MOST_SITES || limit == RateLimit::Off;
        let admitted = reachable && room && limit.admits(times.unwrap_or(0));
        if admitted && limit != RateLimit::Off {
            *seen.sites.entry(key).or_insert(0) += 1;
        }
        let count = seen.counts.entry(report.code.id).or_insert(CodeCount {
            code: report.code,
            reported: 0,
            suppressed: 0,
        });
        count.reported += u64::from(admitted);
        count.suppressed += u64::from(!admitted);
        admitted
    }
}

impl Default for Diagnostics {
    fn default() -> Self {
        Self::new(Strict::Off)
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnostics")
            .field("sinks", &self.sinks.len())
            .field("strict", &self.strict)
            .field("sink_panics", &self.sink_panics())
            .finish_non_exhaustive()
    }
}

/// A strict level for one thread while it lives; see [`Diagnostics::strict_guard`].
#[must_use = "the level holds only while the guard lives"]
#[derive(Debug)]
pub struct StrictGuard<'a> {
    hub: &'a Diagnostics,
    serial: u64,
    stays: PhantomData<*const ()>,
}

impl Drop for StrictGuard<'_> {
    fn drop(&mut self) {
        let mut overrides = lock(&self.hub.overrides);
        overrides.retain(|entry| entry.serial != self.serial);
        self.hub.override_count.store(overrides.len(), Ordering::Release);
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
