//! The lints: one folder each, with its page and its fixtures.

mod fa201_frame_memory_crosses_threads;
mod fa202_barrier_participants;
mod fa203_parallel_without_context;
mod fa204_unbounded_deferred_queue;
mod fa205_raced_end_frame;
mod fa301_unbounded_allocation;
mod fa302_system_without_budget;
mod fa303_budget_above_parent;
mod fa520_unexplained_suppression;
mod fa521_unused_suppression;
mod fa522_unknown_suppression;
mod fa523_unparsable_file;
mod fa601_escaping_handle;
mod fa602_per_item_allocation;
mod fa603_open_frame;
mod fa604_contradicted_policy;
mod fa605_stored_discard;
mod fa606_use_after_end;
mod fa607_unbalanced_scope;
mod fa801_foreign_tag;
mod fa802_unknown_tag;
mod fa803_foreign_free;
mod fa804_same_system;
#[cfg(test)]
pub(crate) mod tests;

use crate::finding::{Finding, Level};
use crate::flow::{self, Escape, Handles, Summaries, Tags};
use crate::model::Model;

/// What a lint is about; the ranges of codes follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Category {
    /// FA2xx.
    Threading,
    /// FA3xx.
    Budgets,
    /// FA4xx.
    Gpu,
    /// FA5xx: what keeps the linter from its work.
    Configuration,
    /// FA6xx: lifetimes of frame memory.
    DirtyMem,
    /// FA7xx.
    AsyncSafety,
    /// FA8xx.
    Architecture,
    /// FA9xx.
    Rapier,
}

impl Category {
    pub(crate) const ALL: [Self; 8] = [
        Self::Threading,
        Self::Budgets,
        Self::Gpu,
        Self::Configuration,
        Self::DirtyMem,
        Self::AsyncSafety,
        Self::Architecture,
        Self::Rapier,
    ];

    /// As the command line and the configuration spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Threading => "threading",
            Self::Budgets => "budgets",
            Self::Gpu => "gpu",
            Self::Configuration => "configuration",
            Self::DirtyMem => "dirtymem",
            Self::AsyncSafety => "async-safety",
            Self::Architecture => "architecture",
            Self::Rapier => "rapier",
        }
    }
}

/// The description of a lint.
#[derive(Debug)]
pub(crate) struct Lint {
    /// As in `FA602`.
    pub(crate) code: &'static str,
    /// Names the bad pattern, so that "allow" before it reads well: `per_item_allocation`.
    pub(crate) name: &'static str,
    pub(crate) category: Category,
    /// Unless the configuration says otherwise.
    pub(crate) level: Level,
    /// One line: what it finds, lower case, without a stop.
    pub(crate) summary: &'static str,
    /// What it does, why it matters, an example, what to use instead, configuration: Markdown.
    pub(crate) page: &'static str,
}

/// What a lint is given.
#[derive(Debug)]
pub(crate) struct LintCx<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) summaries: &'a Summaries,
    /// The handles that outlive their frame.
    pub(crate) escapes: &'a [Escape],
    pub(crate) tags: &'a Tags,
}

/// All lints, sorted by code.
pub(crate) static ALL: &[&Lint] = &[
    &fa201_frame_memory_crosses_threads::LINT,
    &fa202_barrier_participants::LINT,
    &fa203_parallel_without_context::LINT,
    &fa204_unbounded_deferred_queue::LINT,
    &fa205_raced_end_frame::LINT,
    &fa301_unbounded_allocation::LINT,
    &fa302_system_without_budget::LINT,
    &fa303_budget_above_parent::LINT,
    &fa520_unexplained_suppression::LINT,
    &fa521_unused_suppression::LINT,
    &fa522_unknown_suppression::LINT,
    &fa523_unparsable_file::LINT,
    &fa601_escaping_handle::LINT,
    &fa602_per_item_allocation::LINT,
    &fa603_open_frame::LINT,
    &fa604_contradicted_policy::LINT,
    &fa605_stored_discard::LINT,
    &fa606_use_after_end::LINT,
    &fa607_unbalanced_scope::LINT,
    &fa801_foreign_tag::LINT,
    &fa802_unknown_tag::LINT,
    &fa803_foreign_free::LINT,
    &fa804_same_system::LINT,
];

/// Their checks; those of FA52x are in `suppress` and `driver`.
static CHECKS: &[fn(&LintCx<'_>, &mut Vec<Finding>)] = &[
    fa201_frame_memory_crosses_threads::check,
    fa202_barrier_participants::check,
    fa203_parallel_without_context::check,
    fa204_unbounded_deferred_queue::check,
    fa205_raced_end_frame::check,
    fa301_unbounded_allocation::check,
    fa302_system_without_budget::check,
    fa303_budget_above_parent::check,
    fa601_escaping_handle::check,
    fa602_per_item_allocation::check,
    fa603_open_frame::check,
    fa604_contradicted_policy::check,
    fa605_stored_discard::check,
    fa606_use_after_end::check,
    fa607_unbalanced_scope::check,
    fa801_foreign_tag::check,
    fa802_unknown_tag::check,
    fa803_foreign_free::check,
    fa804_same_system::check,
];

/// Runs all lints.
pub(crate) fn run(model: &Model<'_>) -> Vec<Finding> {
    let summaries = Summaries::new(model);
    let handles = Handles::new(model, &summaries);
    let escapes = flow::escapes(model, &summaries, &handles);
    let tags = Tags::new(model);
    let cx = LintCx { model, summaries: &summaries, escapes: &escapes, tags: &tags };
    let mut findings = Vec::new();
    for check in CHECKS {
        check(&cx, &mut findings);
    }
    findings
}

pub(crate) use fa302_system_without_budget::LINT as SYSTEM_WITHOUT_BUDGET;
pub(crate) use fa802_unknown_tag::LINT as UNKNOWN_TAG;

/// The lints about suppressions and files; the driver emits them, not the analysis.
pub(crate) mod configuration {
    pub(crate) use super::fa520_unexplained_suppression::LINT as UNEXPLAINED_SUPPRESSION;
    pub(crate) use super::fa521_unused_suppression::LINT as UNUSED_SUPPRESSION;
    pub(crate) use super::fa522_unknown_suppression::LINT as UNKNOWN_SUPPRESSION;
    pub(crate) use super::fa523_unparsable_file::LINT as UNPARSABLE_FILE;
}

/// The lint with this code or name; upper and lower case of a code are the same.
pub(crate) fn find(text: &str) -> Option<&'static Lint> {
    let matches = |lint: &&&'static Lint| lint.code.eq_ignore_ascii_case(text) || lint.name == text;
    #[cfg(test)]
    if let Some(probe) = [&PROBE].iter().find(matches) {
        return Some(probe);
    }
    ALL.iter().find(matches).copied()
}

/// A lint for tests of what happens to findings after the analysis.
#[cfg(test)]
pub(crate) static PROBE: Lint = Lint {
    code: "FA699",
    name: "probe",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "a lint for tests",
    page: "# FA699: a lint for tests\n",
};
