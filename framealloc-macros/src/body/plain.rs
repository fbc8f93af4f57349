//! Ordinary initialisers for a body that gets no frame.
//!
//! After a mistake that leaves the function without a frame, a container declared without a value still has to be
//! usable, or the compiler would add errors about the rest of the body.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Local, LocalInit, Pat};

use crate::frame_local::Container;

/// Gives `let v: Vec<T>;` the value that the standard library would give it.
pub(super) fn initialise(local: &mut Local) {
    let (None, Pat::Type(typed)) = (&local.init, &local.pat) else { return };
    let Ok(container) = Container::of(&typed.ty) else { return };
    let glue = Span::mixed_site();
    let value: TokenStream = match container {
        Container::Vec(_) => quote_spanned!(glue=> ::std::vec::Vec::new()),
        Container::String => quote_spanned!(glue=> ::std::string::String::new()),
        Container::Map(..) | Container::Set(_) | Container::Slice(_) => {
            quote_spanned!(glue=> ::core::default::Default::default())
        }
    };
    let eq_token = syn::Token![=](glue);
    local.init = Some(LocalInit { eq_token, expr: Box::new(Expr::Verbatim(value)), diverge: None });
}
