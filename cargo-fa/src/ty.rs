//! Types after resolution, and the numbers by which they and everything else of the index are named.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) u32);
    )*};
}

ids! {
    /// A crate; framealloc's is 0.
    CrateId;
    /// A module; functions that hold items are modules too.
    ModId;
    /// A struct, union or enum.
    AdtId;
    /// A type alias.
    AliasId;
    /// A function or method.
    FnId;
    /// A static, constant or thread-local.
    StaticId;
    /// A trait.
    TraitId;
    /// A function's or closure's body; see [`crate::mir`].
    BodyKey;
}

impl CrateId {
    pub(crate) const FRAMEALLOC: Self = Self(0);
}

/// The type of an expression, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) enum Ty {
    #[default]
    Unknown,
    /// A type of framealloc or of the linted crates, with its arguments (types only, no lifetimes).
    Adt(AdtId, Vec<Ty>),
    /// A type from elsewhere, by its last name: `Vec`, `Option`, `Arc`, `u32`.
    Foreign(String, Vec<Ty>),
    /// `&T`, `&mut T`, `*const T`.
    Ref(Box<Ty>),
    Tuple(Vec<Ty>),
    /// `[T]`; `[T; N]` with how many where the source spells it out.
    Slice(Box<Ty>, Option<u128>),
    /// An iterator (sequential or rayon's) over items of a type.
    Iter(Box<Ty>),
    /// A function pointer, `impl Fn(A) -> B`, `dyn Fn(A) -> B`.
    Fn(Vec<Ty>, Box<Ty>),
    /// A closure, by its body.
    Closure(BodyKey),
    /// A type parameter in scope, by its name, with the traits of the workspace that bound it.
    Param(String, Vec<TraitId>),
}

impl Ty {
    pub(crate) const UNIT: Self = Self::Tuple(Vec::new());

    pub(crate) fn reference(self) -> Self {
        Self::Ref(Box::new(self))
    }

    pub(crate) fn foreign(name: &str, args: impl Into<Vec<Self>>) -> Self {
        Self::Foreign(name.to_owned(), args.into())
    }

    /// Without references around it.
    pub(crate) fn peeled(&self) -> &Self {
        match self {
            Self::Ref(inner) => inner.peeled(),
            other => other,
        }
    }

    pub(crate) fn is_ref(&self) -> bool {
        matches!(self, Self::Ref(_))
    }

    /// The n-th argument of a generic type.
    pub(crate) fn arg(&self, index: usize) -> Self {
        match self {
            Self::Adt(_, args) | Self::Foreign(_, args) => args.get(index).cloned().unwrap_or_default(),
            _ => Self::Unknown,
        }
    }

    /// With type parameters replaced.
    pub(crate) fn substitute(&self, of: &impl Fn(&str) -> Option<Self>) -> Self {
        let all = |types: &[Self]| types.iter().map(|ty| ty.substitute(of)).collect();
        match self {
            Self::Param(name, _) => of(name).unwrap_or_else(|| self.clone()),
            Self::Adt(id, args) => Self::Adt(*id, all(args)),
            Self::Foreign(name, args) => Self::Foreign(name.clone(), all(args)),
            Self::Ref(inner) => Self::Ref(Box::new(inner.substitute(of))),
            Self::Slice(inner, len) => Self::Slice(Box::new(inner.substitute(of)), *len),
            Self::Iter(inner) => Self::Iter(Box::new(inner.substitute(of))),
            Self::Tuple(parts) => Self::Tuple(all(parts)),
            Self::Fn(params, ret) => Self::Fn(all(params), Box::new(ret.substitute(of))),
            Self::Unknown | Self::Closure(_) => self.clone(),
        }
    }

    /// Matches `self`, a declared type, against the actual one and notes what its parameters are.
    pub(crate) fn unify(&self, actual: &Self, found: &mut Vec<(String, Self)>) {
        match (self, actual) {
            (_, Self::Unknown) => {}
            (Self::Param(name, _), _) if found.iter().any(|(known, _)| known == name) => {}
            (Self::Param(name, _), actual) => found.push((name.clone(), actual.clone())),
            (Self::Ref(declared), Self::Ref(actual)) => declared.unify(actual, found),
            (Self::Ref(declared), actual) => declared.unify(actual, found),
            (Self::Adt(one, declared), Self::Adt(other, actual)) if one == other => {
                unify_all(declared, actual, found);
            }
            (Self::Foreign(one, declared), Self::Foreign(other, actual)) if one == other => {
                unify_all(declared, actual, found);
            }
            (Self::Tuple(declared), Self::Tuple(actual)) => unify_all(declared, actual, found),
            (Self::Slice(declared, _), Self::Slice(actual, _))
            | (Self::Iter(declared), Self::Iter(actual)) => {
                declared.unify(actual, found);
            }
            (declared, Self::Ref(actual)) => declared.unify(actual, found),
            _ => {}
        }
    }
}

fn unify_all(declared: &[Ty], actual: &[Ty], found: &mut Vec<(String, Ty)>) {
    for (declared, actual) in declared.iter().zip(actual) {
        declared.unify(actual, found);
    }
}
