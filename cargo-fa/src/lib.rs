//! `cargo fa`: a linter for programs that use framealloc.
//!
//! The compiler refuses what the types of framealloc can express. This linter looks for the rest: handles that
//! outlive their frame, loops that allocate without a bound, work on other threads that is charged to nobody,
//! budgets that do not add up. [`codes`] has the page of each lint.
//!
//! ```text
//! cli -> workspace -> project::Input -> analysis (source -> hir -> index -> demand -> mir -> lints) -> finding -> driver -> output
//!                          config --------^                                                       suppress, baseline, fix
//! ```
//!
//! | module | role |
//! |---|---|
//! | `cli` | commands, options, exit codes |
//! | `workspace` | what cargo says: crates, features, targets |
//! | `config` | `.fa.toml` and levels |
//! | `project` | what to lint: crates, their roots, names of dependencies, cfg |
//! | `reach` | which files a crate consists of |
//! | `source` | files, spans, lines |
//! | `finding` | what a lint reports |
//! | `lints` | the table of lints, one folder each |
//! | `catalogue` | all codes: the linter's, the runtime's, reserved ones |
//! | `driver` | one run: analysis, suppressions, levels |
//! | `suppress` | `// fa:allow(CODE): why` |
//! | `fingerprint`, `baseline` | known findings |
//! | `fix` | changes of files |
//! | `git` | changed lines, uncommitted files |
//! | `output` | the formats |

#![forbid(unsafe_code)]

mod analysis;
mod api;
mod attributes;
mod baseline;
mod catalogue;
mod cli;
pub mod codes;
mod config;
#[doc(hidden)]
pub mod corpus;
mod demand;
mod driver;
mod files;
mod finding;
mod fingerprint;
mod fix;
mod flow;
#[doc(hidden)]
pub mod fuzzing;
mod git;
mod hir;
mod index;
mod infer;
mod lexer;
mod lints;
mod load;
mod mir;
mod model;
mod output;
mod project;
mod reach;
#[cfg(test)]
mod robustness_tests;
mod source;
mod suggest;
mod suppress;
mod ty;
mod workspace;

pub use cli::run;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
