//! The public API, area by area, as a hostile user would call it.

mod ambient;
mod attribution;
mod auto_traits;
mod budgets;
mod config;
mod containers;
mod failures;
mod guards;
mod handover;
mod misuse;
mod model;
mod real_containers;
mod regression;
mod retention;
mod sharing;
mod sinks;
mod steady;
mod task_context;
mod threads;
