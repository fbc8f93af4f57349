//! `Option` and `Result`.

use super::Run;
use super::known::{Args, Known, bool, iter, named, option, or, pair, result, returned};
use crate::ty::Ty;

/// A method of either, `of` being the type without references. `None` when it is another type's.
pub(super) fn method(of: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    let Ty::Foreign(kind, _) = of else { return None };
    let value = of.arg(0);
    match kind.as_str() {
        "Option" => both(of, name, args, &value, None).or_else(|| optional(of, name, args, value)),
        "Result" => {
            let error = of.arg(1);
            both(of, name, args, &value, Some(&error)).or_else(|| fallible(name, value, error))
        }
        _ => None,
    }
}

/// What the two have in common; `error` is a `Result`'s.
fn both(of: &Ty, name: &str, args: Args<'_>, value: &Ty, error: Option<&Ty>) -> Option<Known> {
    let value = || value.clone();
    let with = |value: Ty| match error {
        Some(error) => result(value, error.clone()),
        None => option(value),
    };
    let failed: Vec<Ty> = error.into_iter().cloned().collect();
    let returns = Known::returns;
    let once = |params: Vec<Ty>, ret: Ty| Known::calls(0, Run::Once, params, ret);
    Some(match name {
        "unwrap" | "expect" | "unwrap_or_default" | "unwrap_unchecked" => returns(value()),
        "unwrap_or" => returns(or(value(), args.get(0))),
        "unwrap_or_else" => once(failed, or(value(), returned(0))),
        "as_ref" | "as_mut" => returns(match error {
            Some(error) => result(value().reference(), error.clone().reference()),
            None => option(value().reference()),
        }),
        "as_deref" | "as_deref_mut" => {
            returns(with(super::deref(&value()).unwrap_or_else(value).reference()))
        }
        "copied" | "cloned" => returns(with(unref(value()))),
        "map" => once(vec![value()], with(returned(0))),
        "map_or" => Known::calls(1, Run::Once, [value()], or(args.get(0), returned(0))),
        "map_or_else" => Known::calls(0, Run::Once, failed, returned(1)).and(1, Run::Once, [value()]),
        "and_then" => once(vec![value()], returned(0)),
        "and" => returns(args.get(0)),
        "or" => returns(of.clone()),
        "or_else" => match error {
            Some(error) => once(vec![error.clone()], returned(0)),
            None => once(Vec::new(), of.clone()),
        },
        "is_some_and" | "is_none_or" | "is_ok_and" => once(vec![value()], bool()),
        "is_err_and" => once(failed, bool()),
        "is_some" | "is_none" | "is_ok" | "is_err" => returns(bool()),
        "inspect" => once(vec![value().reference()], of.clone()),
        "inspect_err" => once(failed.into_iter().map(Ty::reference).collect(), of.clone()),
        "iter" | "iter_mut" => returns(iter(value().reference())),
        "into_iter" => returns(iter(value())),
        "flatten" => returns(value()),
        "clone" => returns(of.clone()),
        _ => return None,
    })
}

fn optional(of: &Ty, name: &str, args: Args<'_>, value: Ty) -> Option<Known> {
    let once = |params: Vec<Ty>, ret: Ty| Known::calls(0, Run::Once, params, ret);
    Some(match name {
        "take" | "replace" | "xor" => Known::returns(of.clone()),
        "take_if" | "filter" => once(vec![value.reference()], of.clone()),
        "insert" | "get_or_insert" => Known::returns(or(value, args.get(0)).reference()),
        "get_or_insert_with" => once(Vec::new(), or(value, returned(0)).reference()),
        "get_or_insert_default" => Known::returns(value.reference()),
        "ok_or" => Known::returns(result(value, args.get(0))),
        "ok_or_else" => once(Vec::new(), result(value, returned(0))),
        "zip" => Known::returns(option(pair(value, args.get(0).arg(0)))),
        "unzip" => match value {
            Ty::Tuple(parts) => Known::returns(Ty::Tuple(parts.into_iter().map(option).collect())),
            _ => return None,
        },
        "transpose" => Known::returns(result(option(value.arg(0)), value.arg(1))),
        _ => return None,
    })
}

fn fallible(name: &str, value: Ty, error: Ty) -> Option<Known> {
    Some(match name {
        "ok" => Known::returns(option(value)),
        "err" => Known::returns(option(error)),
        "unwrap_err" | "expect_err" => Known::returns(error),
        "map_err" => Known::calls(0, Run::Once, [error], result(value, returned(0))),
        "transpose" => Known::returns(option(result(value.arg(0), error))),
        // anyhow's.
        "context" => Known::returns(result(value, named("Error"))),
        "with_context" => Known::calls(0, Run::Once, [], result(value, named("Error"))),
        _ => return None,
    })
}

pub(super) fn unref(ty: Ty) -> Ty {
    match ty {
        Ty::Ref(inner) => *inner,
        other => other,
    }
}
