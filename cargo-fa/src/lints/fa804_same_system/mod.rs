//! FA804: two systems that reports cannot tell apart.
#![doc = include_str!("page.md")]

use std::collections::BTreeMap;

use crate::attributes::System;
use crate::finding::{Finding, Level};
use crate::index::{FnData, Index};
use crate::lints::{Category, Lint, LintCx};

pub(crate) static LINT: Lint = Lint {
    code: "FA804",
    name: "same_system",
    category: Category::Architecture,
    level: Level::Warn,
    summary: "two systems have the same name and the same tag",
    page: include_str!("page.md"),
};

type Declared<'a> = (&'a FnData, &'a System);

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let mut systems: BTreeMap<(&str, &str), Vec<Declared<'_>>> = BTreeMap::new();
    for (_, data, system) in cx.model.systems() {
        // One of several stand-ins, or one of a test: not all of them are in the same program.
        if !data.when.test && !data.when.conditional && data.function.body.is_some() {
            systems.entry((data.name(), &system.tag)).or_default().push((data, system));
        }
    }
    for same in systems.values_mut() {
        same.sort_by_key(|(_, system)| system.span);
        // A file of several targets is read for each of them.
        same.dedup_by_key(|(_, system)| system.span);
        for (at, later) in same.iter().enumerate() {
            let earlier = same[..at].iter().find(|earlier| meet(cx.model.index, earlier.0, later.0));
            findings.extend(earlier.map(|earlier| blame(later, earlier)));
        }
    }
}

fn blame((data, system): &Declared<'_>, (_, earlier): &Declared<'_>) -> Finding {
    let (name, tag) = (data.name(), &system.tag);
    Finding::new(&LINT, system.span, format!("a second system `{name}` with the tag `{tag}`"))
        .label("reports list it under the same name and tag as another one")
        .also(earlier.span, "the other one")
        .help(format!("tell them apart by the name or by the tag: `tag = \"{tag}/..\"`"))
        .item(&data.path)
}

/// Whether two systems can be in one program.
fn meet(index: &Index, one: &FnData, other: &FnData) -> bool {
    // A file that no `mod` leads to may be a program of its own.
    let orphan = |data: &FnData| index.module(data.module).orphan;
    if orphan(one) != orphan(other) {
        return false;
    }
    index.in_one_program(one.krate, other.krate)
}
