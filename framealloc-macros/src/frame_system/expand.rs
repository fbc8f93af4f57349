//! The new body of a system.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Macro, MacroDelimiter, ReturnType, Stmt, Type};

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
                let uses =
                    Rewriter::in_system(&args.krate, function.frame_name(""), errors).rewrite(&mut stmts);
                let opening = opening(args, function, uses > 0, errors);
                let items = leading_items(&stmts);
                let rest = stmts.split_off(items);
                let rest = return_last(rest, &function.sig.output);
                quote!(#(#inner)* #(#stmts)* #opening #rest)
            } else {
                Rewriter::refused(&args.krate, errors).rewrite(&mut stmts);
                quote!(#(#inner)* #(#stmts)*)
            };
            (content, Body::Parsed { brace, inner, stmts: Vec::new() })
        }
        Body::Raw { brace, tokens } => {
            let opening = if accepted { opening(args, function, false, errors) } else { TokenStream::new() };
            (quote!(#opening #tokens), Body::Raw { brace, tokens })
        }
        Body::None(semi) => (TokenStream::new(), Body::None(semi)),
    }
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

/// How many items the body begins with; the frame is opened after them (clippy wants items first).
fn leading_items(stmts: &[Stmt]) -> usize {
    stmts.iter().take_while(|stmt| matches!(stmt, Stmt::Item(_))).count()
}

/// The statements with the last expression as a `return`.
fn return_last(mut stmts: Vec<Stmt>, output: &ReturnType) -> TokenStream {
    let last = match stmts.pop() {
        Some(Stmt::Expr(expr, None)) if !diverges(&expr) => returned(&expr),
        Some(Stmt::Macro(last))
            if last.semi_token.is_none()
                && !(diverging_macro(&last.mac) || statement_like(&last.mac, output)) =>
        {
            returned(&last)
        }
        last => last.into_token_stream(),
    };
    quote!(#(#stmts)* #last)
}

/// `return value;`, or the value as it is when an attribute (`#[cfg(..)]`) stands before it.
fn returned(value: &dyn ToTokens) -> TokenStream {
    let value = value.to_token_stream();
    match value.clone().into_iter().next() {
        Some(TokenTree::Punct(first)) if first.as_char() == '#' => value,
        _ => quote_spanned!(Span::mixed_site()=> return #value;),
    }
}

/// An expression without a value, of the kinds that can be told by their look: `return` before them is unreachable.
fn diverges(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Macro(expr) => diverging_macro(&expr.mac),
        Expr::Group(group) => diverges(&group.expr),
        _ => false,
    }
}

fn diverging_macro(mac: &Macro) -> bool {
    let names = ["panic", "todo", "unimplemented", "unreachable"];
    mac.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// `thread_local! { .. }` at the end of a function without a value may be items.
fn statement_like(mac: &Macro, output: &ReturnType) -> bool {
    let unit = match output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty()),
    };
    unit && matches!(mac.delimiter, MacroDelimiter::Brace(_))
}
