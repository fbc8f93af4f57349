//! FA802: a tag that the configuration does not know; without a list, one that is likely misspelt.
#![doc = include_str!("page.md")]

mod known;
mod spelling;

pub(crate) use known::Known;

use crate::api::Nesting;
use crate::finding::{Confidence, Edit, Finding, Fix, Level};
use crate::flow::{Tag, TagSite, each_site};
use crate::lints::{Category, Lint, LintCx};
use crate::source::Span;
use spelling::Misspelt;

pub(crate) static LINT: Lint = Lint {
    code: "FA802",
    name: "unknown_tag",
    category: Category::Architecture,
    level: Level::Warn,
    summary: "a tag is likely misspelt, or not among those of the configuration",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let known = Known::new(&cx.model.config.tags.known);
    if known.is_empty() {
        findings.extend(spelling::misspelt(cx).iter().map(|found| misspelt(cx, found)));
        return;
    }
    for (_, data, system) in cx.model.systems().filter(|(_, data, _)| !data.when.test) {
        if !known.contains(&system.tag) {
            let finding = match system.tag_span {
                Some(span) => unknown(cx, &known, span, &system.tag, Some("")),
                None => unknown(cx, &known, system.span, &system.tag, Some(""))
                    .note("without `tag = ..`, the tag of a system is the name of its function"),
            };
            findings.push(finding.item(&data.path));
        }
    }
    each_site(cx.model, cx.tags, |site| {
        if let Some(finding) = check_site(cx, &known, site) {
            findings.push(finding.item(&site.data.path));
        }
    });
}

fn check_site(cx: &LintCx<'_>, known: &Known, site: &TagSite<'_>) -> Option<Finding> {
    let text = site.text?;
    let confidence = if site.is_inferred() { Confidence::Medium } else { Confidence::High };
    let (outer, full) = match (site.tag(), site.around()) {
        (Tag::Rooted(full), _) if site.nesting == Nesting::FromRoot => (Some(String::new()), full),
        (Tag::Rooted(full), Tag::Rooted(outer)) => (Some(outer), full),
        _ => (None, site.end()?),
    };
    let is_known = match &outer {
        Some(_) => known.contains(&full),
        // What is around it is not in sight: it may be below anything.
        None => known.ending_in(&full).next().is_some(),
    };
    // What is below an unknown tag is not asked about again.
    let below_unknown = match &outer {
        Some(outer) => !outer.is_empty() && !known.contains(outer),
        None => {
            site.is_inside()
                && known.ending_in(full.strip_suffix(text)?.trim_end_matches('/')).next().is_none()
        }
    };
    if is_known || below_unknown {
        return None;
    }
    let finding = unknown(cx, known, site.span, text, outer.as_deref()).confidence(confidence);
    Some(match (&outer, site.scope) {
        (Some(outer), scope) if !outer.is_empty() => {
            let finding = match scope {
                Some(scope) => finding.also(scope, format!("in this scope, `{outer}`")),
                None => finding,
            };
            let finding = finding.note(format!("text nests in the current tag: this is `{full}`"));
            if known.contains(text) {
                finding.help(format!("a path from the root is looked up first: `alloc.tag({text:?})`"))
            } else {
                finding
            }
        }
        _ => finding,
    })
}

/// `text` where `outer` is in force, which is `None` when it is not known.
fn unknown(cx: &LintCx<'_>, known: &Known, span: Span, text: &str, outer: Option<&str>) -> Finding {
    let finding =
        Finding::new(&LINT, span, format!("unknown tag `{text}`")).label("not among `known` in `[tags]`");
    let near = known.near(text, outer);
    let add = "or add it to `known` under `[tags]` in `.fa.toml`";
    let names: Vec<String> = near.iter().map(|(name, _)| format!("`{name}`")).collect();
    match &near[..] {
        [] => finding.help(format!("use a tag of the program, {add}")),
        [(name, _)] => {
            let finding = finding.help(format!("write {}, {add}", names[0]));
            match rewritten(cx, span, text, name, true) {
                Some(fix) => finding.fix(fix),
                None => finding,
            }
        }
        _ => finding.help(format!("write {}, {add}", names.join(" or "))),
    }
}

fn misspelt(cx: &LintCx<'_>, found: &Misspelt) -> Finding {
    let Misspelt { path, like, text, instead, .. } = found;
    let (message, label, confidence) = if found.declared {
        (
            format!("`{path}` occurs once, and is spelt almost like `{like}`"),
            "nothing else has this tag",
            Confidence::Medium,
        )
    } else {
        (
            format!("no system and no scope has the tag `{path}`, and one has `{like}`"),
            "only budgets and questions name it",
            Confidence::High,
        )
    };
    let finding = Finding::new(&LINT, found.span, message)
        .label(label)
        .also(found.other, format!("this is `{like}`"))
        .help(format!(
            "write `{instead}`; or list the tags of the program as `known` under `[tags]` in `.fa.toml`"
        ))
        .confidence(confidence)
        .item(&found.item);
    match rewritten(cx, found.span, text, instead, false) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// `name` in place of the text, where that is a literal.
fn rewritten(cx: &LintCx<'_>, span: Span, text: &str, name: &str, machine_applicable: bool) -> Option<Fix> {
    let start = span.start + literal(cx.model.text(span), text)? as u32;
    let span = Span { start, end: start + text.len() as u32, ..span };
    let edits = vec![Edit { span, replacement: name.to_owned() }];
    Some(Fix { title: format!("write `{name}`"), edits, machine_applicable })
}

/// Where the text lies within code that is a literal of it, or `tag = ` and one.
fn literal(code: &str, text: &str) -> Option<usize> {
    let start = code.find('"')?;
    let before = code[..start].trim_end();
    let named = before.strip_suffix('=').is_some_and(|name| name.trim() == "tag");
    let rest = code[start + 1..].strip_prefix(text)?;
    ((before.is_empty() || named) && rest.trim_end() == "\"").then_some(start + 1)
}
