//! Values that the source spells out.

use super::Const;
use crate::hir::{BinOp, Expr, ExprKind, Lit};
use crate::index::{Def, Index, ModId, Ty};

pub(super) fn literal(lit: &Lit) -> (Ty, Option<Const>) {
    match lit {
        Lit::Int(value) => (Ty::foreign("integer", []), Some(Const::Int(*value))),
        Lit::Str(text) => (Ty::foreign("str", []).reference(), Some(Const::Str(text.clone()))),
        Lit::Bool(value) => (Ty::foreign("bool", []), Some(Const::Bool(*value))),
        Lit::Other => (Ty::Unknown, None),
    }
}

/// `usize::MAX` and the like.
pub(super) fn largest(path: &[String]) -> Option<u128> {
    let [.., ty, name] = path else { return None };
    let bits = match ty.as_str() {
        "u8" => 8,
        "u16" => 16,
        "u32" => 32,
        "u64" | "usize" => 64,
        _ => return None,
    };
    (name == "MAX").then(|| (1 << bits) - 1)
}

pub(super) fn integer(value: Option<&Const>) -> Option<u128> {
    match value {
        Some(Const::Int(value)) => Some(*value),
        _ => None,
    }
}

/// How many numbers a range has.
pub(super) fn range(from: Option<&Const>, to: Option<&Const>, closed: bool) -> Option<u128> {
    let (from, to) = (integer(from)?, integer(to)?);
    to.checked_add(u128::from(closed)).map(|end| end.saturating_sub(from))
}

pub(super) fn arithmetic(op: BinOp, left: Option<&Const>, right: Option<&Const>) -> Option<Const> {
    let (Some(Const::Int(left)), Some(Const::Int(right))) = (left, right) else { return None };
    let value = match op {
        BinOp::Add => left.checked_add(*right),
        BinOp::Sub => left.checked_sub(*right),
        BinOp::Mul => left.checked_mul(*right),
        BinOp::Div => left.checked_div(*right),
        BinOp::Shl => u32::try_from(*right).ok().and_then(|by| left.checked_shl(by)),
        _ => None,
    };
    value.map(Const::Int)
}

/// The value of a constant expression.
pub(crate) fn fold(index: &Index, module: ModId, expr: &Expr, depth: usize) -> Option<Const> {
    if depth > 32 {
        return None;
    }
    match &expr.kind {
        ExprKind::Lit(lit) => literal(lit).1,
        ExprKind::Cast(inner, _) => fold(index, module, inner, depth + 1),
        ExprKind::Binary(left, op, right) => {
            let (left, right) =
                (fold(index, module, left, depth + 1)?, fold(index, module, right, depth + 1)?);
            arithmetic(*op, Some(&left), Some(&right))
        }
        ExprKind::Path(path) => match index.resolve_path(module, path)? {
            (Def::Static(id), used) if used == path.segments.len() => {
                let data = index.static_(id);
                fold(index, data.module, data.init.as_ref()?, depth + 1)
            }
            (Def::Variant(id, at), used) if used == path.segments.len() => {
                let adt = index.adt(id);
                Some(Const::Variant(adt.name.text.clone(), adt.variants[at].0.clone()))
            }
            _ => None,
        },
        // `Incremental(4)`
        ExprKind::Call { callee, .. } => match fold(index, module, callee, depth + 1)? {
            variant @ Const::Variant(..) => Some(variant),
            _ => None,
        },
        _ => None,
    }
}
