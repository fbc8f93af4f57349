//! Slices, vectors, queues, strings.

use super::Run;
use super::iterators::collected;
use super::known::{
    Args, Known, bool, iter, named, option, or, pair, par_iter, result, returned, slice, usize,
};
use crate::ty::Ty;

/// The element of a sequence.
pub(super) fn element(of: &Ty) -> Option<Ty> {
    match of {
        Ty::Slice(item, _) => Some((**item).clone()),
        Ty::Foreign(kind, _) => match kind.as_str() {
            "Vec" | "VecDeque" | "LinkedList" | "BinaryHeap" | "ThinVec" => Some(of.arg(0)),
            "SmallVec" | "ArrayVec" | "TinyVec" => Some(match of.arg(0) {
                Ty::Slice(item, _) => *item,
                item => item,
            }),
            _ => None,
        },
        _ => None,
    }
}

/// A method of a sequence; `by_ref` when the receiver is a reference.
pub(super) fn method(of: &Ty, by_ref: bool, name: &str, args: Args<'_>) -> Option<Known> {
    let item = element(of)?;
    borrowing(&item, name, args)
        .or_else(|| owning(of, &item, by_ref, name, args))
        .or_else(|| closures(&item, name))
}

/// What lends items.
fn borrowing(item: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    let lent = || item.clone().reference();
    let part = || slice(item.clone()).reference();
    Some(Known::returns(match name {
        "iter" | "iter_mut" => iter(lent()),
        "par_iter" | "par_iter_mut" => par_iter(lent()),
        // By a range.
        "get" | "get_mut" if matches!(args.get(0), Ty::Iter(_)) => option(part()),
        "get" | "get_mut" | "first" | "first_mut" | "last" | "last_mut" | "front" | "front_mut" | "back"
        | "back_mut" | "peek" | "peek_mut" => option(lent()),
        "get_unchecked" | "get_unchecked_mut" => lent(),
        "as_slice" | "as_mut_slice" | "make_contiguous" | "as_ref" | "as_mut" | "leak" | "deref"
        | "deref_mut" => part(),
        "split_at" | "split_at_mut" | "as_slices" | "as_mut_slices" => pair(part(), part()),
        "split_first" | "split_first_mut" | "split_last" | "split_last_mut" => option(pair(lent(), part())),
        "chunks" | "chunks_mut" | "chunks_exact" | "chunks_exact_mut" | "rchunks" | "windows"
        | "array_windows" => iter(part()),
        "par_chunks" | "par_chunks_mut" | "par_chunks_exact" | "par_chunks_exact_mut" | "par_windows" => {
            par_iter(part())
        }
        "contains" | "is_empty" | "starts_with" | "ends_with" | "is_sorted" => bool(),
        "len" | "capacity" => usize(),
        "binary_search" => result(usize(), usize()),
        _ => return None,
    }))
}

/// What moves items or the whole.
fn owning(of: &Ty, item: &Ty, by_ref: bool, name: &str, args: Args<'_>) -> Option<Known> {
    let moved = || if by_ref { item.clone().reference() } else { item.clone() };
    Some(Known::returns(match name {
        "into_iter" => iter(moved()),
        "into_par_iter" => par_iter(moved()),
        "drain" | "into_iter_sorted" | "splice" => iter(item.clone()),
        "par_drain" => par_iter(item.clone()),
        "pop" | "pop_front" | "pop_back" | "pop_if" => option(item.clone()),
        "remove" | "swap_remove" if matches!(of, Ty::Foreign(kind, _) if kind == "VecDeque") => {
            option(item.clone())
        }
        "swap_remove_back" | "swap_remove_front" => option(item.clone()),
        "remove" | "swap_remove" => item.clone(),
        "split_off" | "clone" => of.clone(),
        "to_vec" | "to_owned" | "into_vec" | "into_sorted_vec" | "repeat" => {
            Ty::foreign("Vec", [item.clone()])
        }
        "into_boxed_slice" => Ty::foreign("Box", [slice(item.clone())]),
        "concat" => collected(super::iterate(item), &Ty::foreign("Vec", [Ty::Unknown])),
        "join" => or(args.wanted(), named("String")),
        "push" | "push_back" | "push_front" | "insert" | "clear" | "truncate" | "swap" | "reserve"
        | "reserve_exact" | "shrink_to_fit" | "extend" | "extend_from_slice" | "append" | "resize"
        | "reverse" | "sort" | "sort_unstable" | "dedup" | "fill" | "copy_from_slice"
        | "clone_from_slice" | "rotate_left" | "rotate_right" | "copy_within" | "par_sort"
        | "par_sort_unstable" => Ty::UNIT,
        _ => return None,
    }))
}

