//! Where values come from within a body, and how many bytes a budget is.

use crate::api::Fact;
use crate::index::Ty;
use crate::mir::{Body, Call, Callee, Const, Local, Op, Operand, Place, Root};
use crate::model::Model;
use crate::source::Span;

/// Follows moves between variables and temporaries back to where the value was made.
pub(crate) fn source_of(body: &Body, mut local: Local) -> Option<Local> {
    for _ in 0..16 {
        let before = body.ops().find_map(|(_, op)| match op {
            Op::Move { from, to, .. } if to.whole() == Some(local) => Some(from.place.whole()),
            _ => None,
        });
        match before {
            Some(Some(from)) => local = from,
            Some(None) => return None,
            None => return Some(local),
        }
    }
    None
}

/// The type that a place is declared with.
pub(crate) fn type_of(model: &Model<'_>, body: &Body, place: &Place) -> Ty {
    let root = match place.root {
        Root::Local(local) => body.local(local).ty.clone(),
        Root::Static(id) => model.index.static_(id).ty.clone(),
    };
    place.fields.iter().filter(|field| *field != "*").fold(root, |ty, field| match field.as_str() {
        "[]" => model.index.element(&ty),
        field => model.index.field(&ty, field).unwrap_or_default(),
    })
}

/// The call or the literal that makes a value.
pub(crate) fn made_by<'b>(body: &'b Body, operand: &Operand) -> Option<&'b Op> {
    let made = source_of(body, operand.place.whole()?)?;
    body.ops().map(|(_, op)| op).find(|op| match op {
        Op::Call(call) => call.dest == made,
        Op::Aggregate { dest, .. } => *dest == made,
        _ => false,
    })
}

/// A tag, its budget, and the pair of both.
type TagBudget<'b> = (&'b Operand, &'b Operand, Span);

/// The tags and budgets of a list that is spelled out, `[("physics", Budget::bytes(n)), ..]`; `None` for a pair that is
/// not.
pub(crate) fn budgets_in<'b>(body: &'b Body, list: &Operand) -> Option<Vec<Option<TagBudget<'b>>>> {
    let Op::Aggregate { parts, .. } = made_by(body, list)? else { return None };
    let pair = |pair| match made_by(body, pair) {
        Some(Op::Aggregate { parts, span, .. }) => match &parts[..] {
            [tag, budget] => Some((tag, budget, *span)),
            _ => None,
        },
        _ => None,
    };
    Some(parts.iter().map(pair).collect())
}

/// The bytes of a budget, or of a size that becomes one: `8 * MIB`, `8.megabytes()`, `Budget::bytes(..).soft(..)`.
pub(crate) fn bytes(model: &Model<'_>, body: &Body, operand: &Operand) -> Option<u64> {
    match &operand.value {
        Some(Const::Int(bytes)) => return u64::try_from(*bytes).ok(),
        Some(_) => return None,
        None => {}
    }
    let Some(Op::Call(call)) = made_by(body, operand) else { return None };
    let limit = model.facts(call).iter().find_map(|fact| match fact {
        Fact::Limit(at) => call.given().get(*at),
        _ => None,
    });
    if let Some(limit) = limit {
        return bytes(model, body, limit);
    }
    let receiver = call.args.first()?;
    if let Some(shift) = unit(model, call) {
        return bytes(model, body, receiver)?.checked_mul(1 << shift);
    }
    // `soft_percent` and the like give the same budget back.
    let same = model.index.ours(&body.local(call.dest).ty) == Some("Budget")
        && model.index.ours(&receiver.ty) == Some("Budget");
    let converted =
        matches!(&call.callee, Callee::Foreign(name) if name.ends_with("::into") || name.ends_with("::from"));
    if same || converted { bytes(model, body, receiver) } else { None }
}

/// `kilobytes` and its sisters, which integers have from the trait `Bytes`.
fn unit(model: &Model<'_>, call: &Call) -> Option<u32> {
    let name = match &call.callee {
        Callee::Fn(_) => model.api(call)?.strip_prefix("Bytes::")?.to_owned(),
        Callee::Foreign(name) => {
            let (ty, method) = name.split_once("::")?;
            let integers = ["integer", "i32", "i64", "u32", "u64", "usize"];
            integers.contains(&ty).then(|| method.to_owned())?
        }
        _ => return None,
    };
    match name.as_str() {
        "kilobytes" => Some(10),
        "megabytes" => Some(20),
        "gigabytes" => Some(30),
        _ => None,
    }
}
