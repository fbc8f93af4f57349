//! `cargo fa`: a linter for programs that use framealloc.
//!
//! The compiler refuses what the types of framealloc can express. This linter looks for the rest: handles that
//! outlive their frame, loops that allocate without a bound, work on other threads that is charged to nobody,
//! budgets that do not add up.
//!
//! ```text
//! cli -> workspace -> project::Input -> analysis (source -> hir -> index -> mir -> lints) -> finding -> output
//!                          config --------^                                                    ^--- suppress, baseline
//! ```
//!
//! | module | role |
//! |---|---|
//! | `project` | what to lint: crates, their roots, names of dependencies, cfg |
//! | `source` | files, spans, lines |
//! | `finding` | what a lint reports |
//! | `lints` | the table of lints, one folder each |

#![forbid(unsafe_code)]

mod analysis;
mod api;
mod attributes;
mod config;
mod finding;
mod flow;
mod hir;
mod index;
mod infer;
mod lints;
mod load;
mod mir;
mod model;
mod project;
mod source;
