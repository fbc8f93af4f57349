//! `#[frame_local]` on a `let`.
//!
//! | written | becomes |
//! |---|---|
//! | `let x = value;` | `let x = Frame::boxed(&frame, value);` |
//! | `let x: T = value;` | the same, `value` coerced to `T` first; an error where `T` has its memory on the heap |
//! | `let mut v: Vec<T>;` | `let mut v = Frame::vec::<T>(&frame);`, likewise maps, sets and strings |
//! | `let s: Box<[T]>;` with `capacity = n` | `let s = Frame::slice_default::<T>(&frame, n);` |
//!
//! All generated tokens stand at the pattern with the hygiene of user code, so that the borrow checker speaks of the
//! user's variable and of the frame by name, and of nothing else.

mod container;
mod on_heap;

pub(crate) use container::{Container, NotOne};

use core::fmt::Display;

use darling::FromMeta;
use on_heap::OnHeap;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Expr, Local, LocalInit, Pat, Token, parse_quote};

use crate::body::marker::arguments;
use crate::support::args::{Keys, string, value};
use crate::support::binding::Binding;
use crate::support::crate_path::CratePath;
use crate::support::errors::{Errors, error};

const KEYS: Keys =
    Keys { attribute: "`#[frame_local]`", known: &["capacity"], example: "#[frame_local(capacity = 256)]" };

/// The frame that a `let` allocates in.
pub(crate) struct Target {
    /// The runtime crate.
    pub(crate) krate: TokenStream,
    /// A reference to the frame, standing at the pattern of the `let`.
    pub(crate) frame: TokenStream,
    /// Where the generated call stands: at the pattern, with the hygiene of user code.
    pub(crate) span: Span,
}

impl Target {
    /// `frame` borrowed by the `let` whose pattern is at `place`.
    pub(crate) fn new(krate: &CratePath, frame: &Ident, place: Span) -> Self {
        let span = frame.span().located_at(place);
        let frame = Ident::new(&frame.to_string(), span);
        Self { krate: krate.at(span), frame: quote_spanned!(span=> &#frame), span }
    }

    /// The same inside a `move` closure, which has captured the reference `lent`.
    pub(crate) fn lent(krate: &CratePath, frame: &Ident, lent: &Ident, place: Span) -> Self {
        let lent = Ident::new(&lent.to_string(), lent.span().located_at(place));
        Self { frame: lent.into_token_stream(), ..Self::new(krate, frame, place) }
    }
}

struct Capacity(Expr);

impl FromMeta for Capacity {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        let Some(text) = string(expr) else { return Ok(Self(expr.clone())) };
        let number = text.value().parse::<usize>().unwrap_or(256);
        let message = if text.value().parse::<usize>().is_ok() {
            "a capacity is a number, without quotes"
        } else {
            "`capacity` counts elements, not bytes"
        };
        Err(error(text, format!("{message}\nhelp: write `#[frame_local(capacity = {number})]`")))
    }
}

/// What became of a `let` with one of our attributes.
pub(crate) enum Outcome {
    /// It makes its value in the frame.
    Expanded,
    /// It is as it was, the mistake is among the errors.
    Mistake,
    /// The mistake stands in the place of a value, so that the compiler says nothing more about the variable.
    MistakeAsValue,
}

impl Outcome {
    /// Gives `local`, which has no value, the mistake for one.
    pub(crate) fn mistake(local: &mut Local, place: impl ToTokens, message: impl Display) -> Self {
        set_value(local, syn::Error::new_spanned(place, message).into_compile_error());
        Self::MistakeAsValue
    }
}

/// Rewrites `local`.
pub(crate) fn expand(
    local: &mut Local,
    attribute: &Attribute,
    target: &Target,
    errors: &mut Errors,
) -> Outcome {
    let (mut capacity, mut wrong) = (None, Errors::default());
    for (_, item) in KEYS.split(arguments(attribute), &mut wrong) {
        capacity = wrong.keep(value::<Capacity>(&item, "capacity = 256")).map(|Capacity(expr)| expr);
    }
    // Any number will do where the one that is meant was not understood.
    let meant = if wrong.is_empty() { capacity.clone() } else { Some(parse_quote!(0)) };
    errors.append(wrong);
    let Some(binding) = Binding::of(local, "#[frame_local]", errors) else { return Outcome::Mistake };
    let value = match &local.init {
        Some(init) => {
            if let Some(on_heap) = OnHeap::of(binding.ty.as_ref(), &init.expr) {
                let place = binding
                    .ty
                    .as_ref()
                    .map_or_else(|| init.expr.to_token_stream(), ToTokens::to_token_stream);
                errors.push(place, on_heap.message(&binding.pat.ident));
                return Outcome::Mistake;
            }
            if let Some(capacity) = &capacity {
                let message =
                    "`capacity` is for a container without an initialiser; here the value brings its own";
                errors.push(capacity, message);
            }
            boxed(&binding, &init.expr, target)
        }
        None => match container_value(&binding, meant.as_ref(), target) {
            Ok(value) => value,
            Err((place, message)) => return Outcome::mistake(local, place, message),
        },
    };
    initialise(local, binding, value);
    Outcome::Expanded
}

/// Replaces pattern, type and initialiser of `local` by `pat = value`.
pub(crate) fn initialise(local: &mut Local, binding: Binding, value: TokenStream) {
    local.pat = Pat::Ident(binding.pat);
    set_value(local, value);
}

fn set_value(local: &mut Local, value: TokenStream) {
    let eq_token = local.init.as_ref().map_or(Token![=](Span::mixed_site()), |init| init.eq_token);
    local.init = Some(LocalInit { eq_token, expr: Box::new(Expr::Verbatim(value)), diverge: None });
}

/// A call that moves `init`, coerced to the annotated type, into the frame: `function(&frame, init)`.
pub(crate) fn moved(
    binding: &Binding,
    init: &Expr,
    span: Span,
    call: impl FnOnce(TokenStream) -> TokenStream,
) -> TokenStream {
    match &binding.ty {
        None => call(quote!(#init)),
        Some(ty) => {
            let value = Ident::new("__framealloc_value", Span::mixed_site());
            let call = call(quote!(#value));
            quote_spanned!(span=> { let #value: #ty = #init; #call })
        }
    }
}

fn boxed(binding: &Binding, init: &Expr, target: &Target) -> TokenStream {
    let Target { krate, frame, span } = target;
    moved(binding, init, *span, |value| quote_spanned!(*span=> #krate::Frame::boxed(#frame, #value)))
}

/// The frame form that the type names, or the mistake and its place.
fn container_value(
    binding: &Binding,
    capacity: Option<&Expr>,
    target: &Target,
) -> Result<TokenStream, (TokenStream, String)> {
    let name = &binding.pat.ident;
    let Some(ty) = &binding.ty else {
        let message = format!(
            "`{name}` has neither a value nor a type, and a frame value cannot be assigned later\n\
             help: initialise it here, or name a container: `let mut {name}: Vec<_>;`"
        );
        return Err((name.into_token_stream(), message));
    };
    match Container::of(ty) {
        Ok(Container::Slice(_)) if capacity.is_none() => {
            let message =
                "`Box<[T]>` without an initialiser needs its length: `#[frame_local(capacity = 256)]`";
            Err((ty.into_token_stream(), message.to_owned()))
        }
        Ok(container) => Ok(container.create(ty, capacity, target)),
        Err(wrong) => Err((ty.into_token_stream(), wrong.message(name))),
    }
}
