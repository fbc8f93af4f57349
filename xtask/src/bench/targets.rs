//! What each operation may cost, in instructions of x86-64. The numbers are goals, not records: a change that makes one
//! of them larger says why.

/// One line of the table.
pub struct Target {
    /// The id of the work, as the benches name it.
    pub id: &'static str,
    /// What is counted.
    pub work: &'static str,
    /// What it may cost.
    pub rule: Rule,
    /// Whether the path must be free of atomic read-modify-writes.
    pub unlocked: bool,
}

/// What an operation may cost.
#[derive(Clone, Copy)]
pub enum Rule {
    /// So many instructions.
    AtMost(f64),
    /// No more than another contender at the same work.
    NoMoreThan(&'static str),
    /// So many more than another contender at the same work.
    Above(&'static str, f64),
    /// No more than another line.
    SameAs(&'static str),
    /// So many more than another line, for each of a number of things.
    Beyond(&'static str, f64, f64),
    /// Shown, not judged.
    Shown,
}

use Rule::{Above, AtMost, Beyond, NoMoreThan, SameAs, Shown};

/// The table, in the order in which it is printed.
pub const TARGETS: &[Target] = &[
    free("P1", "frame.alloc, 64 B", AtMost(19.0)),
    free("P1.tags", "the same with 64 tags known", SameAs("P1")),
    free("P1.heaps", "the same with 16 threads' heaps", SameAs("P1")),
    free("P2", "frame.alloc, 16 B", AtMost(13.0)),
    free("P3", "P1 inside a system with tag, phase and budget", SameAs("P1")),
    free("P3.refuse", "the same under a budget that can refuse", SameAs("P1")),
    free("P4", "frame_box, ambient, made and dropped", AtMost(26.0)),
    free("P4.live", "the same with 1,000,000 boxes alive", SameAs("P4")),
    free("P4.tags", "the same with 64 tags known", SameAs("P4")),
    free("P4.heaps", "the same with 16 threads' heaps", SameAs("P4")),
    any("P5", "frame of 1000 mixed allocations", NoMoreThan("bumpalo")),
    any("P5.layout", "the same, layouts known at run time", NoMoreThan("bumpalo")),
    any("P6", "Vec that grows to 1000 u64", AtMost(9500.0)),
    any("P7", "empty scoped frame", AtMost(80.0)),
    any("P7.one", "scoped frame with one allocation", AtMost(200.0)),
    free("P8", "pool: one object made and freed", AtMost(40.0)),
    free("P8.live", "the same with 1,000,000 objects alive", SameAs("P8")),
    free("P8.tags", "the same with 64 tags known", SameAs("P8")),
    free("P8.heaps", "the same with 16 threads' heaps", SameAs("P8")),
    any("P13", "slice of 64 B elements, per element", AtMost(10.7)),
    any("P13.index", "the same, elements made from their index", Above("limit", 0.2)),
    any("P14", "tag switch, no frame open", AtMost(30.0)),
    any("P14.open1", "tag switch, 1 frame open, none used", AtMost(30.0)),
    any("P14.open16", "tag switch, 16 frames open, none used", SameAs("P14.open1")),
    any("P14.used1", "tag switch, 1 frame used since", Beyond("P14.idle1", 110.0, 1.0)),
    any("P14.used16", "tag switch, 16 frames used since", Beyond("P14.idle16", 110.0, 16.0)),
    any("P15", "frame_system entered and left", AtMost(170.0)),
    any("P15.one", "frame_system with one allocation", AtMost(380.0)),
    any("P17", "Tracking: one allocation and its free", Above("system", 50.0)),
    any("P17.live", "the same, with what is alive", Shown),
    any("P20", "heap_box made and freed", Above("system", 60.0)),
    any("P21", "begin_frame and end_frame", AtMost(120.0)),
    any("P21.one", "begin_frame, one box, end_frame", AtMost(260.0)),
    any("P23", "speculate, the result kept", AtMost(300.0)),
    any("P23.rollback", "checkpoint and rollback", AtMost(450.0)),
    free("P24", "frame.boxed, made and dropped", AtMost(22.0)),
    any("P14.idle1", "one tag switch by itself, 1 frame open", Shown),
    any("P14.idle16", "one tag switch by itself, 16 frames open", Shown),
];

const fn free(id: &'static str, work: &'static str, rule: Rule) -> Target {
    Target { id, work, rule, unlocked: true }
}

const fn any(id: &'static str, work: &'static str, rule: Rule) -> Target {
    Target { id, work, rule, unlocked: false }
}
