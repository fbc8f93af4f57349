//! The public API, area by area, as a hostile user would call it.

mod ambient;
mod attribution;
mod auto_traits;
mod behavior;
mod budgets;
mod config;
mod containers;
mod events;
mod failures;
mod guards;
mod misuse;
mod model;
mod real_containers;
mod regression;
mod reports;
mod retention;
mod sinks;
mod snapshots;
mod statistics;
mod steady;
mod threads;