fn closures(item: &Ty, name: &str) -> Option<Known> {
    let lent = || item.clone().reference();
    let each = |ret: Ty| Known::calls(0, Run::PerItem, [lent()], ret);
    let elsewhere = |params: Vec<Ty>| Known::calls(0, Run::ScopedThread, params, Ty::UNIT);
    Some(match name {
        "retain"
        | "retain_mut"
        | "sort_by_key"
        | "sort_unstable_by_key"
        | "sort_by_cached_key"
        | "dedup_by_key"
        | "select_nth_unstable_by_key" => each(Ty::UNIT),
        "sort_by" | "sort_unstable_by" | "dedup_by" => {
            Known::calls(0, Run::PerItem, [lent(), lent()], Ty::UNIT)
        }
        "par_sort_by_key" | "par_sort_unstable_by_key" | "par_sort_by_cached_key" => elsewhere(vec![lent()]),
        "par_sort_by" | "par_sort_unstable_by" => elsewhere(vec![lent(), lent()]),
        "partition_point" => each(usize()),
        "binary_search_by" => each(result(usize(), usize())),
        "binary_search_by_key" => Known::calls(1, Run::PerItem, [lent()], result(usize(), usize())),
        "split" | "split_mut" | "chunk_by" | "extract_if" => {
            each(iter(if name == "extract_if" { item.clone() } else { slice(item.clone()).reference() }))
        }
        "fill_with" => Known::calls(0, Run::PerItem, [], Ty::UNIT),
        "resize_with" => Known::calls(1, Run::PerItem, [], Ty::UNIT),
        // An array's.
        "map" => Known::calls(0, Run::PerItem, [item.clone()], slice(returned(0))),
        _ => return None,
    })
}

/// A method of `str` and `String`.
pub(super) fn text(of: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    match of {
        Ty::Foreign(kind, _) if matches!(kind.as_str(), "str" | "String") => {}
        _ => return None,
    }
    let str = || named("str").reference();
    Some(Known::returns(match name {
        "chars" => iter(named("char")),
        "char_indices" => iter(pair(usize(), named("char"))),
        "bytes" => iter(named("u8")),
        "as_bytes" => slice(named("u8")).reference(),
        "into_bytes" => Ty::foreign("Vec", [named("u8")]),
        "lines"
        | "split"
        | "rsplit"
        | "splitn"
        | "split_whitespace"
        | "split_terminator"
        | "split_ascii_whitespace" => iter(str()),
        "split_once" | "rsplit_once" => option(pair(str(), str())),
        "get" | "strip_prefix" | "strip_suffix" => option(str()),
        "as_str" | "as_mut_str" | "as_ref" | "trim" | "trim_start" | "trim_end" | "trim_matches" => str(),
        "find" | "rfind" => option(usize()),
        "to_owned" | "to_string" | "into_string" | "to_uppercase" | "to_lowercase" | "replace" | "repeat"
        | "to_ascii_uppercase" | "to_ascii_lowercase" => named("String"),
        "clone" => of.clone(),
        "into_boxed_str" => Ty::foreign("Box", [named("str")]),
        "parse" => result(args.wanted(), Ty::Unknown),
        "len" | "capacity" => usize(),
        "is_empty" | "contains" | "starts_with" | "ends_with" => bool(),
        "push" | "push_str" | "clear" | "truncate" | "insert" | "insert_str" | "reserve" => Ty::UNIT,
        "pop" => option(named("char")),
        _ => return None,
    }))
}
