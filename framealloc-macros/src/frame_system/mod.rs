//! `#[frame_system]`: arguments, then the signature, then the body, each with its mistakes collected.
//!
//! ```text
//! fn push(alloc: &SmartAlloc) -> usize {          fn push(alloc: &SmartAlloc) -> usize {
//!     #[frame_local] let mut v: Vec<u32>;             let frame_of_push = {
//!     v.push(1);                                          static SYSTEM: System = System::new(..);
//!     v.len()                                             inventory::submit! { &SYSTEM }
//! }                                                       enter(&alloc, &SYSTEM)
//!                                                     };
//!                                                     let mut v = Frame::vec::<u32>(&frame_of_push);
//!                                                     v.push(1);
//!                                                     { v.len() }
//!                                                 }
//! ```
//!
//! | module | role |
//! |---|---|
//! | [`args`] | the arguments and their conflicts |
//! | [`tag`] | tag and phase names |
//! | [`source`] | which allocator the system runs on |
//! | [`signature`] | functions that cannot be systems |
//! | [`descriptor`] | the static that describes the system |
//! | [`expand`] | the new body |

mod args;
mod descriptor;
mod expand;
mod signature;
mod source;
mod tag;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::body::marker::is_frame_system;
use crate::support::errors::Errors;
use crate::support::item_fn::{Body, ItemFn, closure_of, kind_of};

/// The whole macro: the user's item, and one `compile_error!` per mistake.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = args::Args::parse(args, &mut errors);
    let item = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => expand_fn(&mut args, function, &mut errors),
        Err(wrong) => {
            not_a_function(&item, &wrong, &mut errors);
            item
        }
    };
    let errors = errors.into_tokens();
    quote!(#item #errors)
}

fn expand_fn(args: &mut args::Args, mut function: ItemFn, errors: &mut Errors) -> TokenStream {
    for again in function.attrs.iter().filter(|attr| is_frame_system(attr)) {
        errors.push(again, "`#[frame_system]` is given twice");
    }
    function.attrs.retain(|attr| !is_frame_system(attr));
    args.check_against(&function, errors);
    let accepted = signature::check(&function, errors);
    let body = core::mem::replace(&mut function.body, Body::None(syn::Token![;](Span::call_site())));
    let block = expand::body(args, &function, body, accepted, errors);
    function.with_block(&block)
}

fn not_a_function(item: &TokenStream, wrong: &syn::Error, errors: &mut Errors) {
    let Some((kind, span)) = kind_of(item) else {
        match closure_of(item) {
            Some(bar) => errors.push_at(
                bar,
                "a closure cannot be a `#[frame_system]`\nhelp: write a `fn`, here or outside, or open a frame in the closure: \
                 `let frame = alloc.frame();`",
            ),
            None => errors.push_at(wrong.span(), "`#[frame_system]` cannot read this as a function"),
        }
        return;
    };
    let advice = match kind {
        "an `impl` block" => "put it on each method that is a system",
        "a trait" => "put it on the methods that have a body, here or in the implementations",
        "a module" => "put it on each function in it that is a system",
        _ => "put it on a `fn` with a body",
    };
    errors.push_at(span, format!("`#[frame_system]` goes on a function, this is {kind}\nhelp: {advice}"));
}
