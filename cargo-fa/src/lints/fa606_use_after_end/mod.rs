//! FA606: a handle that is used after the end of its frame.
#![doc = include_str!("page.md")]

use crate::finding::{Finding, Level};
use crate::flow::How;
use crate::lints::fa601_escaping_handle::{named, with_places};
use crate::lints::{Category, Lint, LintCx};

pub(crate) static LINT: Lint = Lint {
    code: "FA606",
    name: "use_after_end",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "a handle of a frame is used after `end_frame`",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for escape in cx.escapes.iter().filter(|escape| escape.how == How::Used) {
        let what = named(escape);
        let finding = if escape.made.shared {
            Finding::new(
                &LINT,
                escape.span,
                format!("{what} is read after the frame that shared it has ended"),
            )
            .label("always `None` here")
            .help("share it for longer with `alloc.share_for(value, 1)`, or read it before the frame ends")
        } else {
            Finding::new(&LINT, escape.span, format!("{what} is used after its frame has ended"))
                .label("used here")
                .note("the frame cannot be recycled while the handle is alive")
                .help(
                    "end the frame after the last use, or compute what is needed before and drop the handle",
                )
        };
        findings.push(with_places(finding, escape).confidence(escape.confidence).item(&escape.item));
    }
}
