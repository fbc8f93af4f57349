//! FA202: a barrier that expects more or fewer signals than come.
#![doc = include_str!("page.md")]

mod fields;
mod paths;
mod uses;

use crate::api::Fact;
use crate::finding::{Confidence, Finding, Level};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{Const, Operand};
use crate::source::Span;
use paths::Factor;
use uses::{Site, Uses};

pub(crate) static LINT: Lint = Lint {
    code: "FA202",
    name: "barrier_participants",
    category: Category::Threading,
    level: Level::Warn,
    summary: "a barrier expects more or fewer signals than come",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for (_, data, function) in cx.model.functions() {
        for (at, body) in function.iter() {
            for (block, call) in body.calls() {
                let facts = cx.model.facts(call);
                let counted = facts.iter().find_map(|fact| match fact {
                    Fact::Participants(arg) => call.given().get(*arg),
                    _ => None,
                });
                let Some((count, expected)) = counted.and_then(|arg| Some((arg, number(arg)?))) else {
                    continue;
                };
                let uses = uses::of(cx.model, function, at, block, call.dest);
                let found = uses.and_then(|uses| finding(count.span, expected, &uses));
                findings.extend(found.map(|finding| finding.item(&data.path)));
            }
        }
    }
}

fn number(operand: &Operand) -> Option<u128> {
    match operand.value {
        Some(Const::Int(number)) if number > 0 => Some(number),
        _ => None,
    }
}

fn finding(count: Span, expected: u128, uses: &Uses) -> Option<Finding> {
    let joined = total(&uses.joins, uses)?;
    // Who signals in two places does so for several frames.
    let alone = |site: &Site| uses.signals.iter().filter(|other| other.at == site.at).count() == 1;
    if !uses.signals.iter().all(alone) {
        return None;
    }
    let signalled = total(&uses.signals, uses)?;
    if uses.waits.is_empty() && joined == 0 || joined + signalled == 0 {
        return None;
    }
    // Those who take part when all are taken are expected besides.
    let (expected, come) = (expected.max(joined), joined + signalled);
    if expected == come {
        return None;
    }
    let consequence = if come < expected {
        "those who wait for the frame wait until the barrier's time limit, and there is none unless one is set"
    } else {
        "a frame counts as complete before everybody is done with it; the signals that are left count for the next one"
    };
    let verb = if come == 1 { "comes" } else { "come" };
    // A barrier of one thread shows something, or is a part of what is not seen.
    let mut paths =
        uses.signals.iter().chain(uses.waits.iter().map(|wait| &wait.site)).map(|site| &site.path);
    let alone = uses.joins.is_empty() && !paths.any(|path| path.contains(&Factor::Thread));
    let sure = if alone { Confidence::Low } else { Confidence::High };
    let message = format!("the barrier expects {expected} signals, and {come} {verb}");
    let mut finding = Finding::new(&LINT, count, message)
        .label(format!("a frame is complete after {expected} signals"))
        .note(consequence)
        .confidence(sure);
    let kinds = [(&uses.joins, "takes part", "take part"), (&uses.signals, "signals", "signal")];
    for (sites, one, many) in kinds {
        for site in sites {
            let label = match times(site, uses)? {
                1 => format!("one {one} here"),
                times => format!("{times} {many} here"),
            };
            finding = finding.also(site.span, label);
        }
    }
    // Whoever only waits is easily counted too.
    let waiter = uses.waits.iter().find(|wait| !wait.takes_part).filter(|_| come + 1 == expected);
    if let Some(wait) = waiter {
        finding = finding.also(wait.site.span, "waits, and does not signal");
        return Some(finding.help(format!(
            "let it expect those who signal (`{come}`), or let the waiting thread take part: `let mut own = \
             barrier.participant();` before the threads begin, and `own.wait_all()` here"
        )));
    }
    Some(finding.help(format!("let it expect as many as signal: `{come}`")))
}

fn total(sites: &[Site], uses: &Uses) -> Option<u128> {
    sites.iter().try_fold(0_u128, |sum, site| sum.checked_add(times(site, uses)?))
}

/// How often a place is come by in one frame; `None` when that is not certain.
fn times(site: &Site, uses: &Uses) -> Option<u128> {
    let mut times = 1_u128;
    // Of one thread, what joins again and again is several participants; what signals is several frames.
    let joins = uses.joins.iter().any(|join| join.span == site.span);
    let threads = |path: &[Factor]| path.iter().filter(|factor| **factor == Factor::Thread).count();
    for (at, factor) in site.path.iter().enumerate() {
        let here = threads(&site.path[..at]);
        let counts = joins || threads(&site.path) > here;
        match factor {
            Factor::Thread => {}
            Factor::Times(_) if !counts => return None,
            Factor::Times(count) => times = times.checked_mul(*count)?,
            Factor::Loop(id, bound) => {
                // A loop in which the same thread waits has one frame per round.
                let of_frames = uses.waits.iter().any(|wait| {
                    let path = &wait.site.path;
                    threads(path) == here
                        && path.iter().any(|other| matches!(other, Factor::Loop(known, _) if known == id))
                });
                match bound {
                    _ if of_frames => {}
                    Some(count) if here == 0 && counts => times = times.checked_mul(*count)?,
                    _ => return None,
                }
            }
        }
    }
    Some(times)
}
