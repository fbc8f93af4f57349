//! Iterators, std's and rayon's.

use super::Run;
use super::iterate;
use super::known::{
    Args, Known, bool, iter, named, option, or, pair, par_iter, result, returned, returned_inner,
    returned_items, usize,
};
use super::options::unref;
use crate::ty::Ty;

/// A method of an iterator; `None` when `of`, a type without references, is none.
pub(super) fn method(of: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    match of {
        Ty::Iter(item) => {
            let chain = Chain { item, run: Run::PerItem, wrap: iter };
            chain
                .adaptor(name, args)
                .or_else(|| chain.consumer(name, args))
                .or_else(|| sequential(item, name))
        }
        Ty::Foreign(kind, _) if kind == "ParIter" => {
            let chain = Chain { item: &of.arg(0), run: Run::ScopedThread, wrap: par_iter };
            parallel(&chain, name, args)
                .or_else(|| chain.adaptor(name, args))
                .or_else(|| chain.consumer(name, args))
        }
        _ => None,
    }
}

struct Chain<'a> {
    item: &'a Ty,
    run: Run,
    /// Makes an iterator of this kind.
    wrap: fn(Ty) -> Ty,
}

impl Chain<'_> {
    fn item(&self) -> Ty {
        self.item.clone()
    }

    fn calls(&self, params: impl Into<Vec<Ty>>, ret: Ty) -> Known {
        Known::calls(0, self.run, params, ret)
    }

    /// What gives another iterator.
    fn adaptor(&self, name: &str, args: Args<'_>) -> Option<Known> {
        let wrap = self.wrap;
        let same = || wrap(self.item());
        Some(match name {
            "map" => self.calls([self.item()], wrap(returned(0))),
            "filter_map" | "map_while" => self.calls([self.item()], wrap(returned_inner())),
            "flat_map" | "flat_map_iter" => self.calls([self.item()], wrap(returned_items())),
            "filter" | "inspect" | "skip_while" | "take_while" | "take_any_while" | "skip_any_while" => {
                self.calls([self.item().reference()], same())
            }
            "scan" => {
                let state = or(args.get(0), Ty::Unknown).reference();
                Known::calls(1, self.run, [state, self.item()], wrap(returned_inner()))
            }
            "enumerate" => Known::returns(wrap(pair(usize(), self.item()))),
            "zip" | "zip_eq" => Known::returns(wrap(pair(self.item(), iterate(&args.get(0))))),
            "rev" | "skip" | "take" | "step_by" | "chain" | "fuse" | "cycle" | "peekable" | "by_ref"
            | "into_iter" | "iter" | "with_min_len" | "with_max_len" | "skip_any" | "take_any"
            | "interleave" => Known::returns(same()),
            "copied" | "cloned" => Known::returns(wrap(unref(self.item()))),
            "flatten" | "flatten_iter" => Known::returns(wrap(iterate(self.item))),
            "chunks" | "array_chunks" => Known::returns(wrap(Ty::foreign("Vec", [self.item()]))),
            "into_par_iter" | "par_bridge" => Known::returns(par_iter(self.item())),
            _ => return None,
        })
    }

    /// What uses the iterator up.
    fn consumer(&self, name: &str, args: Args<'_>) -> Option<Known> {
        let maybe = || option(self.item());
        let by_ref = || self.item().reference();
        let accumulated = |of: Ty| Known::calls(1, self.run, [args.get(0), self.item()], of);
        Some(match name {
            "for_each" => self.calls([self.item()], Ty::UNIT),
            "try_for_each" | "find_map" | "find_map_any" | "find_map_first" | "find_map_last" => {
                self.calls([self.item()], returned(0))
            }
            "fold" => accumulated(or(args.get(0), returned(0))),
            "try_fold" => accumulated(returned(0)),
            "reduce" => self.calls([self.item(), self.item()], maybe()),
            "any" | "all" => self.calls([self.item()], bool()),
            "position" | "rposition" | "position_any" | "position_first" => {
                self.calls([self.item()], option(usize()))
            }
            "find" | "rfind" | "find_any" | "find_first" | "find_last" | "max_by_key" | "min_by_key" => {
                self.calls([by_ref()], maybe())
            }
            "max_by" | "min_by" => self.calls([by_ref(), by_ref()], maybe()),
            "partition" => {
                let part = collected(self.item(), &args.wanted());
                self.calls([by_ref()], pair(part.clone(), part))
            }
            "unzip" => Known::returns(args.wanted()),
            "next" | "next_back" | "last" | "nth" | "min" | "max" => Known::returns(maybe()),
            "count" | "len" => Known::returns(usize()),
            "sum" | "product" => Known::returns(or(args.wanted(), unref(self.item()))),
            "collect" => Known::returns(collected(self.item(), &args.wanted())),
            "collect_into_vec" => Known::returns(Ty::UNIT),
            "size_hint" => Known::returns(pair(usize(), option(usize()))),
            _ => return None,
        })
    }
}

