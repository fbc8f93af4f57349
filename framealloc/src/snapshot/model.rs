//! Version 1 of the format.

use crate::retention::PromotionTotals;

macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
        }
    };
}

record! {
    /// One allocator at one moment. [`SmartAlloc::snapshot`](crate::SmartAlloc::snapshot) fills one; tools that have figures
    /// of their own start from [`Snapshot::new`].
    ///
    /// ```
    /// use framealloc::{Snapshot, TagSnapshot};
    ///
    /// let mut snapshot = Snapshot::new(7);
    /// snapshot.tags.push(TagSnapshot { path: "audio".into(), frame_bytes: 512, ..TagSnapshot::default() });
    /// assert_eq!((snapshot.version, snapshot.frame), (1, 7));
    /// ```
    Snapshot {
        /// The version of the format: 1.
        version: u32,
        /// The number of the frame.
        frame: u64,
        /// When it was taken: milliseconds since 1970-01-01 UTC.
        timestamp: u64,
        /// The whole in five numbers.
        summary: SnapshotSummary,
        /// The threads that use the allocator.
        threads: Vec<ThreadSnapshot>,
        /// The tags, in the order in which they were first used.
        tags: Vec<TagSnapshot>,
        /// The phases of the frame.
        phases: Vec<PhaseSnapshot>,
        /// The systems of the program: declared and measured.
        systems: Vec<SystemSnapshot>,
        /// The budgets of tags and of the allocator, and those of the thread that took the snapshot.
        budgets: Vec<BudgetSnapshot>,
        /// What became of retained values so far.
        promotions: PromotionTotals,
        /// What became of values handed to other threads so far.
        transfers: TransferSnapshot,
        /// What became of deferred work so far.
        deferred: DeferredSnapshot,
        /// The codes that were reported so far.
        diagnostics: Vec<DiagnosticSnapshot>,
    }
}

record! {
    /// The whole in five numbers.
    SnapshotSummary {
        /// Frame bytes handed out in this frame, on all threads; before the first `begin_frame`, since the start.
        frame_bytes: u64,
        /// Bytes of pool objects alive.
        pool_bytes: u64,
        /// Bytes of heap blocks alive.
        heap_bytes: u64,
        /// The three together.
        total_bytes: u64,
        /// The most frame bytes alive at once so far; over several threads the sum of each one's own, an upper bound.
        peak_bytes: u64,
    }
}

record! {
    /// One thread.
    ThreadSnapshot {
        /// Its name, or its id.
        name: String,
        /// Frame bytes alive.
        frame_bytes: u64,
        /// The most frame bytes alive at once so far.
        peak_bytes: u64,
        /// Frame bytes handed out so far.
        allocated_bytes: u64,
        /// Frame allocations so far.
        allocations: u64,
        /// Bytes of chunks it holds.
        chunk_bytes: u64,
        /// Chunks it took from the backend so far.
        chunks_taken: u64,
    }
}

record! {
    /// One tag, what is below it not counted unless a name says so.
    TagSnapshot {
        /// Its path, as in `physics/broad_phase`.
        path: String,
        /// Frame bytes alive.
        frame_bytes: u64,
        /// Bytes of pool objects alive.
        pool_bytes: u64,
        /// Bytes of heap blocks alive.
        heap_bytes: u64,
        /// The three together, with the tags below.
        inclusive_bytes: u64,
        /// Frame bytes handed out so far.
        allocated_bytes: u64,
        /// Frame, pool and heap allocations so far.
        allocations: u64,
        /// The most frame bytes alive at once so far; over several threads an upper bound.
        peak_bytes: u64,
        /// Calls to the ordinary heap so far, where it is tracked.
        heap_calls: u64,
    }
}

record! {
    /// One phase of the frame, on all threads together.
    PhaseSnapshot {
        /// Its name.
        name: String,
        /// Frame bytes handed out in it.
        bytes: u64,
        /// Frame allocations in it.
        allocations: u64,
        /// The most of its frame bytes alive at once on one thread.
        peak_bytes: u64,
        /// How often it was entered.
        count: u64,
        /// Time in it, in nanoseconds.
        duration_ns: u64,
        /// Calls to the ordinary heap in it, where it is tracked.
        heap_calls: u64,
    }
}

