//! The public API, area by area, as a hostile user would call it.

mod ambient;
mod attribution;
mod budgets;
mod config;
mod failures;
mod guards;
mod misuse;
mod model;
mod regression;
mod sinks;
mod threads;
