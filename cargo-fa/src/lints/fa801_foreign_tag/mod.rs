//! FA801: a tag that is not the module's.
#![doc = include_str!("page.md")]

use crate::api::Nesting;
use crate::finding::{Confidence, Finding, Level};
use crate::flow::{Tag, TagSite, each_site, is_at_or_below};
use crate::index::{FnData, Index};
use crate::lints::fa802_unknown_tag::Known;
use crate::lints::{Category, Lint, LintCx};
use crate::source::Span;

pub(crate) static LINT: Lint = Lint {
    code: "FA801",
    name: "foreign_tag",
    category: Category::Architecture,
    level: Level::Warn,
    summary: "the tag of a system or scope is not that of its module",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let modules = &cx.model.config.tags.modules;
    if modules.is_empty() {
        return;
    }
    for (_, data, system) in cx.model.systems().filter(|(_, data, _)| !data.when.test) {
        let Some((module, expected)) = expected(cx, data) else { continue };
        if !is_at_or_below(&system.tag, expected) {
            let mut finding = blame(system.span, &system.tag, module, expected);
            if system.tag_span.is_none() {
                finding = finding.note("without `tag = ..`, the tag of a system is the name of its function");
            }
            findings.push(finding.item(&data.path));
        }
    }
    let known = Known::new(&cx.model.config.tags.known);
    each_site(cx.model, cx.tags, |site| {
        let Some((module, expected)) = expected(cx, site.data) else { return };
        if site.nesting == Nesting::InCurrent
            && let Some((tag, confidence)) = differs(site, expected, &known)
        {
            let finding = blame(site.span, &tag, module, expected).confidence(confidence);
            findings.push(around(finding, site).item(&site.data.path));
        }
    });
}

/// The tag of the call, when it is not the one that is expected.
fn differs(site: &TagSite<'_>, expected: &str, known: &Known) -> Option<(String, Confidence)> {
    let confidence = if site.is_inferred() { Confidence::Medium } else { Confidence::High };
    match site.tag() {
        Tag::Rooted(tag) if tag.is_empty() || is_at_or_below(&tag, expected) => None,
        Tag::Rooted(tag) => {
            // Text in a scope that is blamed itself.
            let blamed = site.text.is_some()
                && site.is_inside()
                && matches!(site.around(), Tag::Rooted(around) if !around.is_empty());
            (!blamed).then_some((tag, confidence))
        }
        // Whatever is around it: no path that ends so is one of the module's.
        Tag::Nested(_) | Tag::Unknown => {
            let end = site.end().filter(|_| !site.is_inside())?;
            let full: Vec<&str> = known.ending_in(&end).collect();
            let foreign = !full.is_empty() && full.iter().all(|tag| !is_at_or_below(tag, expected));
            foreign.then_some((end, Confidence::Medium))
        }
    }
}

fn blame(span: Span, tag: &str, module: &str, expected: &str) -> Finding {
    Finding::new(&LINT, span, format!("the tag `{tag}` in a module whose tag is `{expected}`"))
        .label(format!("not `{expected}` and not below it"))
        .note(format!("`{module}` has the tag `{expected}` by `[tags.modules]` in `.fa.toml`"))
        .help(format!(
            "use `{expected}` or a tag below it such as `{expected}/{}`; or move this to the module of `{tag}`",
            tag.rsplit('/').next().unwrap_or(tag)
        ))
}

fn around(finding: Finding, site: &TagSite<'_>) -> Finding {
    match (site.text, site.around()) {
        (Some(_), Tag::Rooted(around)) if !around.is_empty() => {
            let finding = match site.scope {
                Some(scope) => finding.also(scope, format!("in this scope, `{around}`")),
                None => finding,
            };
            finding.note(format!("text nests in the current tag, which is `{around}` here"))
        }
        _ => finding,
    }
}

/// The entry of the configuration that is about the module of a function: the longest one.
fn expected<'a>(cx: &LintCx<'a>, data: &FnData) -> Option<(&'a str, &'a str)> {
    let path = path_in_crate(cx.model.index, data);
    let modules = cx.model.config.tags.modules.iter();
    let around = modules.filter(|(module, _)| {
        path.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    });
    let (module, tag) = around.max_by_key(|(module, _)| module.len())?;
    Some((module, tag))
}

/// `crate::physics::broad`
fn path_in_crate(index: &Index, data: &FnData) -> String {
    let path = &index.module(data.module).path;
    match path.split_once("::") {
        Some((_, inside)) => format!("crate::{inside}"),
        None => "crate".to_owned(),
    }
}
