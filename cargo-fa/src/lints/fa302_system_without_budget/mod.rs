//! FA302: a system that declares no budget, where the configuration asks for one.
#![doc = include_str!("page.md")]

use crate::config::size_text;
use crate::finding::{Finding, Level};
use crate::lints::{Category, Lint, LintCx};

pub(crate) static LINT: Lint = Lint {
    code: "FA302",
    name: "system_without_budget",
    category: Category::Budgets,
    level: Level::Allow,
    summary: "a system declares no budget",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for (_, data, system) in cx.model.systems() {
        if system.budget.is_some() || data.when.test {
            continue;
        }
        let message = format!("the system `{}` has no budget", data.name());
        let finding = Finding::new(&LINT, system.span, message)
            .label("nothing limits what a run of it allocates")
            .also(data.function.name.span, format!("its memory is charged to the tag `{}`", system.tag))
            .help("measure a run, as `intent_report()` shows it, and declare that with some room: `budget = \"2MB\"`")
            .item(&data.path);
        findings.push(match cx.model.config.budgets.tags.get(&system.tag) {
            Some(bytes) => finding.note(format!(
                "the budget of its tag, {}, limits what all runs and threads have alive together, not this system",
                size_text(*bytes)
            )),
            None => finding,
        });
    }
}
