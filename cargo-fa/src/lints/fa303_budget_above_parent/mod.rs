//! FA303: a budget that is larger than the one it is within.
#![doc = include_str!("page.md")]

mod declared;

use crate::config::size_text;
use crate::finding::{Confidence, Finding, Level};
use crate::lints::{Category, Lint, LintCx};
use crate::source::Span;
use declared::{Declared, Kind, collect};

pub(crate) static LINT: Lint = Lint {
    code: "FA303",
    name: "budget_above_parent",
    category: Category::Budgets,
    level: Level::Warn,
    summary: "a budget is larger than the one it is within",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let all = collect(cx);
    for child in &all {
        let Some(span) = child.span else { continue };
        // The nearest one above says it best.
        let Some(parent) = above(child).into_iter().find_map(|path| limit_of(&all, child, path)) else {
            continue;
        };
        if child.bytes > parent.bytes {
            let item = &cx.model.index.function(child.function).path;
            findings.push(finding(cx, child, parent, span).item(item));
        }
    }
}

/// The tags that limit a budget, the nearest first; the whole allocator has no name.
fn above(child: &Declared) -> Vec<&str> {
    let mut paths = Vec::new();
    if child.kind == Kind::System {
        paths.push(child.tag.as_str());
    }
    let mut path = child.tag.as_str();
    while let Some((parent, _)) = path.rsplit_once('/') {
        paths.push(parent);
        path = parent;
    }
    paths.push("");
    paths
}

/// The largest budget that `path` is given where it concerns `child`: in the same function and for the same allocator,
/// else anywhere.
fn limit_of<'a>(all: &'a [Declared], child: &Declared, path: &str) -> Option<&'a Declared> {
    let of_path = || all.iter().filter(|one| one.kind != Kind::System && one.tag == path);
    let near = of_path().filter(|one| one.together == child.together && child.together.is_some());
    near.max_by_key(|one| one.bytes).or_else(|| {
        // The limit of some allocator, but of which one?
        let elsewhere = of_path().filter(|_| !path.is_empty());
        elsewhere.max_by_key(|one| one.bytes)
    })
}

fn finding(cx: &LintCx<'_>, child: &Declared, parent: &Declared, span: Span) -> Finding {
    let (more, less) = (size_text(child.bytes), size_text(parent.bytes));
    let limit = match (parent.kind, parent.tag.as_str()) {
        (_, "") => format!("the {less} of the whole allocator"),
        (Kind::File, tag) => format!("the {less} of `{tag}` in the configuration"),
        (_, tag) => format!("the {less} of `{tag}`"),
    };
    let message = match child.kind {
        Kind::System => {
            let name = cx.model.index.function(child.function).name();
            format!("a run of `{name}` may have {more}, more than {limit}")
        }
        _ => format!("`{}` may have {more}, more than {limit}", child.tag),
    };
    let finding = Finding::new(&LINT, span, message)
        .label("what is above is reached before this: it is never used up")
        .note("bytes count for a tag and for every tag above it")
        .help(format!("give it at most {less}, or raise that limit"));
    let certain = parent.kind == Kind::File || parent.together == child.together && child.together.is_some();
    let finding = if certain { finding } else { finding.confidence(Confidence::Medium) };
    match parent.span {
        Some(span) => finding.also(span, "its limit is declared here"),
        None => finding,
    }
}
