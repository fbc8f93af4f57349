//! The new body of a system.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ReturnType, Stmt, Type};

use super::args::Args;
use super::{descriptor, source};
use crate::body::Rewriter;
use crate::support::errors::Errors;
use crate::support::item_fn::{Body, ItemFn};

/// The block of the system, or the semicolon of a method without one.
pub(super) fn body(
    args: &Args,
    function: &ItemFn,
    body: Body,
    accepted: bool,
    errors: &mut Errors,
) -> TokenStream {
    let mut block = TokenStream::new();
    match body {
        Body::Parsed { brace, inner, mut stmts } if accepted => {
            let frame = function.frame_name("");
            let used = Rewriter::in_system(&args.krate, frame, errors).rewrite(&mut stmts) > 0;
            let last = last_value(&mut stmts, &function.sig.output);
            let (items, stmts) = stmts.split_at(leading_items(&stmts));
            let opening = opening(args, function, used, errors);
            brace.surround(&mut block, |block| {
                block.extend(quote!(#(#inner)* #(#items)* #opening #(#stmts)* #last));
            });
        }
        Body::Parsed { brace, inner, mut stmts } => {
            Rewriter::refused(&args.krate, errors).rewrite(&mut stmts);
            let mention = source::mention(&function.sig);
            brace.surround(&mut block, |block| block.extend(quote!(#(#inner)* #mention #(#stmts)*)));
        }
        Body::Raw { brace, tokens } => {
            let opening = accepted.then(|| opening(args, function, false, errors));
            brace.surround(&mut block, |block| block.extend(quote!(#opening #tokens)));
        }
        Body::None(semi) => semi.to_tokens(&mut block),
    }
    block
}

/// Takes the last expression, if it is the function's value, into a block of its own with braces of this crate.
///
/// From edition 2024 on, what the last expression of a block leaves behind dies at the end of the block, and the edition
/// that counts is that of the braces. So it dies before the frame in every edition, while the expression stays as the
/// user wrote it, and with it the type it is expected to have, its lints and its errors.
///
/// Two kinds stay where they are: one with an attribute (`#[cfg(..)]` may take it away), and a `&mut`, which would be
/// borrowed again from the block, so that an error would point at the block instead of the expression.
fn last_value(stmts: &mut Vec<Stmt>, output: &ReturnType) -> Option<TokenStream> {
    if matches!(output, ReturnType::Type(_, ty) if matches!(&**ty, Type::Reference(ty) if ty.mutability.is_some()))
    {
        return None;
    }
    let value = match stmts.last()? {
        Stmt::Expr(value, None) => value.to_token_stream(),
        Stmt::Macro(value) if value.semi_token.is_none() => value.to_token_stream(),
        _ => return None,
    };
    match value.clone().into_iter().next()? {
        TokenTree::Punct(first) if first.as_char() == '#' => None,
        first => {
            stmts.pop();
            let mut block = Group::new(Delimiter::Brace, value);
            block.set_span(Span::mixed_site().located_at(first.span()));
            Some(block.into_token_stream())
        }
    }
}

/// How many items the body begins with; the frame is opened after them (clippy wants items first).
fn leading_items(stmts: &[Stmt]) -> usize {
    stmts.iter().take_while(|stmt| matches!(stmt, Stmt::Item(_))).count()
}

/// `let frame_of_NAME = ...;`, and the user's name for the frame.
fn opening(args: &Args, function: &ItemFn, used: bool, errors: &mut Errors) -> TokenStream {
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
    quote_spanned!(glue=> let #frame = { #items #enter }; #named)
}
