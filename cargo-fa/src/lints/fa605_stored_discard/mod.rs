//! FA605: a value that goes with its frame is kept beyond it.
#![doc = include_str!("page.md")]

use crate::finding::{Finding, Level};
use crate::flow::How;
use crate::lints::fa601_escaping_handle::{named, with_places};
use crate::lints::{Category, Lint, LintCx};

pub(crate) static LINT: Lint = Lint {
    code: "FA605",
    name: "stored_discard",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "a value retained with `Discard` is stored where it outlives its frame",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for escape in cx.escapes.iter().filter(|escape| escape.made.discarded) {
        let How::Stored(site) = &escape.how else { continue };
        let message = format!(
            "{} is declared to go with its frame, and kept in `{}`, which outlives it",
            named(escape),
            site.into
        );
        let finding = Finding::new(&LINT, escape.span, message).label("nothing promotes it");
        findings.push(
            with_places(finding, escape)
                .help(
                    "declare what is meant: `RetentionPolicy::PromoteToPool` or `PromoteToHeap`, and keep what \
                     `promotions.take` returns after the frame",
                )
                .help("or keep the plain value, or a `pool_box`, and leave the frame out of it")
                .confidence(escape.confidence)
                .item(&escape.item),
        );
    }
}
