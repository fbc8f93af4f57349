//! What is held where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Made, Origin, Sited};
use crate::mir::{Local, Place, Root};
use crate::source::Span;

/// What became of one handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// `None` for what came in.
    pub(crate) made: Option<Arc<Made>>,
    /// The variable that it was bound to first.
    pub(crate) name: Option<String>,
    /// How many frames were open when it was made, relative to the start of the body.
    pub(crate) depth: i32,
    /// The allocator, where it can be told from others.
    pub(crate) allocator: Option<Place>,
    pub(crate) ended: Option<End>,
}

/// The end of a handle's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) span: Span,
    /// On every way to here.
    pub(crate) sure: bool,
}

/// Handles of one place, each with how it was put there.
pub(crate) type Holdings = BTreeMap<Origin, Sited>;

/// The state of the analysis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) least: i32,
    pub(crate) most: i32,
    pub(crate) held: BTreeMap<Place, Holdings>,
    pub(crate) status: BTreeMap<Origin, Status>,
    /// References, as other names for places.
    aliases: BTreeMap<Local, Place>,
    /// Places that were emptied, on some way, after something was put there.
    pub(crate) cleared: BTreeSet<Place>,
}

impl State {
    /// The place without dereferences and elements, and without references on the way.
    pub(crate) fn resolve(&self, place: &Place) -> Place {
        let steps = |fields: &[String]| {
            fields.iter().filter(|field| !matches!(field.as_str(), "*" | "[]")).cloned().collect::<Vec<_>>()
        };
        let mut found = Place { root: place.root, fields: steps(&place.fields) };
        for _ in 0..8 {
            let Root::Local(local) = found.root else { break };
            let Some(alias) = self.aliases.get(&local) else { break };
            let mut fields = alias.fields.clone();
            fields.append(&mut found.fields);
            found = Place { root: alias.root, fields };
        }
        found
    }

    /// Makes a variable another name for a place.
    pub(crate) fn alias(&mut self, local: Local, to: Place) {
        if to.root != Root::Local(local) {
            self.aliases.insert(local, to);
        }
    }

    pub(crate) fn is_alias(&self, local: Local) -> bool {
        self.aliases.contains_key(&local)
    }

    /// What a resolved place holds, with the fields below it.
    pub(crate) fn at(&self, place: &Place) -> Vec<(Vec<String>, Origin, Sited)> {
        let mut found = Vec::new();
        for (key, holdings) in &self.held {
            let Some(below) = overlap(key, place) else { continue };
            found.extend(holdings.iter().map(|(origin, site)| (below.clone(), *origin, site.clone())));
        }
        found
    }

    /// Moves out what a resolved place holds. Names of shared values are copied.
    pub(crate) fn take(&mut self, place: &Place) -> Vec<(Vec<String>, Origin, Sited)> {
        let found = self.at(place);
        let status = &self.status;
        let copied = |origin: &Origin| {
            status.get(origin).and_then(|status| status.made.as_ref()).is_some_and(|made| made.shared)
        };
        self.held.retain(|key, holdings| {
            if overlap(key, place).is_some() {
                holdings.retain(|origin, _| copied(origin));
            }
            !holdings.is_empty()
        });
        found
    }

    /// Forgets what is at and below a resolved place.
    pub(crate) fn clear(&mut self, place: &Place) {
        self.held.retain(|key, _| !starts_with(key, place));
    }

    pub(crate) fn put(&mut self, place: Place, origin: Origin, site: Sited) {
        if self.held.len() < 512 {
            self.held.entry(place).or_default().insert(origin, site);
        }
    }

    /// Something is put into a place that may have been emptied before.
    pub(crate) fn refilled(&mut self, place: &Place) {
        self.cleared.retain(|cleared| overlap(cleared, place).is_none());
    }

    /// Whether a place was emptied since something was put there, if only by a loop that may not run.
    pub(crate) fn is_cleared(&self, place: &Place) -> bool {
        self.cleared.iter().any(|cleared| overlap(cleared, place).is_some())
    }

    /// The scope of a variable ends.
    pub(crate) fn drop_local(&mut self, local: Local) {
        self.held.retain(|key, _| key.root != Root::Local(local));
        self.aliases.remove(&local);
    }

    pub(crate) fn ended(&self, origin: Origin) -> Option<(&Status, End)> {
        let status = self.status.get(&origin)?;
        Some((status, status.ended?))
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        for (place, holdings) in &other.held {
            let here = self.held.entry(place.clone()).or_default();
            for (origin, site) in holdings {
                let known = here.entry(*origin).or_default();
                if known.is_none() {
                    known.clone_from(site);
                }
            }
        }
        for (origin, status) in &other.status {
            match self.status.get_mut(origin) {
                None => {
                    self.status.insert(*origin, status.clone());
                }
                Some(known) => {
                    known.ended = match (known.ended, status.ended) {
                        (Some(one), Some(two)) => Some(End { span: one.span, sure: one.sure && two.sure }),
                        (one, two) => one.or(two).map(|end| End { sure: false, ..end }),
                    };
                    if known.name.is_none() {
                        known.name.clone_from(&status.name);
                    }
                }
            }
        }
        for (local, place) in &other.aliases {
            self.aliases.entry(*local).or_insert_with(|| place.clone());
        }
        self.cleared.extend(other.cleared.iter().cloned());
    }
}

/// Whether `place` is `of` or a part of it.
pub(crate) fn starts_with(place: &Place, of: &Place) -> bool {
    place.root == of.root && place.fields.starts_with(&of.fields)
}

/// For places of which one is a part of the other: the fields by which `key` is below `place`.
fn overlap(key: &Place, place: &Place) -> Option<Vec<String>> {
    if starts_with(key, place) {
        return Some(key.fields[place.fields.len()..].to_vec());
    }
    starts_with(place, key).then(Vec::new)
}

/// Whether two allocators are certainly two: different parameters, or different fields of one.
pub(crate) fn distinct(one: &Option<Place>, other: &Option<Place>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => !starts_with(one, other) && !starts_with(other, one),
        _ => false,
    }
}
