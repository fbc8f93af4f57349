//! Objects behind handles: borrowed, pinned, moved together, freed.

mod churn;
mod compaction;
mod failures;
mod lifetimes;
mod model;
mod threads;
