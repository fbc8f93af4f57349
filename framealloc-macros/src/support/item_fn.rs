//! A function with a body, parsed so that a body which is no Rust (yet) survives.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::token::Brace;
use syn::{
    Attribute, Block, Expr, FnArg, Ident, Item, Pat, PatType, Signature, Stmt, Token, Visibility, braced,
};

/// A function as the attribute finds it: free, in an `impl` or in a `trait`.
pub(crate) struct ItemFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    pub(crate) body: Body,
}

/// What follows the signature.
pub(crate) enum Body {
    /// Parsed statements and the inner attributes before them.
    Parsed { brace: Brace, inner: Vec<Attribute>, stmts: Vec<Stmt> },
    /// Between the braces stands something that does not parse. The compiler will say what.
    Raw { brace: Brace, tokens: TokenStream },
    /// A trait method without a body.
    None(Token![;]),
}

impl Parse for ItemFn {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let defaultness = input.parse()?;
        let sig = input.parse()?;
        if input.peek(Token![;]) {
            return Ok(Self { attrs, vis, defaultness, sig, body: Body::None(input.parse()?) });
        }
        let content;
        let brace = braced!(content in input);
        let tokens: TokenStream = content.parse()?;
        let body = match parse_body.parse2(tokens.clone()) {
            Ok((inner, stmts)) => Body::Parsed { brace, inner, stmts },
            Err(_) => Body::Raw { brace, tokens },
        };
        Ok(Self { attrs, vis, defaultness, sig, body })
    }
}

fn parse_body(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Vec<Stmt>)> {
    Ok((input.call(Attribute::parse_inner)?, input.call(Block::parse_within)?))
}

impl ItemFn {
    /// The function with another block.
    pub(crate) fn with_block(&self, block: &TokenStream) -> TokenStream {
        let Self { attrs, vis, defaultness, sig, .. } = self;
        quote!(#(#attrs)* #vis #defaultness #sig #block)
    }

    /// The names of its generic type and constant parameters.
    pub(crate) fn generic_names(&self) -> Vec<&Ident> {
        let generics = &self.sig.generics;
        let types = generics.type_params().map(|param| &param.ident);
        types.chain(generics.const_params().map(|param| &param.ident)).collect()
    }

    /// The names of its parameters, where they are plain names.
    pub(crate) fn parameter_names(&self) -> Vec<&Ident> {
        let mut names = Vec::new();
        for input in &self.sig.inputs {
            if let FnArg::Typed(PatType { pat, .. }) = input
                && let Pat::Ident(pat) = &**pat
            {
                names.push(&pat.ident);
            }
        }
        names
    }

    /// `frame_of_NAME`: the binding of the system's frame, with the hygiene of user code at the function's name.
    pub(crate) fn frame_name(&self, prefix: &str) -> Ident {
        Ident::new(&format!("{prefix}frame_of_{}", self.sig.ident.unraw()), self.sig.ident.span())
    }
}

/// Where the arguments of a closure begin, if the statement is one or binds one.
pub(crate) fn closure_of(item: &TokenStream) -> Option<Span> {
    let value = match Block::parse_within.parse2(item.clone()).ok()?.pop()? {
        Stmt::Local(local) => *local.init?.expr,
        Stmt::Expr(value, _) => value,
        _ => return None,
    };
    match value {
        Expr::Closure(closure) => Some(closure.inputs_begin.span),
        _ => None,
    }
}

/// What an item that is no function is called, and where its keyword is; `None` for what is no item at all.
pub(crate) fn kind_of(item: &TokenStream) -> Option<(&'static str, Span)> {
    let kind = match syn::parse2::<Item>(item.clone()).ok()? {
        Item::Struct(item) => ("a struct", item.struct_token.span),
        Item::Enum(item) => ("an enum", item.enum_token.span),
        Item::Union(item) => ("a union", item.union_token.span),
        Item::Impl(item) => ("an `impl` block", item.impl_token.span),
        Item::Trait(item) => ("a trait", item.trait_token.span),
        Item::Mod(item) => ("a module", item.mod_token.span),
        Item::Const(item) => ("a constant", item.const_token.span),
        Item::Static(item) => ("a static", item.static_token.span),
        Item::Type(item) => ("a type alias", item.type_token.span),
        Item::Use(item) => ("an import", item.use_token.span),
        Item::Macro(item) => ("a macro call", item.mac.bang_token.span),
        Item::Verbatim(_) => return None,
        _ => ("another item", Span::call_site()),
    };
    Some(kind)
}
