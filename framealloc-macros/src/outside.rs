//! `#[frame_local]` and `#[retain]` where no `#[frame_system]` has taken them away.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Block, Stmt};

use crate::body::Rewriter;
use crate::support::crate_path::CratePath;
use crate::support::errors::Errors;

/// The item as it was, and an error that says where the attribute belongs.
pub(crate) fn expand(name: &str, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut stmts = Block::parse_within.parse2(item.clone()).unwrap_or_default();
    let advice = match stmts.as_slice() {
        [Stmt::Local(_)] => {
            "put `#[frame_system]` on the enclosing function, which opens the frame that this value lives in"
                .to_owned()
        }
        _ => {
            format!("it goes on a `let` inside a function with `#[frame_system]`: `{name} let name = value;`")
        }
    };
    // The attribute's place with the hygiene of the item: shown as user code.
    let place = item.span().located_at(Span::call_site());
    errors.push_at(place, format!("`{name}` has no frame here\nhelp: {advice}"));
    let item = if let [Stmt::Local(local)] = stmts.as_mut_slice() {
        let none = syn::parse_quote!(#[frame_local]);
        local.attrs.push(none);
        Rewriter::outside(&CratePath::default(), &mut Errors::default()).rewrite(&mut stmts);
        quote!(#(#stmts)*)
    } else {
        item
    };
    let errors = errors.into_tokens();
    quote!(#item #errors)
}
