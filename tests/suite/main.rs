//! The public API, area by area, as a hostile user would call it.

#![cfg_attr(feature = "nightly", feature(allocator_api))]

mod aliasing;
mod ambient;
mod attribution;
mod auto_traits;
mod behavior;
mod budgets;
mod chaos;
mod config;
mod containers;
mod events;
mod failures;
mod groups;
mod guards;
mod handles;
mod handover;
mod misuse;
mod model;
mod real_containers;
mod regression;
mod reports;
mod retention;
mod scratch;
mod sharing;
mod sinks;
mod snapshots;
mod statistics;
mod steady;
mod streaming;
mod task_context;
mod threads;
