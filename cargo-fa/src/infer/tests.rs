use super::Run;
use super::{Args, Known, deref, function, iterate, method};
use crate::ty::Ty;

/// A type as one writes it, `Iter<T>` and `Par<T>` for the iterators and `_` for what is unknown.
fn ty(text: &str) -> Ty {
    from(&syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn from(written: &syn::Type) -> Ty {
    match written {
        syn::Type::Infer(_) => Ty::Unknown,
        syn::Type::Reference(reference) => from(&reference.elem).reference(),
        syn::Type::Tuple(tuple) => Ty::Tuple(tuple.elems.iter().map(from).collect()),
        syn::Type::Slice(slice) => Ty::Slice(Box::new(from(&slice.elem)), None),
        syn::Type::Path(path) => {
            let last = path.path.segments.last().unwrap();
            let args: Vec<Ty> = match &last.arguments {
                syn::PathArguments::AngleBracketed(args) => args
                    .args
                    .iter()
                    .map(|arg| match arg {
                        syn::GenericArgument::Type(ty) => from(ty),
                        _ => panic!("types only"),
                    })
                    .collect(),
                _ => Vec::new(),
            };
            match last.ident.to_string().as_str() {
                "Iter" => Ty::Iter(Box::new(args[0].clone())),
                "Par" => Ty::foreign("ParIter", args),
                name => Ty::foreign(name, args),
            }
        }
        _ => panic!("not a type of these tests"),
    }
}

fn tys(texts: &str) -> Vec<Ty> {
    match ty(&format!("({texts})")) {
        Ty::Tuple(parts) => parts,
        _ => unreachable!(),
    }
}

/// `receiver.name(args)`, arguments with a trailing comma.
fn known(receiver: &str, name: &str, args: &str) -> Known {
    let args = tys(args);
    method(&ty(receiver), name, Args { types: &args, turbofish: &[] })
        .unwrap_or_else(|| panic!("nothing is known of `{name}` of `{receiver}`"))
}

#[test]
fn methods_without_closures() {
    for (receiver, name, args, expected) in [
        ("Option<A>", "unwrap", "", "A"),
        ("&Option<A>", "as_ref", "", "Option<&A>"),
        ("Option<Box<A>>", "as_deref_mut", "", "Option<&A>"),
        ("Option<_>", "unwrap_or", "A,", "A"),
        ("&Option<A>", "take", "", "Option<A>"),
        ("Option<_>", "insert", "A,", "&A"),
        ("Option<A>", "ok_or", "E,", "Result<A, E>"),
        ("Option<A>", "zip", "Option<B>,", "Option<(A, B)>"),
        ("Result<A, E>", "ok", "", "Option<A>"),
        ("Result<A, E>", "unwrap_err", "", "E"),
        ("Option<Result<A, E>>", "transpose", "", "Result<Option<A>, E>"),
        ("&Vec<A>", "iter", "", "Iter<&A>"),
        ("Vec<A>", "into_iter", "", "Iter<A>"),
        ("&[A]", "into_iter", "", "Iter<&A>"),
        ("&Vec<A>", "par_iter", "", "Par<&A>"),
        ("Vec<A>", "into_par_iter", "", "Par<A>"),
        ("[A]", "par_chunks_mut", "usize,", "Par<&[A]>"),
        ("Vec<A>", "get", "usize,", "Option<&A>"),
        ("Vec<A>", "get", "Iter<usize>,", "Option<&[A]>"),
        ("Vec<A>", "pop", "", "Option<A>"),
        ("Vec<A>", "swap_remove", "usize,", "A"),
        ("VecDeque<A>", "remove", "usize,", "Option<A>"),
        ("VecDeque<A>", "pop_front", "", "Option<A>"),
        ("&Vec<A>", "clone", "", "Vec<A>"),
        ("&[A]", "to_vec", "", "Vec<A>"),
        ("[A]", "split_first", "", "Option<(&A, &[A])>"),
        ("SmallVec<[A]>", "first", "", "Option<&A>"),
        ("HashMap<K, V>", "get_mut", "&K,", "Option<&V>"),
        ("HashMap<K, V>", "insert", "K, V", "Option<V>"),
        ("&HashMap<K, V>", "into_iter", "", "Iter<(&K, &V)>"),
        ("HashMap<K, V>", "into_iter", "", "Iter<(K, V)>"),
        ("BTreeMap<K, V>", "values_mut", "", "Iter<&V>"),
        ("HashMap<K, V>", "entry", "K,", "Entry<K, V>"),
        ("Entry<K, _>", "or_insert", "V,", "&V"),
        ("HashSet<K>", "iter", "", "Iter<&K>"),
        ("&str", "chars", "", "Iter<char>"),
        ("String", "split_once", "char,", "Option<(&str, &str)>"),
        ("Iter<&A>", "copied", "", "Iter<A>"),
        ("Iter<A>", "enumerate", "", "Iter<(usize, A)>"),
        ("Iter<A>", "zip", "&Vec<B>,", "Iter<(A, &B)>"),
        ("Iter<Vec<A>>", "flatten", "", "Iter<A>"),
        ("Par<A>", "enumerate", "", "Par<(usize, A)>"),
        ("Iter<A>", "par_bridge", "", "Par<A>"),
        ("Iter<A>", "next", "", "Option<A>"),
        ("Iter<&f32>", "sum", "", "f32"),
        ("Mutex<A>", "lock", "", "MutexGuard<A>"),
        ("MutexGuard<A>", "unwrap", "", "MutexGuard<A>"),
        ("MutexGuard<A>", "clone", "", "A"),
        ("RwLock<A>", "try_write", "", "Result<RwLockWriteGuard<A>, PoisonError>"),
        ("&RefCell<A>", "borrow_mut", "", "RefMut<A>"),
        ("Cell<A>", "take", "", "A"),
        ("Arc<A>", "clone", "", "Arc<A>"),
        ("Weak<A>", "upgrade", "", "Option<Arc<A>>"),
        ("OnceLock<A>", "get", "", "Option<&A>"),
        ("LocalKey<RefCell<A>>", "take", "", "A"),
        ("Receiver<A>", "recv", "", "Result<A, _>"),
        ("ScopedJoinHandle<A>", "join", "", "Result<A, _>"),
        ("bool", "then_some", "A,", "Option<A>"),
    ] {
        let known = known(receiver, name, args);
        assert!(known.closures.is_empty(), "`{name}` of `{receiver}` takes no closure");
        assert_eq!(known.result(&[]), ty(expected), "{receiver}.{name}({args})");
    }
}

#[test]
fn methods_with_a_closure() {
    use Run::{DetachedThread, Once, PerItem, ScopedThread};
    for (receiver, name, args, at, run, params, returned, expected) in [
        ("Option<A>", "map", "_,", 0, Once, "A,", "R", "Option<R>"),
        ("Result<A, E>", "map", "_,", 0, Once, "A,", "R", "Result<R, E>"),
        ("Result<A, E>", "map_err", "_,", 0, Once, "E,", "R", "Result<A, R>"),
        ("Result<A, E>", "unwrap_or_else", "_,", 0, Once, "E,", "A", "A"),
        ("Option<_>", "unwrap_or_else", "_,", 0, Once, "", "R", "R"),
        ("Option<A>", "map_or", "D, _", 1, Once, "A,", "D", "D"),
        ("Option<A>", "and_then", "_,", 0, Once, "A,", "Option<R>", "Option<R>"),
        ("Option<A>", "is_some_and", "_,", 0, Once, "A,", "bool", "bool"),
        ("Option<A>", "get_or_insert_with", "_,", 0, Once, "", "A", "&A"),
        ("Iter<A>", "map", "_,", 0, PerItem, "A,", "R", "Iter<R>"),
        ("Iter<A>", "filter_map", "_,", 0, PerItem, "A,", "Option<R>", "Iter<R>"),
        ("Iter<A>", "flat_map", "_,", 0, PerItem, "A,", "Vec<R>", "Iter<R>"),
        ("Iter<A>", "filter", "_,", 0, PerItem, "&A,", "bool", "Iter<A>"),
        ("Iter<A>", "fold", "S, _", 1, PerItem, "S, A", "S", "S"),
        ("Iter<A>", "for_each", "_,", 0, PerItem, "A,", "()", "()"),
        ("Iter<A>", "find", "_,", 0, PerItem, "&A,", "bool", "Option<A>"),
        ("Iter<A>", "max_by", "_,", 0, PerItem, "&A, &A", "Ordering", "Option<A>"),
        ("Par<A>", "map", "_,", 0, ScopedThread, "A,", "R", "Par<R>"),
        ("Par<A>", "for_each", "_,", 0, ScopedThread, "A,", "()", "()"),
        ("Par<A>", "reduce_with", "_,", 0, ScopedThread, "A, A", "A", "Option<A>"),
        ("Vec<A>", "retain", "_,", 0, PerItem, "&A,", "bool", "()"),
        ("[A]", "sort_by_key", "_,", 0, PerItem, "&A,", "u32", "()"),
        ("[A]", "par_sort_by_key", "_,", 0, ScopedThread, "&A,", "u32", "()"),
        ("[A]", "map", "_,", 0, PerItem, "A,", "R", "[R]"),
        ("HashMap<K, V>", "retain", "_,", 0, PerItem, "&K, &V", "bool", "()"),
        ("Entry<K, _>", "or_insert_with", "_,", 0, Once, "", "R", "&R"),
        ("LocalKey<A>", "with", "_,", 0, Once, "&A,", "R", "R"),
        ("LocalKey<RefCell<A>>", "with_borrow_mut", "_,", 0, Once, "&A,", "R", "R"),
        ("OnceLock<A>", "get_or_init", "_,", 0, Once, "", "A", "&A"),
        ("&Scope", "spawn", "_,", 0, ScopedThread, "&Scope,", "R", "ScopedJoinHandle<R>"),
        ("Builder", "spawn", "_,", 0, DetachedThread, "", "R", "Result<JoinHandle<R>, Error>"),
        ("bool", "then", "_,", 0, Once, "", "R", "Option<R>"),
    ] {
        let known = known(receiver, name, args);
        let [called] = &known.closures[..] else { panic!("{receiver}.{name} takes one closure") };
        assert_eq!((called.index, called.run), (at, run), "{receiver}.{name}");
        assert_eq!(called.params(&[]), tys(params), "{receiver}.{name}");
        assert_eq!(known.result(&[ty(returned)]), ty(expected), "{receiver}.{name}");
    }
}

#[test]
fn the_first_closure_feeds_the_second() {
    for name in ["for_each_init", "map_init"] {
        let known = known("Par<A>", name, "_, _");
        let run: Vec<_> = known.closures.iter().map(|called| (called.index, called.run)).collect();
        assert_eq!(run, [(0, Run::ScopedThread), (1, Run::ScopedThread)]);
        assert_eq!(known.closures[1].params(&[ty("S")]), tys("&S, A"));
    }
    assert_eq!(known("Par<A>", "map_init", "_, _").result(&tys("S, R")), ty("Par<R>"));
    assert_eq!(known("Option<A>", "map_or_else", "_, _").result(&tys("R, R")), ty("R"));
    assert_eq!(known("Par<A>", "fold", "_, _").result(&tys("S, S")), ty("Par<S>"));
}

#[test]
fn collections_take_their_items() {
    for (item, wanted, expected) in [
        ("A", "Vec<_>", "Vec<A>"),
        ("Result<A, E>", "Result<Vec<_>, _>", "Result<Vec<A>, E>"),
        ("Option<A>", "Option<HashSet<_>>", "Option<HashSet<A>>"),
        ("(K, V)", "HashMap<_, _>", "HashMap<K, V>"),
        ("A", "Arc<[_]>", "Arc<[A]>"),
        ("char", "String", "String"),
        ("A", "_", "_"),
    ] {
        let known =
            method(&ty(&format!("Iter<{item}>")), "collect", Args { types: &[], turbofish: &[ty(wanted)] });
        assert_eq!(known.unwrap().result(&[]), ty(expected), "{item} into {wanted}");
    }
}

#[test]
fn functions_by_path() {
    for (path, args, expected) in [
        ("Some", "A,", "Option<A>"),
        ("Err", "E,", "Result<_, E>"),
        ("Box::new", "A,", "Box<A>"),
        ("std::sync::Arc::new", "A,", "Arc<A>"),
        ("Arc::clone", "&Arc<A>,", "Arc<A>"),
        ("Vec::new", "", "Vec<_>"),
        ("HashMap::with_capacity", "usize,", "HashMap<_, _>"),
        ("HashMap::from", "[(K, V)],", "HashMap<K, V>"),
        ("Vec::from", "[A],", "Vec<A>"),
        ("String::from", "&str,", "String"),
        ("std::mem::take", "&Vec<A>,", "Vec<A>"),
        ("mem::replace", "&A, A", "A"),
        ("drop", "A,", "()"),
        ("std::mem::forget", "A,", "()"),
        ("std::iter::once", "A,", "Iter<A>"),
        ("std::thread::Builder::new", "", "Builder"),
        ("Box::leak", "Box<A>,", "&A"),
    ] {
        let (names, args) = (path.split("::").collect::<Vec<_>>(), tys(args));
        let known = function(&names, Args { types: &args, turbofish: &[] });
        let known = known.unwrap_or_else(|| panic!("nothing is known of `{path}`"));
        assert_eq!(known.result(&[]), ty(expected), "{path}");
    }
    let typed = function(&["mpsc", "channel"], Args { types: &[], turbofish: &[ty("A")] });
    assert_eq!(typed.unwrap().result(&[]), ty("(Sender<A>, Receiver<A>)"));
    let typed = function(&["Vec", "new"], Args { types: &[], turbofish: &[ty("A")] });
    assert_eq!(typed.unwrap().result(&[]), ty("Vec<A>"));
}

#[test]
fn functions_that_call() {
    use Run::{DetachedThread, Once, PerItem, ScopedThread};
    for (path, runs, params, returns, expected) in [
        ("std::thread::spawn", vec![DetachedThread], "", "R,", "JoinHandle<R>"),
        ("thread::scope", vec![Once], "&Scope,", "R,", "R"),
        ("rayon::join", vec![ScopedThread, ScopedThread], "", "A, B", "(A, B)"),
        ("rayon::scope", vec![ScopedThread], "&Scope,", "R,", "R"),
        ("rayon::spawn", vec![DetachedThread], "", "(),", "()"),
        ("tokio::task::spawn_blocking", vec![DetachedThread], "", "R,", "JoinHandle<R>"),
        ("iter::from_fn", vec![PerItem], "", "Option<A>,", "Iter<A>"),
        ("std::iter::repeat_with", vec![PerItem], "", "A,", "Iter<A>"),
        ("std::array::from_fn", vec![PerItem], "usize,", "A,", "[A]"),
        ("LazyLock::new", vec![Once], "", "A,", "LazyLock<A>"),
    ] {
        let names: Vec<&str> = path.split("::").collect();
        let known = function(&names, Args::default()).unwrap_or_else(|| panic!("nothing of `{path}`"));
        assert_eq!(known.closures.iter().map(|called| called.run).collect::<Vec<_>>(), runs, "{path}");
        assert_eq!(known.closures[0].params(&[]), tys(params), "{path}");
        assert_eq!(known.result(&tys(returns)), ty(expected), "{path}");
    }
}

#[test]
fn loops_and_pointers() {
    for (over, item) in [
        ("Vec<A>", "A"),
        ("&Vec<A>", "&A"),
        ("&[A]", "&A"),
        ("Iter<A>", "A"),
        ("&Iter<A>", "A"),
        ("Option<A>", "A"),
        ("HashMap<K, V>", "(K, V)"),
        ("&HashMap<K, V>", "(&K, &V)"),
        ("&HashSet<K>", "&K"),
        ("Receiver<A>", "A"),
        ("Box<[A]>", "A"),
        ("u32", "_"),
    ] {
        assert_eq!(iterate(&ty(over)), ty(item), "{over}");
    }
    assert_eq!(deref(&ty("Arc<A>")), Some(ty("A")));
    assert_eq!(deref(&ty("RwLockWriteGuard<A>")), Some(ty("A")));
    assert_eq!(deref(&ty("Option<A>")), None);
}

#[test]
fn nothing_is_made_up() {
    for (receiver, name) in [("Vec<A>", "begin_frame"), ("u32", "map"), ("_", "iter"), ("Foo<A>", "get")] {
        assert_eq!(method(&ty(receiver), name, Args::default()), None, "{receiver}.{name}");
    }
    assert_eq!(function(&["engine", "spawn"], Args::default()), None);
    assert_eq!(function(&["World", "new"], Args::default()), None);
}