/// What only sequential iterators have.
fn sequential(item: &Ty, name: &str) -> Option<Known> {
    let reference = || item.clone().reference();
    Some(match name {
        "peek" | "peek_mut" => Known::returns(option(reference())),
        "next_if" => Known::calls(0, Run::Once, [reference()], option(item.clone())),
        "next_if_eq" => Known::returns(option(item.clone())),
        "nth_back" => Known::returns(option(item.clone())),
        _ => return None,
    })
}

/// What only rayon has, or has in another form.
fn parallel(chain: &Chain<'_>, name: &str, args: Args<'_>) -> Option<Known> {
    let run = chain.run;
    let item = chain.item();
    // `init` runs per split; its value is lent to each call.
    let init = |ret: Ty| Known::calls(0, run, [], ret).and(1, run, [returned(0).reference(), item.clone()]);
    Some(match name {
        "for_each_init" => init(Ty::UNIT),
        "map_init" => init(par_iter(returned(1))),
        "try_for_each_init" => init(returned(1)),
        "for_each_with" => Known::calls(1, run, [args.get(0).reference(), item], Ty::UNIT),
        "map_with" => Known::calls(1, run, [args.get(0).reference(), item], par_iter(returned(0))),
        "fold" => Known::calls(0, run, [], par_iter(returned(0))).and(1, run, [returned(0), item]),
        "fold_with" => Known::calls(1, run, [args.get(0), item], par_iter(args.get(0))),
        "reduce" => Known::calls(0, run, [], item.clone()).and(1, run, [item.clone(), item]),
        "reduce_with" => Known::calls(0, run, [item.clone(), item.clone()], option(item)),
        "fold_chunks" => Known::calls(1, run, [], par_iter(returned(0))).and(2, run, [returned(0), item]),
        "update" => Known::calls(0, run, [item.clone().reference()], par_iter(item)),
        _ => return None,
    })
}

/// What `collect` makes of items where `wanted` is asked for: `Vec<_>`, `Result<Vec<_>, E>`, `HashMap<_, _>`.
pub(super) fn collected(item: Ty, wanted: &Ty) -> Ty {
    let Ty::Foreign(kind, args) = wanted else { return wanted.clone() };
    let known = |at: usize| args.get(at).cloned().unwrap_or_default();
    match (kind.as_str(), item) {
        ("Option", item) => option(collected(item.arg(0), &known(0))),
        ("Result", item) => result(collected(item.arg(0), &known(0)), or(known(1), item.arg(1))),
        ("Box" | "Arc" | "Rc", item) => match known(0) {
            Ty::Slice(inner, _) => Ty::foreign(kind, [super::known::slice(or(*inner, item))]),
            _ => wanted.clone(),
        },
        ("String", _) => named("String"),
        ("HashMap" | "BTreeMap" | "IndexMap", Ty::Tuple(parts)) if parts.len() == 2 => {
            Ty::foreign(kind, [or(known(0), parts[0].clone()), or(known(1), parts[1].clone())])
        }
        (_, item) => {
            let first = or(known(0), item);
            Ty::foreign(kind, std::iter::once(first).chain(args.iter().skip(1).cloned()).collect::<Vec<_>>())
        }
    }
}
