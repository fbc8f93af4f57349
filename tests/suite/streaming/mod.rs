//! Streamed data: loaded in pieces, evicted by priority and age.

mod eviction;
mod failures;
mod file;
mod loading;
mod model;
mod threads;
