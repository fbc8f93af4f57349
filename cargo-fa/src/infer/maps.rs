//! Maps and sets.

use super::Run;
use super::known::{Args, Known, bool, iter, option, or, pair, par_iter, returned, usize};
use crate::ty::Ty;

/// A method of a map, a set or an entry; `by_ref` when the receiver is a reference.
pub(super) fn method(of: &Ty, by_ref: bool, name: &str, args: Args<'_>) -> Option<Known> {
    let Ty::Foreign(kind, _) = of else { return None };
    match kind.as_str() {
        "HashMap" | "BTreeMap" | "IndexMap" | "FxHashMap" | "AHashMap" => map(of, by_ref, name),
        "HashSet" | "BTreeSet" | "IndexSet" | "FxHashSet" | "AHashSet" => set(of, by_ref, name),
        "Entry" | "OccupiedEntry" | "VacantEntry" => entry(of, name, args),
        _ => None,
    }
}

/// What a map or set yields when it is iterated by value.
pub(super) fn item(of: &Ty) -> Option<Ty> {
    let Ty::Foreign(kind, _) = of else { return None };
    match kind.as_str() {
        "HashMap" | "BTreeMap" | "IndexMap" | "FxHashMap" | "AHashMap" => Some(pair(of.arg(0), of.arg(1))),
        "HashSet" | "BTreeSet" | "IndexSet" | "FxHashSet" | "AHashSet" => Some(of.arg(0)),
        _ => None,
    }
}

fn map(of: &Ty, by_ref: bool, name: &str) -> Option<Known> {
    let (key, value) = (of.arg(0), of.arg(1));
    let (lent_key, lent) = (key.clone().reference(), value.clone().reference());
    let lent_pair = pair(lent_key.clone(), lent.clone());
    let owned_pair = pair(key.clone(), value.clone());
    let moved = if by_ref { &lent_pair } else { &owned_pair }.clone();
    Some(Known::returns(match name {
        "get" | "get_mut" => option(lent),
        "get_key_value" | "first_key_value" | "last_key_value" => option(lent_pair),
        "insert" | "remove" => option(value),
        "remove_entry" | "pop_first" | "pop_last" => option(owned_pair),
        "entry" => Ty::foreign("Entry", [key, value]),
        "first_entry" | "last_entry" => option(Ty::foreign("Entry", [key, value])),
        "iter" | "iter_mut" | "range" | "range_mut" => iter(lent_pair),
        "par_iter" | "par_iter_mut" => par_iter(lent_pair),
        "into_iter" => iter(moved),
        "into_par_iter" => par_iter(moved),
        "drain" => iter(owned_pair),
        "keys" => iter(lent_key),
        "values" | "values_mut" => iter(lent),
        "into_keys" => iter(key),
        "into_values" => iter(value),
        "retain" => return Some(Known::calls(0, Run::PerItem, [lent_key, lent], Ty::UNIT)),
        "extract_if" => return Some(Known::calls(0, Run::PerItem, [lent_key, lent], iter(owned_pair))),
        "split_off" | "clone" => of.clone(),
        _ => return common(name),
    }))
}

fn set(of: &Ty, by_ref: bool, name: &str) -> Option<Known> {
    let key = of.arg(0);
    let lent = key.clone().reference();
    let moved = if by_ref { &lent } else { &key }.clone();
    Some(Known::returns(match name {
        "insert" | "remove" | "contains" | "is_subset" | "is_superset" | "is_disjoint" => bool(),
        "get" | "first" | "last" => option(lent),
        "take" | "replace" | "pop_first" | "pop_last" => option(key),
        "iter" | "union" | "intersection" | "difference" | "symmetric_difference" | "range" => iter(lent),
        "par_iter" => par_iter(lent),
        "into_iter" => iter(moved),
        "into_par_iter" => par_iter(moved),
        "drain" => iter(key),
        "retain" => return Some(Known::calls(0, Run::PerItem, [lent], Ty::UNIT)),
        "split_off" | "clone" => of.clone(),
        _ => return common(name),
    }))
}

fn common(name: &str) -> Option<Known> {
    Some(Known::returns(match name {
        "len" | "capacity" => usize(),
        "is_empty" | "contains_key" => bool(),
        "clear" | "extend" | "reserve" | "shrink_to_fit" | "append" => Ty::UNIT,
        _ => return None,
    }))
}

fn entry(of: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    let (key, value) = (of.arg(0), of.arg(1));
    let lent = value.clone().reference();
    Some(match name {
        "or_insert" | "insert" => Known::returns(or(value, args.get(0)).reference()),
        "or_default" | "into_mut" | "get" | "get_mut" => Known::returns(lent),
        "or_insert_with" => Known::calls(0, Run::Once, [], or(value, returned(0)).reference()),
        "or_insert_with_key" => {
            Known::calls(0, Run::Once, [key.reference()], or(value, returned(0)).reference())
        }
        "and_modify" => Known::calls(0, Run::Once, [lent], of.clone()),
        "key" => Known::returns(key.reference()),
        "remove" => Known::returns(value),
        _ => return None,
    })
}
