//! Functions and constructors by their path.

use super::Run;
use super::known::{
    Args, Known, foreign, iter, named, option, or, pair, result, returned, returned_inner, slice, usize,
};
use super::sequences::element;
use super::{iterate, threads};
use crate::ty::Ty;

/// Types whose `new` takes the value of their argument.
const WRAPPERS: [&str; 12] = [
    "Box",
    "Arc",
    "Rc",
    "Cell",
    "RefCell",
    "UnsafeCell",
    "Mutex",
    "RwLock",
    "ReentrantMutex",
    "Pin",
    "Reverse",
    "AssertUnwindSafe",
];

/// Types whose `new` takes no value, with how many type arguments they have.
const EMPTY: [(&str, usize); 16] = [
    ("BTreeMap", 2),
    ("BTreeSet", 1),
    ("BinaryHeap", 1),
    ("FxHashMap", 2),
    ("FxHashSet", 1),
    ("HashMap", 2),
    ("HashSet", 1),
    ("IndexMap", 2),
    ("IndexSet", 1),
    ("LinkedList", 1),
    ("OnceCell", 1),
    ("OnceLock", 1),
    ("SmallVec", 1),
    ("String", 0),
    ("Vec", 1),
    ("VecDeque", 1),
];

/// A call of a path from elsewhere; `use` resolved as far as it can be. The turbofish is that of the type in the path
/// (`Vec::<T>::new`) or of the function (`channel::<T>`).
pub(crate) fn function(path: &[&str], args: Args<'_>) -> Option<Known> {
    let value = || args.get(0);
    let pointed = || args.get(0).peeled().clone();
    Some(match path {
        [.., "Some"] => Known::returns(option(value())),
        [.., "Ok"] => Known::returns(result(value(), Ty::Unknown)),
        [.., "Err"] => Known::returns(result(Ty::Unknown, value())),
        [.., "mem", "take"] => Known::returns(pointed()),
        [.., "mem", "replace"] => Known::returns(or(pointed(), args.get(1))),
        [.., "mem", "swap" | "forget" | "drop"] | ["drop"] => Known::returns(Ty::UNIT),
        [.., "iter", "once" | "repeat" | "repeat_n"] => Known::returns(iter(value())),
        [.., "iter", "zip"] => Known::returns(iter(pair(iterate(&value()), iterate(&args.get(1))))),
        [.., "iter", "empty"] => Known::returns(iter(args.wanted())),
        [.., "iter", "from_fn"] => Known::calls(0, Run::PerItem, [], iter(returned_inner())),
        [.., "iter", "repeat_with"] => Known::calls(0, Run::PerItem, [], iter(returned(0))),
        [.., "iter", "successors"] => {
            let item = value().arg(0);
            Known::calls(1, Run::PerItem, [item.clone().reference()], iter(or(item, returned_inner())))
        }
        [.., "array", "from_fn"] => Known::calls(0, Run::PerItem, [usize()], slice(returned(0))),
        [.., "panic", "catch_unwind"] => Known::calls(0, Run::Once, [], result(returned(0), Ty::Unknown)),
        [.., "mpsc", "channel" | "sync_channel"] => {
            Known::returns(pair(foreign("Sender", args.wanted()), foreign("Receiver", args.wanted())))
        }
        [.., ty, method] => return threads::function(path).or_else(|| associated(ty, method, args)),
        _ => return threads::function(path),
    })
}

/// `Box::new`, `Vec::with_capacity`, `Arc::clone`.
fn associated(ty: &str, name: &str, args: Args<'_>) -> Option<Known> {
    let value = || args.get(0);
    Some(match (ty, name) {
        ("Arc" | "Rc" | "Weak", "clone") => Known::returns(value().peeled().clone()),
        ("Arc" | "Rc", "downgrade") => Known::returns(foreign("Weak", value().peeled().arg(0))),
        ("Arc" | "Rc", "get_mut") => Known::returns(option(value().peeled().arg(0).reference())),
        ("Arc" | "Rc", "make_mut") => Known::returns(value().peeled().arg(0).reference()),
        ("Arc" | "Rc", "try_unwrap" | "into_inner" | "unwrap_or_clone") => {
            let inner = value().arg(0);
            Known::returns(match name {
                "try_unwrap" => result(inner, value()),
                "into_inner" => option(inner),
                _ => inner,
            })
        }
        ("Arc" | "Rc", "new_cyclic") => Known::calls(0, Run::Once, [Ty::Unknown], foreign(ty, returned(0))),
        ("Box", "leak") => Known::returns(value().arg(0).reference()),
        ("Box" | "Arc" | "Rc", "pin") => Known::returns(foreign("Pin", foreign(ty, value()))),
        ("Ref" | "RefMut" | "MutexGuard", "map") => {
            Known::calls(1, Run::Once, [value().arg(0).reference()], foreign(ty, returned(0)))
        }
        ("LazyLock" | "LazyCell" | "Lazy", "new") => Known::calls(0, Run::Once, [], foreign(ty, returned(0))),
        (_, "new" | "from") if WRAPPERS.contains(&ty) => Known::returns(foreign(ty, value())),
        ("String", "from" | "from_utf8_lossy") => Known::returns(named("String")),
        ("Vec" | "VecDeque", "from") => Known::returns(match element(value().peeled()) {
            Some(item) => foreign(ty, item),
            None => foreign(ty, args.turbofish.first().cloned().unwrap_or_default()),
        }),
        (_, "from" | "from_iter") => {
            let (_, count) = EMPTY.iter().find(|(known, _)| *known == ty)?;
            let wanted = Ty::foreign(ty, vec![Ty::Unknown; *count]);
            Known::returns(super::iterators::collected(iterate(&value()), &wanted))
        }
        (_, "new" | "with_capacity" | "default" | "with_hasher" | "with_capacity_and_hasher") => {
            let (_, count) = EMPTY.iter().find(|(known, _)| *known == ty)?;
            let given = args.turbofish.iter().cloned().chain(std::iter::repeat(Ty::Unknown)).take(*count);
            Known::returns(Ty::foreign(ty, given.collect::<Vec<_>>()))
        }
        _ => return None,
    })
}
