//! Macros: what is inside when it reads as expressions, statements or statics.

use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;

use super::lower::Lowering;
use super::{Expr, ExprKind, Item, Lit, StaticKind};

/// Macros whose items are read.
pub(super) const READ_INSIDE: [(&str, StaticKind); 2] =
    [("thread_local", StaticKind::ThreadLocal), ("lazy_static", StaticKind::Static)];

/// What a macro's tokens read as.
enum Inside {
    Exprs(Vec<syn::Expr>),
    Stmts(Vec<syn::Stmt>),
    Unknown,
}

impl Lowering<'_> {
    pub(super) fn macro_expr(&self, call: &syn::Macro) -> Expr {
        let path = self.path(None, &call.path);
        let delimiters = match &call.delimiter {
            syn::MacroDelimiter::Paren(token) => token.span,
            syn::MacroDelimiter::Brace(token) => token.span,
            syn::MacroDelimiter::Bracket(token) => token.span,
        };
        let span = path.span.to(self.span(delimiters.close()));
        let args = match read(call) {
            Inside::Exprs(exprs) => {
                let mut args: Vec<Expr> = exprs.iter().map(|expr| self.expr(expr)).collect();
                let captured: Vec<Expr> =
                    args.iter().flat_map(|arg| self.captured_by_format(&path.last().name, arg)).collect();
                args.extend(captured);
                args
            }
            Inside::Stmts(stmts) => {
                let block = super::Block { stmts: self.stmts(&stmts), span };
                let kind = ExprKind::Block { block, label: None, kind: super::BlockKind::Plain };
                vec![Expr { kind, span }]
            }
            Inside::Unknown => Vec::new(),
        };
        Expr { kind: ExprKind::Macro { path, args }, span }
    }

    /// The variables that a format string names: `"{body:?}"` uses `body`.
    fn captured_by_format(&self, name: &str, arg: &Expr) -> Vec<Expr> {
        const FORMATTING: [&str; 18] = [
            "assert",
            "debug",
            "debug_assert",
            "eprint",
            "eprintln",
            "error",
            "format",
            "format_args",
            "info",
            "panic",
            "print",
            "println",
            "todo",
            "trace",
            "unreachable",
            "warn",
            "write",
            "writeln",
        ];
        let ExprKind::Lit(Lit::Str(text)) = &arg.kind else { return Vec::new() };
        if !FORMATTING.contains(&name) {
            return Vec::new();
        }
        captured_names(text).map(|name| self.variable(name, arg.span)).collect()
    }

    /// The items of `thread_local!` and `lazy_static!`; none for other macros.
    pub(super) fn item_macro(&self, call: &syn::Macro) -> Vec<Item> {
        let is = |name: &str| call.path.segments.last().is_some_and(|last| last.ident == name);
        let Some((_, kind)) = READ_INSIDE.into_iter().find(|(name, _)| is(name)) else { return Vec::new() };
        let Ok(statics) = Statics::parse.parse2(call.tokens.clone()) else { return Vec::new() };
        let item = |item: &LocalStatic| {
            let item = self.static_item(&item.name, &item.ty, Some(&item.init), kind);
            Item::Static(item)
        };
        statics.0.iter().map(item).collect()
    }
}

fn read(call: &syn::Macro) -> Inside {
    let list = Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
    if let Ok(exprs) = list.parse2(call.tokens.clone()) {
        return Inside::Exprs(exprs.into_iter().collect());
    }
    let repeated = Punctuated::<syn::Expr, syn::Token![;]>::parse_separated_nonempty;
    if let Ok(exprs) = repeated.parse2(call.tokens.clone()) {
        return Inside::Exprs(exprs.into_iter().collect());
    }
    syn::Block::parse_within.parse2(call.tokens.clone()).map_or(Inside::Unknown, Inside::Stmts)
}

/// `{name}`, `{name:?}`, `{name:>width$}`: the names before the colon.
fn captured_names(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| {
        let end = part.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        let (name, rest) = part.split_at(end);
        let named = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        (named && rest.starts_with(['}', ':'])).then_some(name)
    })
}

struct Statics(Vec<LocalStatic>);

struct LocalStatic {
    name: syn::Ident,
    ty: syn::Type,
    init: syn::Expr,
}

impl Parse for Statics {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut statics = Vec::new();
        while !input.is_empty() {
            input.call(syn::Attribute::parse_outer)?;
            input.parse::<syn::Visibility>()?;
            input.parse::<syn::Token![static]>()?;
            input.parse::<Option<syn::Token![ref]>>()?;
            let name = input.parse()?;
            input.parse::<syn::Token![:]>()?;
            let ty = input.parse()?;
            input.parse::<syn::Token![=]>()?;
            let init = input.parse()?;
            input.parse::<Option<syn::Token![;]>>()?;
            statics.push(LocalStatic { name, ty, init });
        }
        Ok(Self(statics))
    }
}
