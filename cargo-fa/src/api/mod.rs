//! What the linter knows of framealloc: its signatures, and what signatures do not tell.
//!
//! [`SIGNATURES`] is framealloc's public API as one Rust file without modules, attributes and bodies. The test `api` of
//! this package writes it from framealloc's sources and fails when it is out of date. Of trait impls it has those by
//! which methods and items are found: `Deref`, `Iterator`, `IntoIterator`, `Clone`, `Copy`, `Default`; and `Drop`, also for
//! a type that is dropped with what it owns.
//!
//! | table | says |
//! |---|---|
//! | [`facts`] | what a method does: allocates, begins, ends, switches, takes a tag |
//! | [`role`] | what a type is: a handle of frame memory, an owner, a name, a guard |
//!
//! Methods are keyed by the type that defines them: `alloc.frame().child().vec()` is `Frame::vec`. The tests below hold
//! the tables to the signatures, so that neither forgets a new method.

mod facts;
mod methods;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use facts::{Amount, BudgetOf, Fact, Memory, Nesting};
pub(crate) use methods::facts;
pub(crate) use types::{Role, Scope, is_cloned_as_value, role};

/// framealloc's API; see the module.
pub(crate) const SIGNATURES: &str = include_str!("framealloc.rs.txt");
