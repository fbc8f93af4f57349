//! `crate = path`: where the runtime crate is found.

use darling::FromMeta;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Path};

use super::args::string;
use super::errors::error;

/// The path of the runtime crate, absolute, so that no name of the user can shadow it.
#[derive(Clone)]
pub(crate) struct CratePath {
    tokens: TokenStream,
    written_by_user: bool,
}

impl Default for CratePath {
    fn default() -> Self {
        Self { tokens: quote_spanned!(Span::mixed_site()=> ::framealloc), written_by_user: false }
    }
}

impl CratePath {
    /// The path with every token standing at `place`: errors of the call that it begins are shown there.
    pub(crate) fn at(&self, place: Span) -> TokenStream {
        let written = |token: TokenTree| match &token {
            TokenTree::Ident(_) if self.written_by_user => token.span().located_at(place),
            _ => place,
        };
        let moved = |mut token: TokenTree| {
            token.set_span(written(token.clone()));
            token
        };
        self.tokens.clone().into_iter().map(moved).collect()
    }
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}

impl FromMeta for CratePath {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        let path = match expr {
            Expr::Group(group) => return Self::from_expr(&group.expr),
            Expr::Path(path) if path.qself.is_none() => path.path.clone(),
            _ => string(expr)
                .and_then(|text| text.parse::<Path>().ok())
                .ok_or_else(|| error(expr, "expected a path: `crate = ::engine::framealloc`"))?,
        };
        let root = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if path.leading_colon.is_none() && root != "crate" && root != "$crate" {
            let written = path.to_token_stream().to_string().replace(' ', "");
            let message = format!(
                "`crate` must be an absolute path\nhelp: write `crate = ::{written}` for a dependency or \
                 `crate = crate::{written}` for a module of this crate"
            );
            return Err(error(expr, message));
        }
        Ok(Self { tokens: path.to_token_stream(), written_by_user: true })
    }
}
