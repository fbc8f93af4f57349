//! The tags that fields keep: of type `Tag` or `TaggedAllocator`, the same wherever a value of the type is made.

use std::collections::{BTreeSet, HashMap};

use super::{Tag, Tags};
use crate::api::Nesting;
use crate::flow::values::type_of;
use crate::index::{AdtId, Ty};
use crate::mir::{Body, Callee, Op, Operand, Place};
use crate::model::Model;

#[derive(Debug, Default)]
pub(super) struct FieldTags {
    known: HashMap<(AdtId, String), Tag>,
}

impl FieldTags {
    /// What `tags`, which knows no fields yet, sees put into them. Tests choose tags as they please.
    pub(super) fn new(model: &Model<'_>, tags: &Tags) -> Self {
        let mut found = Self::default();
        let mut unsure: BTreeSet<String> = BTreeSet::new();
        for (id, ..) in model.functions().filter(|(_, data, _)| !data.when.test) {
            let entry = tags.entry(model, id).tag;
            tags.visit(model, id, |scopes, body, state, op| {
                let tag = |operand| scopes.named(state, operand, Nesting::FromRoot).within(&entry);
                match op {
                    Op::Aggregate { dest, parts, fields, .. } => {
                        let Ty::Adt(adt, _) = &body.local(*dest).ty else { return };
                        for (part, field) in parts.iter().zip(fields).filter(|(part, _)| names(model, part)) {
                            found.note((*adt, field.clone()), tag(part));
                        }
                    }
                    Op::Move { from, to, .. } if names(model, from) => {
                        let Some(field) = to.fields.last() else { return };
                        match holder(model, body, to) {
                            Some(adt) => found.note((adt, field.clone()), tag(from)),
                            None => _ = unsure.insert(field.clone()),
                        }
                    }
                    // `mem::replace(&mut self.heap, other)`
                    Op::Call(call) if !call.has_receiver && matches!(call.callee, Callee::Foreign(_)) => {
                        let lent = call.args.iter().filter(|arg| arg.by_ref && names(model, arg));
                        unsure.extend(lent.filter_map(|arg| arg.place.fields.last().cloned()));
                    }
                    _ => {}
                }
            });
        }
        found.known.retain(|(_, field), tag| *tag != Tag::Unknown && !unsure.contains(field));
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn note(&mut self, field: (AdtId, String), tag: Tag) {
        let tag = match self.known.get(&field) {
            Some(known) => known.clone().join(&tag),
            None if matches!(tag, Tag::Rooted(_)) => tag,
            None => Tag::Unknown,
        };
        self.known.insert(field, tag);
    }

    /// The tag that is in a field.
    pub(super) fn of(&self, model: &Model<'_>, body: &Body, place: &Place) -> Option<&Tag> {
        if self.is_empty() {
            return None;
        }
        let field = place.fields.iter().rfind(|field| *field != "*")?;
        self.known.get(&(holder(model, body, place)?, field.clone()))
    }
}

fn names(model: &Model<'_>, operand: &Operand) -> bool {
    matches!(model.index.ours(operand.ty.peeled()), Some("Tag" | "TaggedAllocator"))
}

/// The type of which the last part of a place is a field.
fn holder(model: &Model<'_>, body: &Body, place: &Place) -> Option<AdtId> {
    let at = place.fields.iter().rposition(|field| field != "*")?;
    let around = Place { root: place.root, fields: place.fields[..at].to_vec() };
    match type_of(model, body, &around).peeled() {
        Ty::Adt(adt, _) => Some(*adt),
        _ => None,
    }
}
