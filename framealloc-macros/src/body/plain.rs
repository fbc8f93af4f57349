//! Ordinary initialisers for a body that gets no frame.
//!
//! After a mistake that leaves a `let` without a frame, a container declared without a value still has to be usable,
//! or the compiler would add errors about the rest of the body.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Local, LocalInit, Pat};

use crate::frame_local::{Container, NotOne};

/// Gives `let v: Vec<T>;` a value of its type.
///
/// `let x: u32;` stays as it is, because it may well be assigned later.
pub(super) fn initialise(local: &mut Local) {
    let (None, Pat::Type(typed)) = (&local.init, &local.pat) else { return };
    let glue = Span::mixed_site();
    let value: TokenStream = match Container::of(&typed.ty) {
        Ok(Container::Vec(_)) => quote_spanned!(glue=> ::std::vec::Vec::new()),
        Ok(Container::String) => quote_spanned!(glue=> ::std::string::String::new()),
        Ok(_) => quote_spanned!(glue=> ::core::default::Default::default()),
        Err(NotOne::Unknown(..)) if !is_mutable(&typed.pat) => return,
        Err(_) => quote_spanned!(glue=> { fn declared<T>() -> T { ::core::unimplemented!() } declared() }),
    };
    let eq_token = syn::Token![=](glue);
    local.init = Some(LocalInit { eq_token, expr: Box::new(Expr::Verbatim(value)), diverge: None });
}

fn is_mutable(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(pat) if pat.mutability.is_some())
}
