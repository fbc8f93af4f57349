//! From cargo's description of a workspace to [`Input`](crate::project::Input).
//!
//! | file | role |
//! |---|---|
//! | `select` | what `-p`, `--workspace`, `--features`, `--target` ask for |
//! | `load` | `cargo metadata` to crates and their dependencies |
//! | `cfg` | what the compiler sets for a target |
//! | `files` | Rust files below a folder |
//! | `plain` | a folder without cargo, for fixtures and corpora |

mod cfg;
mod files;
mod load;
mod plain;
mod select;

pub(crate) use files::Exclude;
pub(crate) use load::load;
pub(crate) use plain::plain;
pub(crate) use select::Selection;
