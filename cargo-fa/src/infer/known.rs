//! What a call is known to do.

use crate::ty::Ty;

/// What runs a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// Once or now and then, on this thread, before the call returns: `Option::map`, `with`.
    Once,
    /// For each of many items, on this thread.
    PerItem,
    /// On other threads, for which the caller waits: rayon, scoped threads.
    ScopedThread,
    /// On another thread that may outlive the caller.
    DetachedThread,
}

/// What is known of a call of something that is not in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// The closures that it calls.
    pub(crate) closures: Vec<Called>,
    /// A template, see [`Known::result`].
    ret: Ty,
}

/// A closure among the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    /// Which argument, `self` not counted.
    pub(crate) index: usize,
    pub(crate) run: Run,
    /// Templates, see [`Called::params`].
    params: Vec<Ty>,
}

/// What is left open until the types that closures return are known: parameters that no program can name.
pub(super) fn returned(closure: usize) -> Ty {
    Ty::Param(format!("${closure}"), Vec::new())
}

/// `T` when the first closure returns `Option<T>` or another type with an argument.
pub(super) fn returned_inner() -> Ty {
    Ty::Param("$inner".to_owned(), Vec::new())
}

/// What the first closure returns, item by item.
pub(super) fn returned_items() -> Ty {
    Ty::Param("$items".to_owned(), Vec::new())
}

fn fill(template: &Ty, returns: &[Ty]) -> Ty {
    let first = || returns.first().cloned().unwrap_or_default();
    template.substitute(&|name| match name.strip_prefix('$')? {
        "inner" => Some(first().arg(0)),
        "items" => Some(super::iterate(&first())),
        number => {
            Some(number.parse().ok().and_then(|at: usize| returns.get(at).cloned()).unwrap_or_default())
        }
    })
}

impl Known {
    pub(crate) fn returns(ret: Ty) -> Self {
        Self { closures: Vec::new(), ret }
    }

    /// Calls the closure in argument `index`.
    pub(super) fn calls(index: usize, run: Run, params: impl Into<Vec<Ty>>, ret: Ty) -> Self {
        Self { closures: vec![Called { index, run, params: params.into() }], ret }
    }

    /// Calls another closure too.
    pub(super) fn and(mut self, index: usize, run: Run, params: impl Into<Vec<Ty>>) -> Self {
        self.closures.push(Called { index, run, params: params.into() });
        self
    }

    /// The type of the call. `returned` are the types that the closures return, in the order of [`Known::closures`].
    pub(crate) fn result(&self, returned: &[Ty]) -> Ty {
        fill(&self.ret, returned)
    }
}

impl Called {
    /// The types of the closure's parameters. `returned` are the types that the closures before it return.
    pub(crate) fn params(&self, returned: &[Ty]) -> Vec<Ty> {
        self.params.iter().map(|param| fill(param, returned)).collect()
    }
}

/// The arguments of a call, without `self`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Args<'a> {
    /// Their types; those of closures do not matter.
    pub(crate) types: &'a [Ty],
    /// `::<T>`, or what the place of the call expects of `collect`, `sum`, `parse` and the like.
    pub(crate) turbofish: &'a [Ty],
}

impl Args<'_> {
    pub(super) fn get(&self, index: usize) -> Ty {
        self.types.get(index).cloned().unwrap_or_default()
    }

    pub(super) fn wanted(&self) -> Ty {
        self.turbofish.first().cloned().unwrap_or_default()
    }
}

pub(super) fn foreign(name: &str, arg: Ty) -> Ty {
    Ty::foreign(name, [arg])
}

pub(super) fn named(name: &str) -> Ty {
    Ty::foreign(name, [])
}

pub(super) fn option(ty: Ty) -> Ty {
    foreign("Option", ty)
}

pub(super) fn result(ok: Ty, error: Ty) -> Ty {
    Ty::foreign("Result", [ok, error])
}

pub(super) fn iter(item: Ty) -> Ty {
    Ty::Iter(Box::new(item))
}

/// rayon's iterators: what is called on them runs on other threads.
pub(super) fn par_iter(item: Ty) -> Ty {
    foreign("ParIter", item)
}

pub(super) fn slice(item: Ty) -> Ty {
    Ty::Slice(Box::new(item), None)
}

pub(super) fn pair(one: Ty, other: Ty) -> Ty {
    Ty::Tuple(vec![one, other])
}

/// `one`, or `other` where nothing is known of it.
pub(super) fn or(one: Ty, other: Ty) -> Ty {
    if one == Ty::Unknown { other } else { one }
}

pub(super) fn usize() -> Ty {
    named("usize")
}

pub(super) fn bool() -> Ty {
    named("bool")
}
