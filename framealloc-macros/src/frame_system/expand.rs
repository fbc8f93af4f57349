//! The new body of a system.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::token::Brace;

use super::args::Args;
use super::{descriptor, source};
use crate::body::Rewriter;
use crate::support::errors::Errors;
use crate::support::item_fn::{Body, ItemFn};

/// What stands between the braces, and the body it came from.
pub(super) fn body(
    args: &Args,
    function: &ItemFn,
    body: Body,
    accepted: bool,
    errors: &mut Errors,
) -> (TokenStream, Body) {
    match body {
        Body::Parsed { brace, inner, mut stmts } => {
            let content = if accepted {
                let frame = function.frame_name("");
                let used = Rewriter::in_system(&args.krate, frame, errors).rewrite(&mut stmts) > 0;
                let run = run(args, function, brace, &quote!(#(#stmts)*), used, errors);
                quote!(#(#inner)* #run)
            } else {
                Rewriter::refused(&args.krate, errors).rewrite(&mut stmts);
                let mention = source::mention(&function.sig);
                quote!(#(#inner)* #mention #(#stmts)*)
            };
            (content, Body::Parsed { brace, inner, stmts: Vec::new() })
        }
        Body::Raw { brace, tokens } if accepted => {
            (run(args, function, brace, &tokens, false, errors), Body::Raw { brace, tokens })
        }
        Body::Raw { brace, tokens } => (tokens, Body::Raw { brace, tokens: TokenStream::new() }),
        Body::None(semi) => (TokenStream::new(), Body::None(semi)),
    }
}

/// `match { open the frame } { frame_of_NAME => { the user's statements } }`.
///
/// An arm's body is a scope for temporaries and lies inside the scope of the arm's binding, so what the last
/// expression leaves behind dies before the frame in every edition. The statements stay as the user wrote them, last
/// expression included, and so do its type, its lints and its errors.
fn run(
    args: &Args,
    function: &ItemFn,
    brace: Brace,
    stmts: &TokenStream,
    used: bool,
    errors: &mut Errors,
) -> TokenStream {
    let krate = &args.krate;
    let glue = Span::mixed_site();
    let items = descriptor::items(args, &function.sig.ident);
    let enter = source::enter(krate, args.alloc.as_ref(), &function.sig, &descriptor::name(), errors);
    // An unused variable would be a warning about code that nobody wrote.
    let frame = function.frame_name(if used || args.frame.is_some() { "" } else { "_" });
    let named = args.frame.as_ref().map(|name| {
        let at = frame.span().located_at(name.span());
        let frame = Ident::new(&frame.to_string(), at);
        let borrow = quote_spanned!(at=> &#frame);
        quote_spanned!(glue=> let #name: &#krate::Frame = #borrow;)
    });
    let mut arm = TokenStream::new();
    brace.surround(&mut arm, |inside| inside.extend(quote!(#named #stmts)));
    // The `let` ends the temporaries of `alloc = expression` before the body begins.
    quote_spanned! {glue=>
        match { #items let __framealloc_opened = #enter; __framealloc_opened } { #frame => #arm }
    }
}
