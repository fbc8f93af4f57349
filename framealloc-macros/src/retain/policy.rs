//! The retention policies.

use darling::ast::NestedMeta;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, Meta, Path};

use crate::support::args::string;
use crate::support::errors::{error, suggest};

/// Names of the policies, as in `RetentionPolicy`.
const NAMES: [&str; 5] = ["Discard", "PromoteToPool", "PromoteToHeap", "PromoteToScratch", "Leak"];

/// What people write for them at first.
const SHORT: [(&str, &str); 6] = [
    ("pool", "PromoteToPool"),
    ("heap", "PromoteToHeap"),
    ("scratch", "PromoteToScratch"),
    ("drop", "Discard"),
    ("forget", "Leak"),
    ("static", "Leak"),
];

/// All policies as text for a message.
pub(super) fn all() -> String {
    "`Discard`, `PromoteToPool`, `PromoteToHeap`, `PromoteToScratch(\"name\")`, `Leak`".to_owned()
}

/// A policy as written: its name, with the scratch pool's name where there is one.
pub(super) struct Policy {
    name: &'static str,
    path: Path,
    scratch: Option<Expr>,
}

impl Policy {
    /// The policy that `item` names.
    pub(super) fn of(item: &NestedMeta) -> darling::Result<Self> {
        let (path, arguments) = match item {
            NestedMeta::Meta(Meta::Path(path)) => (path, None),
            NestedMeta::Meta(Meta::List(list)) => (&list.path, Some(list)),
            NestedMeta::Lit(Lit::Str(text)) => {
                let near = find(&text.value()).map_or_else(String::new, |near| format!(": `{near}`"));
                return Err(error(
                    text,
                    format!("a policy is written without quotes{near}\nhelp: one of {}", all()),
                ));
            }
            other => return Err(error(other, format!("expected a policy\nhelp: one of {}", all()))),
        };
        let name = named(path)?;
        let scratch =
            match arguments {
                None if name == "PromoteToScratch" => {
                    return Err(error(
                        path,
                        "`PromoteToScratch` needs the scratch pool's name: `PromoteToScratch(\"level\")`",
                    ));
                }
                None => None,
                Some(list) if name != "PromoteToScratch" => {
                    return Err(error(&list.tokens, format!("`{name}` takes no argument")));
                }
                Some(list) => Some(list.parse_args::<Expr>().map_err(|_| {
                    error(list, "write the scratch pool's name: `PromoteToScratch(\"level\")`")
                })?),
            };
        match &scratch {
            Some(expr) if string(expr).is_some_and(|name| name.value().trim().is_empty()) => {
                Err(error(expr, "the scratch pool's name is empty"))
            }
            Some(Expr::Lit(ExprLit { lit, .. })) if !matches!(lit, Lit::Str(_)) => {
                Err(error(lit, "the scratch pool's name is a string: `PromoteToScratch(\"level\")`"))
            }
            _ => Ok(Self { name, path: path.clone(), scratch }),
        }
    }

    /// The expression of type `RetentionPolicy`.
    pub(super) fn to_expr(&self, krate: &TokenStream, span: Span) -> TokenStream {
        let scratch = self.scratch.as_ref().map(|scratch| quote_spanned!(span=> (#scratch)));
        let path = &self.path;
        // `RetentionPolicy::Leak` is the user's path, whose import would be unused otherwise.
        if path.segments.len() > 1 {
            return quote_spanned!(span=> #path #scratch);
        }
        let name = Ident::new(self.name, span.located_at(path.span()));
        quote_spanned!(span=> #krate::RetentionPolicy::#name #scratch)
    }
}

fn named(path: &Path) -> darling::Result<&'static str> {
    let Some(last) = path.segments.last() else { return Err(error(path, "expected a policy")) };
    let word = last.ident.to_string();
    NAMES.into_iter().find(|name| *name == word).ok_or_else(|| {
        let near = find(&word).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let written = path.to_token_stream();
        error(&last.ident, format!("`{written}` is no retention policy{near}\nhelp: one of {}", all()))
    })
}

fn find(word: &str) -> Option<&'static str> {
    let short = word.to_lowercase();
    let short = short.strip_prefix("promote_to_").or(short.strip_prefix("to_")).unwrap_or(&short);
    SHORT.iter().find(|(other, _)| *other == short).map(|(_, name)| *name).or_else(|| suggest(word, &NAMES))
}
