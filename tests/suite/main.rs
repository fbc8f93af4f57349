//! The public API, area by area, as a hostile user would call it.

#![cfg_attr(feature = "nightly", feature(allocator_api))]

mod ambient;
mod attribution;
mod auto_traits;
mod budgets;
mod config;
mod containers;
mod failures;
mod groups;
mod guards;
mod handover;
mod misuse;
mod model;
mod real_containers;
mod regression;
mod retention;
mod scratch;
mod sinks;
mod steady;
mod threads;
