//! The tag that a function is entered with: that of its attribute, or the one that all its callers have in force.

use std::collections::{HashMap, HashSet};

use super::{Tag, Tags};
use crate::index::{FnData, FnId};
use crate::mir::{Body, Callee, FnBody, Op, Run};
use crate::model::Model;

/// The tag that a function is entered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) tag: Tag,
    /// It is what the callers in sight have in force: there may be others.
    pub(crate) inferred: bool,
}

/// A call: who is called by whom, under which tag as seen from the caller.
struct Site {
    caller: FnId,
    callee: FnId,
    tag: Tag,
}

/// Those that callers tell.
#[derive(Debug, Default)]
pub(super) struct Entries {
    inferred: HashMap<FnId, Tag>,
}

/// How long a chain of calls may be through which a tag is handed down.
const ROUNDS: usize = 6;

impl Entries {
    pub(super) fn new(model: &Model<'_>, tags: &Tags) -> Self {
        let sites = sites(model, tags);
        let called: HashSet<FnId> = sites.iter().map(|site| site.callee).collect();
        let mut known = Self::default();
        for round in 0..=ROUNDS {
            let mut next: HashMap<FnId, Tag> = HashMap::new();
            for site in &sites {
                let entry = known.of(model, site.caller);
                // Callers whose own callers have not been looked at yet wait; in the last round nobody waits any more.
                let waits = entry.tag == Tag::Unknown
                    && called.contains(&site.caller)
                    && !known.inferred.contains_key(&site.caller);
                if waits && round < ROUNDS {
                    continue;
                }
                let tag = site.tag.within(&entry.tag);
                let joined =
                    next.remove(&site.callee).map_or_else(|| tag.clone(), |before| before.join(&tag));
                next.insert(site.callee, joined);
            }
            known.inferred = next;
        }
        known
    }

    pub(super) fn of(&self, model: &Model<'_>, id: FnId) -> Entry {
        if let Some(system) = model.system(id) {
            return Entry { tag: Tag::Rooted(system.tag.clone()), inferred: false };
        }
        if is_main(model, model.index.function(id)) {
            return Entry { tag: Tag::NONE, inferred: false };
        }
        Entry { tag: self.inferred.get(&id).cloned().unwrap_or(Tag::Unknown), inferred: true }
    }
}

fn is_main(model: &Model<'_>, data: &FnData) -> bool {
    let krate = &model.index.crates[data.krate.0 as usize];
    data.name() == "main" && data.owner.is_none() && data.path == format!("{}::main", krate.name)
}

/// The calls outside of tests: those choose tags as they please.
fn sites(model: &Model<'_>, tags: &Tags) -> Vec<Site> {
    let mut sites = Vec::new();
    for (caller, data, function) in model.functions() {
        if data.when.test {
            continue;
        }
        let mut add = |op: &Op, tag: &Tag| {
            if let Op::Call(call) = op
                && let Callee::Fn(callee) = call.callee
            {
                sites.push(Site { caller, callee, tag: tag.clone() });
            }
        };
        if tags.runs.contains_key(&caller) {
            tags.visit(model, caller, |_, _, state, op| add(op, state.current()));
        } else {
            for body in &function.bodies {
                let tag = if stays_on_thread(function, body) { Tag::ENTRY } else { Tag::Unknown };
                body.ops().for_each(|(_, op)| add(op, &tag));
            }
        }
    }
    sites
}

/// Whether a body runs while the function does, on its thread.
fn stays_on_thread(function: &FnBody, body: &Body) -> bool {
    let Some(parent) = body.parent else { return true };
    let here =
        !body.runs.is_empty() && body.runs.iter().all(|site| matches!(site.run, Run::Once | Run::PerItem));
    here && stays_on_thread(function, function.body(parent))
}
