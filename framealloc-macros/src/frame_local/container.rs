//! The standard containers that have a frame form.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, GenericArgument, Path, PathArguments, Type};

use super::Target;
use super::on_heap::instead_of;
use crate::support::errors::written;

/// A container by name, with its element types.
pub(crate) enum Container<'t> {
    /// `Vec<T>`
    Vec(&'t Type),
    /// `HashMap<K, V>`
    Map(&'t Type, &'t Type),
    /// `HashSet<T>`
    Set(&'t Type),
    /// `String`
    String,
    /// `Box<[T]>`
    Slice(&'t Type),
}

/// Why a type is none of them.
pub(crate) enum NotOne {
    /// Another type, or an alias: as it is written, and what to say of it.
    Unknown(String, Other),
    /// The right name with the wrong parameters; the text says what to write.
    Parameters(&'static str),
}

/// What a type is that is no container with a frame form.
pub(crate) enum Other {
    /// `FrameVec<'_, T>`: the frame form itself, with its ordinary name.
    FrameForm { named: String, ordinary: String },
    /// `BTreeMap<K, V>`: there is none; with what to take instead.
    NoFrameForm { container: String, instead: &'static str },
    /// `&mut [T]`: the element.
    Slice(String),
    /// Possibly an alias.
    Named,
    /// Something else.
    Plain,
}

impl<'t> Container<'t> {
    /// The container that `ty` names.
    pub(crate) fn of(ty: &'t Type) -> Result<Self, NotOne> {
        let path = match ty {
            Type::Group(group) => return Self::of(&group.elem),
            Type::Paren(paren) => return Self::of(&paren.elem),
            Type::Path(path) if path.qself.is_none() => &path.path,
            _ => return Err(NotOne::unknown(ty)),
        };
        let Some(last) = path.segments.last() else { return Err(NotOne::unknown(ty)) };
        match (last.ident.to_string().as_str(), types(&last.arguments).as_deref()) {
            ("Vec", Some([element])) => Ok(Self::Vec(element)),
            ("HashMap", Some([key, value])) => Ok(Self::Map(key, value)),
            ("HashSet", Some([element])) => Ok(Self::Set(element)),
            ("String", Some([])) => Ok(Self::String),
            ("Box", Some([Type::Slice(slice)])) => Ok(Self::Slice(&slice.elem)),
            ("Vec", _) => Err(NotOne::Parameters("write `Vec<T>`, or `Vec<_>` to have `T` inferred")),
            ("HashMap", _) => {
                Err(NotOne::Parameters("write `HashMap<K, V>`: a frame map has a hasher of its own"))
            }
            ("HashSet", _) => {
                Err(NotOne::Parameters("write `HashSet<T>`: a frame set has a hasher of its own"))
            }
            ("String", _) => Err(NotOne::Parameters("write `String`")),
            ("Box", _) => Err(NotOne::Parameters(
                "of boxes only `Box<[T]>` goes without a value; for one value write `#[frame_local] let name: T = value;`, which boxes it in the frame",
            )),
            _ => Err(NotOne::unknown(ty)),
        }
    }

    /// The expression that creates the frame form of `ty`, which this container was read from.
    pub(crate) fn create(&self, ty: &Type, capacity: Option<&Expr>, target: &Target) -> TokenStream {
        let Target { krate, frame, span } = target;
        let span = *span;
        let (function, types) = match self {
            Self::Vec(element) => ("vec", quote_spanned!(span=> ::<#element>)),
            Self::Map(key, value) => ("map", quote_spanned!(span=> ::<#key, #value>)),
            Self::Set(element) => ("set", quote_spanned!(span=> ::<#element>)),
            Self::String => ("string", TokenStream::new()),
            Self::Slice(element) => ("slice_default", quote_spanned!(span=> ::<#element>)),
        };
        let reserved = capacity.is_some() && !matches!(self, Self::Slice(_));
        let function = if reserved { format!("{function}_with_capacity") } else { function.to_owned() };
        let function = Ident::new(&function, span);
        let capacity = capacity.map(|capacity| quote_spanned!(span=> , #capacity));
        let means_std = self.means_std(ty);
        quote_spanned!(span=> { #means_std #krate::Frame::#function #types(#frame #capacity) })
    }

    /// A statement that compiles only if the name in `ty` is the standard library's type.
    fn means_std(&self, ty: &Type) -> TokenStream {
        let Some(mut named) = path_of(ty).cloned() else { return TokenStream::new() };
        let glue = Span::mixed_site();
        let byte = syn::parse_quote_spanned!(glue=> u8);
        // Inferred types and lifetimes cannot stand in the statement; any type will do in their place.
        let plain = |ty: &'t Type| if is_plain(ty) { ty } else { &byte };
        let (std, types) = match self {
            Self::Vec(element) => (quote_spanned!(glue=> ::std::vec::Vec), vec![plain(element)]),
            Self::Map(key, value) => {
                (quote_spanned!(glue=> ::std::collections::HashMap), vec![plain(key), plain(value)])
            }
            Self::Set(element) => (quote_spanned!(glue=> ::std::collections::HashSet), vec![plain(element)]),
            Self::String => (quote_spanned!(glue=> ::std::string::String), vec![]),
            Self::Slice(_) => (quote_spanned!(glue=> ::std::boxed::Box), vec![&byte]),
        };
        let types = if types.is_empty() { TokenStream::new() } else { quote_spanned!(glue=> <#(#types),*>) };
        if let Some(last) = named.segments.last_mut() {
            last.arguments = PathArguments::None;
        }
        let value = Ident::new("__framealloc_named", ty.span());
        quote_spanned!(glue=> let _: fn(#named #types) -> #std #types = |#value| #value;)
    }
}

impl NotOne {
    fn unknown(ty: &Type) -> Self {
        Self::Unknown(written(ty), Other::of(ty))
    }

    /// What to tell the user about the variable `name`.
    pub(crate) fn message(&self, name: &Ident) -> String {
        let (ty, other) = match self {
            Self::Unknown(ty, other) => (ty, other),
            Self::Parameters(advice) => return (*advice).to_owned(),
        };
        let unknown = format!(
            "`{name}` needs a value here: without one, `#[frame_local]` knows `Vec<T>`, `HashMap<K, V>`, `HashSet<T>`, \
             `String` and `Box<[T]>` by name, and `{ty}` is none of these"
        );
        match other {
            Other::FrameForm { named, ordinary } => format!(
                "`#[frame_local]` goes by the ordinary names, and makes a `{named}` of `{ordinary}` itself\n\
                 help: write `let mut {name}: {ordinary};`"
            ),
            Other::NoFrameForm { container, instead } => format!(
                "`{container}` has no frame form\nhelp: {instead}; without `#[frame_local]` a `{container}` is on the heap"
            ),
            Other::Slice(element) => format!(
                "{unknown}\nhelp: a slice in the frame is `#[frame_local(capacity = 256)] let mut {name}: Box<[{element}]>;`"
            ),
            Other::Named => format!(
                "{unknown}\nhelp: write `let {name}: {ty} = ..;` (a frame value cannot be assigned later), \
                 or spell out the container if `{ty}` is an alias of one"
            ),
            Other::Plain => {
                format!(
                    "{unknown}\nhelp: write `let {name}: {ty} = ..;` (a frame value cannot be assigned later)"
                )
            }
        }
    }
}

impl Other {
    fn of(ty: &Type) -> Self {
        let last = match ty {
            Type::Reference(reference) => match &*reference.elem {
                Type::Slice(slice) => return Self::Slice(written(&slice.elem)),
                _ => return Self::Plain,
            },
            Type::Slice(slice) => return Self::Slice(written(&slice.elem)),
            Type::Path(path) => path.path.segments.last(),
            _ => None,
        };
        let Some(last) = last else { return Self::Plain };
        let named = last.ident.to_string();
        if let Some(instead) = instead_of(&named) {
            return Self::NoFrameForm { container: named, instead };
        }
        let types: Vec<_> = match &last.arguments {
            PathArguments::AngleBracketed(list) => {
                list.args.iter().filter(|argument| is_type(argument)).map(written).collect()
            }
            _ => Vec::new(),
        };
        let types = if types.is_empty() { String::new() } else { format!("<{}>", types.join(", ")) };
        let ordinary = match named.as_str() {
            "FrameVec" => format!("Vec{types}"),
            "FrameMap" => format!("HashMap{types}"),
            "FrameSet" => format!("HashSet{types}"),
            "FrameString" => "String".to_owned(),
            "FrameBox" if types.starts_with("<[") => format!("Box{types}"),
            _ if named.starts_with(char::is_uppercase) => return Self::Named,
            _ => return Self::Plain,
        };
        Self::FrameForm { named, ordinary }
    }
}

fn is_type(argument: &GenericArgument) -> bool {
    matches!(argument, GenericArgument::Type(_))
}

fn path_of(ty: &Type) -> Option<&Path> {
    match ty {
        Type::Group(group) => path_of(&group.elem),
        Type::Paren(paren) => path_of(&paren.elem),
        Type::Path(path) => Some(&path.path),
        _ => None,
    }
}

/// The type arguments; `None` when there are others too.
fn types(arguments: &PathArguments) -> Option<Vec<&Type>> {
    match arguments {
        PathArguments::None => Some(Vec::new()),
        PathArguments::AngleBracketed(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        PathArguments::Parenthesized(_) => None,
    }
}

/// Whether `ty` can stand in a function pointer's signature twice without changing its meaning.
fn is_plain(ty: &Type) -> bool {
    struct Plain(bool);
    impl syn::visit::Visit<'_> for Plain {
        fn visit_type(&mut self, ty: &Type) {
            self.0 &= matches!(
                ty,
                Type::Path(_) | Type::Tuple(_) | Type::Array(_) | Type::Paren(_) | Type::Group(_)
            );
            syn::visit::visit_type(self, ty);
        }
        fn visit_lifetime(&mut self, _: &syn::Lifetime) {
            self.0 = false;
        }
    }
    let mut plain = Plain(true);
    syn::visit::Visit::visit_type(&mut plain, ty);
    plain.0
}
