//! Programs in which everything may happen inside of everything.
//!
//! ```text
//!   thread 0: step step step step ...     a step is an operation on one of two allocators, and how many
//!   thread 1: step step step ...          calls of foreign code it lets pass
//!
//!   a thread takes its next step           at the top
//!   a call of foreign code takes it, too   in the middle of another step: from the backend, a sink, a subscriber,
//!                                          a callback, a destructor, a closure, a destructor of a thread-local
//! ```
//!
//! What a step makes is kept on shelves, some of them for all threads, and used, ended or forgotten by later ones. What is
//! known is checked: contents at every touch and in every destructor, errors and panics when they come, reports when they
//! are made, and in the end that nothing is left: no value, no byte by kind, tag or budget, no heap of a thread, no block of
//! the backend.
//!
//! A program on one thread runs the same way each time, so a failing one is shortened by leaving steps out.
//!
//! | module | role |
//! |---|---|
//! | `op` | the operations, and how they are drawn |
//! | `act` | running one |
//! | `here` | what a thread does: its steps, its shelf, calls of foreign code |
//! | `shelf` | what is kept, whatever it is |
//! | `value` | values that notice what is done to them |
//! | `world` | the two allocators, their backends, what is shared |
//! | `judge` | which errors, panics and reports are explained |
//! | `left` | what is left in the end |
//! | `run` | running a program, and making it shorter |
//!
//! Two things are accepted: the object of a request inside of which the backend sets a budget may be missed by that budget
//! (so backends set none here), and what is forgotten stays.

mod act;
mod here;
mod judge;
mod left;
mod op;
mod run;
mod shelf;
mod value;
mod world;

pub use run::{check, random_program};
