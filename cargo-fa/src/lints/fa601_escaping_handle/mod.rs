//! FA601: a handle of an ambient frame that outlives the frame.
#![doc = include_str!("page.md")]

use crate::finding::{Finding, Level};
use crate::flow::{Escape, How, Site, SiteKind};
use crate::lints::{Category, Lint, LintCx};

pub(crate) static LINT: Lint = Lint {
    code: "FA601",
    name: "escaping_handle",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "a handle of an ambient frame is alive when the frame ends",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let escapes = cx.escapes.iter();
    let ours: Vec<&Escape> =
        escapes.filter(|escape| escape.how != How::Used && !is_stored_discard(escape)).collect();
    for (at, escape) in ours.iter().enumerate() {
        // Several that are alive at one end are one finding.
        let together = |other: &&&Escape| other.how == How::Alive && other.end == escape.end;
        if escape.how == How::Alive && ours[..at].iter().any(|other| together(&other)) {
            continue;
        }
        let finding = match &escape.how {
            How::Stored(site) => stored(escape, site),
            How::Returned => returned(escape),
            How::Alive => alive(escape, ours[at..].iter().filter(together).copied()),
            How::Used => continue,
        };
        findings.push(finding.confidence(escape.confidence).item(&escape.item));
    }
}

/// FA605's.
fn is_stored_discard(escape: &Escape) -> bool {
    escape.made.discarded && matches!(escape.how, How::Stored(_))
}

/// `` `visible` ``, or the type where it has no name.
pub(crate) fn named(escape: &Escape) -> String {
    match &escape.name {
        Some(name) => format!("`{name}`"),
        None => format!("a `{}`", escape.made.ty),
    }
}

fn stored(escape: &Escape, site: &Site) -> Finding {
    let (what, into) = (named(escape), &site.into);
    let message = match (site.kind, escape.end) {
        (SiteKind::Captured, _) => format!("a closure that is kept in `{into}` holds {what} of this frame"),
        (_, Some(_)) => format!("{what} is still in `{into}` when its frame ends"),
        (_, None) => format!("{what} of this frame is kept in `{into}`, which outlives the frame"),
    };
    let label = match site.kind {
        SiteKind::Assigned => "kept here",
        SiteKind::Contained => "put there here",
        SiteKind::Captured => "kept with what it captured",
    };
    with_places(Finding::new(&LINT, escape.span, message).label(label), escape)
        .help(way_out(escape, site.kind))
}

fn returned(escape: &Escape) -> Finding {
    let message = format!("{} is returned from beyond the end of its frame", named(escape));
    with_places(Finding::new(&LINT, escape.span, message).label("its frame has ended"), escape).help(format!(
        "return the value itself: `into_inner()` moves it out of the frame and `into_pool(alloc)` into the pool; or let \
         the caller begin and end the frame, so that the `{}` stays within it",
        escape.made.ty
    ))
}

fn alive<'a>(escape: &Escape, all: impl Iterator<Item = &'a Escape>) -> Finding {
    let all: Vec<&Escape> = all.collect();
    let mut names: Vec<String> = all.iter().map(|escape| named(escape)).collect();
    names.dedup();
    let message = match &names[..] {
        [only] => format!("{only} is alive when its frame ends"),
        [init @ .., last] => format!("{} and {last} are alive when their frame ends", init.join(", ")),
        [] => String::new(),
    };
    let finding =
        Finding::new(&LINT, escape.span, message).label("the frame ends here, and is kept for the handle");
    let finding = all.iter().fold(finding, |finding, escape| finding.also(escape.made.span, "made here"));
    let variable = escape.name.as_ref().and_then(|name| name.split('.').next());
    let help = match (variable, escape.made.retained && !escape.made.discarded) {
        (Some(name), true) => {
            format!("call `{name}.release()` before: what is promoted must not be borrowed any more")
        }
        (Some(name), false) => format!("drop it before: `drop({name});`, or a block around its use"),
        (None, _) => "drop it before the end of the frame".to_owned(),
    };
    finding.help(help).help("`alloc.frame()` makes this an error of the compiler")
}

/// Where it was made, and where its frame ends.
pub(crate) fn with_places(finding: Finding, escape: &Escape) -> Finding {
    let finding = finding.also(escape.made.span, "made here");
    match escape.end {
        Some(end) => finding.also(end, "its frame ends here"),
        None => finding,
    }
}

fn way_out(escape: &Escape, kind: SiteKind) -> String {
    let pool = match escape.made.ty.as_str() {
        "FrameBox" => "move it to the pool with `into_pool(alloc)`",
        "Retained" => "let it be promoted: `release()` it and take it from `end_frame_with_promotions()`",
        "FrameVec" => "copy it with `to_vec()`",
        _ => "make it in the pool, or on the heap",
    };
    match kind {
        SiteKind::Captured => "capture a plain value instead: a number, a `Vec`, a `pool_box`".to_owned(),
        _ => format!("{pool}, or take it out again before the frame ends"),
    }
}
