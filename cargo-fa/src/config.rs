//! What `.fa.toml` can say, with its defaults.

use std::collections::BTreeMap;

use crate::finding::Confidence;

/// Settings that lints read. Levels, exclusions and output are applied outside of them.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) tags: Tags,
    pub(crate) budgets: Budgets,
    pub(crate) thresholds: Thresholds,
    /// Less sure findings are not shown.
    pub(crate) min_confidence: Confidence,
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

impl Default for Config {
    fn default() -> Self {
        Self {
            tags: Tags::default(),
            budgets: Budgets::default(),
            thresholds: Thresholds { small_loop: 16 },
            min_confidence: Confidence::Medium,
        }
    }
}
