//! What `.fa.toml` says: found, read, checked.
//!
//! | file | role |
//! |---|---|
//! | `keys` | the table of keys: what is known, for suggestions and for the test against the schema |
//! | `read` | from text to [`Config`]; every mistake is listed with its place |
//! | `levels` | which level a lint has after the configuration and the command line |
//! | `size` | `"8MB"` |
//! | `find` | where the file lies |

mod find;
mod keys;
mod levels;
mod mistake;
mod read;
mod size;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::finding::Confidence;
use crate::output::Format;

pub(crate) use find::{FILE_NAME, load};
#[cfg(test)]
pub(crate) use keys::KEYS;
pub(crate) use levels::{Levels, Rule, Selector};
pub(crate) use mistake::Mistakes;
pub(crate) use read::read;
pub(crate) use size::{parse as parse_size, size_text};

/// Everything that a configuration file sets.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) tags: Tags,
    pub(crate) budgets: Budgets,
    pub(crate) thresholds: Thresholds,
    /// Less sure findings are not shown.
    pub(crate) min_confidence: Confidence,
    pub(crate) format: Format,
    /// Globs as in `.gitignore`, relative to the workspace's root.
    pub(crate) exclude: Vec<String>,
    /// Findings listed there are not shown.
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) levels: Levels,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tags: Tags::default(),
            budgets: Budgets::default(),
            thresholds: Thresholds::default(),
            min_confidence: Confidence::Medium,
            format: Format::Human,
            exclude: Vec::new(),
            baseline: None,
            levels: Levels::default(),
        }
    }
}

/// What the program's tags are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags {
    /// All of them; empty when the program does not say (then FA802 is silent).
    pub(crate) known: Vec<String>,
    /// Module path, with `crate` for the root, and the tag that its systems have (FA801).
    pub(crate) modules: BTreeMap<String, String>,
}

/// What must have a budget, and which budgets are set outside the code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budgets {
    /// Every system needs one (FA302).
    pub(crate) required: bool,
    /// Bytes per tag (FA303 adds declared budgets up against them).
    pub(crate) tags: BTreeMap<String, u64>,
}

/// Where a lint begins to speak.
#[derive(Clone, Debug)]
pub(crate) struct Thresholds {
    /// A loop over a constant range of at most this many rounds is not hot (FA602) and not unbounded (FA301).
    pub(crate) small_loop: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { small_loop: 16 }
    }
}
