//! From files to findings.

use std::collections::BTreeMap;

use rayon::ThreadPoolBuilder;

use crate::api::Fact;
use crate::config::Config;
use crate::demand::{Reached, reach};
use crate::finding::Finding;
use crate::flow::budgets_in;
use crate::index::Build;
use crate::lints;
use crate::load::{self, Loaded};
use crate::mir::{Body, Call, Const, Operand};
use crate::model::Model;
use crate::project::{Cfg, Input};
use crate::source::{FileId, Sources, Span};

/// Everything that a run found out.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    pub(crate) sources: Sources,
    /// Those of the selected crates: suppressions in them are looked at.
    pub(crate) linted: Vec<FileId>,
    /// Sorted by place, at the lints' own levels; those below the smallest confidence are left out.
    pub(crate) findings: Vec<Finding>,
    /// Files that could not be parsed or read, or with a function that could not be, with the reason; the offset is where it went wrong.
    pub(crate) unparsed: Vec<(FileId, u32, String)>,
    /// Functions that were not looked into, because the linter itself failed at them.
    pub(crate) gave_up: Vec<String>,
    /// Every tag that the code names, as a literal, and where; for `init`.
    pub(crate) tags: BTreeMap<String, Vec<Span>>,
    pub(crate) lines: usize,
}

/// Bytes of stack per thread: a tree is as deep as somebody nested it.
const STACK: usize = 64 << 20;

/// Lints `input`. With `everything`, crates that do not name framealloc are parsed too. `advance` is called after each
/// file, from any thread, for progress.
pub(crate) fn analyze(
    input: &Input,
    config: &Config,
    everything: bool,
    advance: &(dyn Fn() + Sync),
) -> Analysis {
    analyze_with(input, config, everything, advance, reach)
}

/// The same, with another choice of what is read.
pub(crate) fn analyze_with(
    input: &Input,
    config: &Config,
    everything: bool,
    advance: &(dyn Fn() + Sync),
    reach: fn(&Sources, &[Cfg], Build) -> Reached,
) -> Analysis {
    let pool = ThreadPoolBuilder::new().stack_size(STACK).build().expect("threads can be started");
    pool.install(|| {
        let loaded = load::load(input, everything, advance);
        let Loaded { sources, build, cfgs, linted, mut unparsed, lines } = loaded;
        let mut reached = reach(&sources, &cfgs, build);
        unparsed.append(&mut reached.unparsed);
        unparsed.sort();
        unparsed.dedup_by_key(|(id, ..)| *id);
        let model = Model::new(&sources, &reached, config);
        let findings = lint(&model);
        let tags = tags(&model);
        let gave_up = reached.gave_up.iter().map(|id| reached.index.function(*id).path.clone()).collect();
        // Giving back every block of them takes a tenth of the time, and the process is about to end.
        std::mem::forget(reached);
        Analysis { findings, tags, gave_up, sources, linted, unparsed, lines }
    })
}

fn lint(model: &Model<'_>) -> Vec<Finding> {
    let mut findings = lints::run(model);
    findings.retain(|finding| finding.confidence >= model.config.min_confidence);
    findings.sort_by_key(|finding| (finding.primary.span, finding.lint.code));
    findings.dedup_by_key(|finding| (finding.primary.span, finding.lint.code));
    findings
}

/// The tags that attributes and calls name.
fn tags(model: &Model<'_>) -> BTreeMap<String, Vec<Span>> {
    let mut tags: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for (_, _, system) in model.systems() {
        tags.entry(system.tag.clone()).or_default().push(system.tag_span.unwrap_or(system.span));
    }
    for (_, _, function) in model.functions() {
        for body in &function.bodies {
            for tag in body.calls().flat_map(|(_, call)| tags_of(model, body, call)) {
                if let Some(Const::Str(text)) = &tag.value {
                    tags.entry(text.clone()).or_default().push(tag.span);
                }
            }
        }
    }
    tags
}

/// The arguments by which a call names tags, those of a list of budgets included.
fn tags_of<'b>(model: &Model<'_>, body: &'b Body, call: &'b Call) -> Vec<&'b Operand> {
    let of = |fact: &Fact| match fact {
        Fact::Tag(at, _) => call.given().get(*at).into_iter().collect(),
        Fact::Budgets(at) => {
            let pairs = call.given().get(*at).and_then(|list| budgets_in(body, list));
            pairs.into_iter().flatten().flatten().map(|(tag, ..)| tag).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    model.facts(call).iter().flat_map(of).collect()
}
