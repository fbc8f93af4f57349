//! Which allocator a system runs on.
//!
//! `alloc = expr` wins, then the first parameter whose type is one of ours behind any number of references and
//! smart pointers, then the current allocator of the thread.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, FnArg, GenericArgument, Pat, PathArguments, Signature, Type};

use crate::support::crate_path::CratePath;
use crate::support::errors::Errors;

/// Types that a frame can be opened on.
const SOURCES: [&str; 4] = ["SmartAlloc", "Frame", "ChildFrame", "AllocResource"];

/// What may stand around them.
const WRAPPERS: [&str; 6] = ["Res", "ResMut", "Arc", "Rc", "Box", "Ref"];

/// The call that opens the system's frame on the right allocator.
pub(super) fn enter(
    krate: &CratePath,
    alloc: Option<&Expr>,
    sig: &Signature,
    system: &Ident,
    errors: &mut Errors,
) -> TokenStream {
    let glue = Span::mixed_site();
    let source = match alloc {
        Some(alloc) => Some(quote_spanned!(alloc.span()=> &#alloc)),
        None => parameter(sig, errors).map(|name| quote_spanned!(name.span()=> &#name)),
    };
    match source {
        Some(source) => quote_spanned!(glue=> #krate::__private::enter(#source, &#system)),
        None => quote_spanned!(glue=> #krate::__private::enter_current(&#system)),
    }
}

/// A use of the allocator parameter by a function that gets no frame: it is not unused, its system is refused.
pub(super) fn mention(sig: &Signature) -> TokenStream {
    match parameter(sig, &mut Errors::default()) {
        Some(name) => quote_spanned!(Span::mixed_site()=> let _ = &#name;),
        None => TokenStream::new(),
    }
}

fn parameter(sig: &Signature, errors: &mut Errors) -> Option<Ident> {
    for input in &sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        let Some(found) = source_in(&typed.ty) else { continue };
        match name(&typed.pat) {
            Some(name) => return Some(name.clone()),
            None => {
                let message = format!(
                    "the system's allocator is this `{found}`, so it needs a name\n\
                     help: write `alloc: ..`, or name another one with `#[frame_system(alloc = ..)]`"
                );
                errors.push_at(typed.pat.span(), message);
                return None;
            }
        }
    }
    None
}

fn name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(pat) if pat.subpat.is_none() => Some(&pat.ident),
        Pat::Paren(paren) => name(&paren.pat),
        _ => None,
    }
}

/// The allocator's type name inside `ty`.
fn source_in(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Reference(reference) => source_in(&reference.elem),
        Type::Paren(paren) => source_in(&paren.elem),
        Type::Group(group) => source_in(&group.elem),
        Type::Path(path) if path.qself.is_none() => {
            let last = path.path.segments.last()?;
            if SOURCES.iter().any(|source| last.ident == source) {
                return Some(&last.ident);
            }
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
            if !WRAPPERS.iter().any(|wrapper| last.ident == wrapper) {
                return None;
            }
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => source_in(ty),
                _ => None,
            })
        }
        _ => None,
    }
}
