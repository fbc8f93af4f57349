//! What is known of types and functions that are not in the index: std's, and rayon's as far as threads go.
//!
//! A type from elsewhere is its last name, so `Vec` is anybody's `Vec`. Nothing is said of what is not known: a `None`
//! leaves the call's type open. A receiver is looked at as it is; the caller dereferences step by step, which is how the
//! containers of framealloc get the methods of what they deref to.
//!
//! | function | answers |
//! |---|---|
//! | [`method`] | what a method returns, and with what and how it calls closures |
//! | [`function`] | the same for a path |
//! | [`deref`] | one step of dereferencing |
//! | [`iterate`] | what a `for` loop yields |

mod cells;
mod functions;
mod iterators;
mod known;
mod maps;
mod options;
mod sequences;
#[cfg(test)]
mod tests;
mod threads;

pub(crate) use cells::deref;
pub(crate) use functions::function;
pub(crate) use known::{Args, Known, Run};

use crate::ty::Ty;

/// What is known of the method `name` of `receiver`, which is not dereferenced, save that `&T` has the methods of `T`.
pub(crate) fn method(receiver: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    let (of, by_ref) = (receiver.peeled(), receiver.is_ref());
    options::method(of, name, args)
        .or_else(|| iterators::method(of, name, args))
        .or_else(|| sequences::method(of, by_ref, name, args))
        .or_else(|| sequences::text(of, name, args))
        .or_else(|| maps::method(of, by_ref, name, args))
        .or_else(|| cells::method(of, name, args))
        .or_else(|| threads::method(of, name))
        .or_else(|| other(of, name, args))
}

/// Methods of plain values.
fn other(of: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    match (of, name) {
        (Ty::Foreign(kind, _), "then") if kind == "bool" => {
            Some(Known::calls(0, Run::Once, [], known::option(known::returned(0))))
        }
        (Ty::Foreign(kind, _), "then_some") if kind == "bool" => {
            Some(Known::returns(known::option(args.get(0))))
        }
        (Ty::Foreign(..) | Ty::Tuple(_) | Ty::Slice(..) | Ty::Iter(_) | Ty::Fn(..), "clone")
            if args.types.is_empty() =>
        {
            Some(Known::returns(of.clone()))
        }
        _ => None,
    }
}

/// What a `for` loop over a value of this type yields; unknown for types in the index.
pub(crate) fn iterate(ty: &Ty) -> Ty {
    let of = ty.peeled();
    let lend = |item: Ty| if ty.is_ref() { item.reference() } else { item };
    match of {
        // `&mut` of an iterator yields what it yields.
        Ty::Iter(item) => (**item).clone(),
        Ty::Foreign(kind, _) if matches!(kind.as_str(), "ParIter" | "Receiver") => of.arg(0),
        Ty::Foreign(kind, _) if kind == "Option" => lend(of.arg(0)),
        _ => match (sequences::element(of), maps::item(of)) {
            (Some(item), _) => lend(item),
            (None, Some(Ty::Tuple(parts))) if ty.is_ref() && parts.len() == 2 => {
                Ty::Tuple(parts.into_iter().map(Ty::reference).collect())
            }
            (None, Some(item)) => lend(item),
            (None, None) => match deref(of) {
                // `Box<[T]>` by value yields what it holds; the others lend.
                Some(inner) if matches!(of, Ty::Foreign(kind, _) if kind == "Box") => iterate(&inner),
                _ => Ty::Unknown,
            },
        },
    }
}
