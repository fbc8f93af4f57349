//! Barriers that are kept in a field.

use crate::flow::type_of;
use crate::index::{AdtId, Ty};
use crate::mir::{Body, FnBody, Op, Place};
use crate::model::Model;

/// A field of a type.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) adt: AdtId,
    pub(super) name: String,
}

impl Field {
    /// Whether a place is the field, of whichever value.
    pub(super) fn is(&self, model: &Model<'_>, body: &Body, place: &Place) -> bool {
        let Some(at) = place.fields.iter().rposition(|part| part != "*") else { return false };
        let holder = || Place { root: place.root, fields: place.fields[..at].to_vec() };
        place.fields[at] == self.name
            && matches!(type_of(model, body, &holder()).peeled(), Ty::Adt(id, _) if *id == self.adt)
    }

    /// The only function that uses the field, when the type is made in one place.
    pub(super) fn user<'a>(&self, model: &'a Model<'_>) -> Option<&'a FnBody> {
        let mut makers = 0;
        let mut user: Option<&FnBody> = None;
        for function in model.index.functions().filter_map(|(id, _)| model.body(id)) {
            for (body, op) in
                function.bodies.iter().flat_map(|body| body.ops().map(move |(_, op)| (body, op)))
            {
                makers += usize::from(
                    matches!(op, Op::Aggregate { dest, .. } if matches!(body.local(*dest).ty, Ty::Adt(id, _) if id == self.adt)),
                );
                if !places(op).into_iter().any(|place| self.is(model, body, place)) {
                    continue;
                }
                if user.is_some_and(|known| known.function != function.function) {
                    return None;
                }
                user = Some(function);
            }
        }
        user.filter(|_| makers == 1)
    }
}

/// The places that an operation reads, moves or writes.
pub(super) fn places(op: &Op) -> Vec<&Place> {
    match op {
        Op::Call(call) => call.args.iter().map(|arg| &arg.place).collect(),
        Op::Move { from, to, .. } => vec![&from.place, to],
        Op::Aggregate { parts, .. } | Op::Closure { captures: parts, .. } => {
            parts.iter().map(|part| &part.place).collect()
        }
        Op::Use { place, .. } => vec![place],
        Op::Exit { value, .. } => value.iter().map(|value| &value.place).collect(),
        Op::Drop { .. } | Op::Await { .. } | Op::Jump { .. } => Vec::new(),
    }
}