record! {
    /// One system: what it declares, and what its runs measured so far.
    SystemSnapshot {
        /// The function's name.
        name: String,
        /// The module it is in.
        module: String,
        /// The file it is in.
        file: String,
        /// The line of its attribute.
        line: u32,
        /// Its tag.
        tag: String,
        /// Its phase.
        phase: String,
        /// The declared budget of one run.
        budget: Option<u64>,
        /// The most frame bytes alive in one run.
        peak_bytes: u64,
        /// Median over the remembered frames.
        p50_bytes: u64,
        /// 99th percentile over the remembered frames.
        p99_bytes: u64,
        /// Budget less peak.
        headroom: Option<i64>,
        /// Runs.
        runs: u64,
        /// Frame bytes handed out.
        allocated_bytes: u64,
        /// Frame allocations.
        allocations: u64,
        /// Times its budget was exceeded and served.
        overruns: u64,
        /// Allocations its budget refused.
        refusals: u64,
        /// Calls to the ordinary heap, where it is tracked.
        heap_calls: u64,
        /// Values it retained that were promoted.
        promotions: u64,
        /// Time in it, in nanoseconds.
        duration_ns: u64,
    }
}

record! {
    /// One budget.
    BudgetSnapshot {
        /// `allocator`, `tag`, `phase`, `thread_frame` or `thread_pool`. Budgets of systems are with the systems.
        kind: String,
        /// The tag's path, or the phase's or thread's name; empty for the allocator.
        name: String,
        /// The hard limit.
        limit: u64,
        /// The soft threshold.
        soft: u64,
        /// Bytes charged and not yet freed.
        used: u64,
        /// The highest `used` so far.
        peak: u64,
        /// Times it was exceeded and served.
        overruns: u64,
        /// Requests it refused.
        refusals: u64,
        /// `warn`, `fail` or `panic`.
        on_exceed: String,
        /// `per_run`, `per_frame` or `never`.
        resets: String,
    }
}

record! {
    /// Values handed to other threads, so far.
    TransferSnapshot {
        /// Values that were sent.
        sent: u64,
        /// Of them, those that were received.
        received: u64,
        /// Of them, those that nobody received.
        dropped: u64,
        /// Of them, those that are under way.
        in_flight: u64,
    }
}

record! {
    /// Deferred work, so far.
    DeferredSnapshot {
        /// Values that entered the queue.
        deferred: u64,
        /// Of them, those that were processed at their moment.
        processed: u64,
        /// Of them, those that were processed early, to make room.
        early: u64,
        /// Of them, those in the queue now.
        pending: u64,
    }
}

record! {
    /// One code that was reported.
    DiagnosticSnapshot {
        /// Its id, as in `FA601`.
        code: String,
        /// Its title.
        title: String,
        /// `note`, `warning` or `error`.
        severity: String,
        /// Reports that reached the sinks.
        reported: u64,
        /// Reports that the rate limit held back.
        suppressed: u64,
    }
}

impl Snapshot {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// The JSON Schema (draft 2020-12) of the format.
    pub const SCHEMA: &'static str = include_str!("../../schema/snapshot-v1.schema.json");

    /// A snapshot of frame number `frame`, taken now, with nothing in it.
    #[must_use]
    pub fn new(frame: u64) -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let timestamp = since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        Self { version: Self::VERSION, frame, timestamp, ..Self::default() }
    }
}

#[cfg(feature = "serde")]
impl Snapshot {
    /// As JSON, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data with names for keys is always JSON")
    }

    /// From JSON of version 1.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, a field is missing or of the wrong type, or the version is another one.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let snapshot: Self = serde_json::from_str(text)?;
        if snapshot.version == Self::VERSION {
            return Ok(snapshot);
        }
        let expected = Self::VERSION;
        let problem =
            format!("a snapshot of version {}, but this reads version {expected}", snapshot.version);
        Err(serde::de::Error::custom(problem))
    }
}
