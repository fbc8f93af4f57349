//! The one identifier that a `let` with our attribute binds.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Local, Pat, PatIdent, Type};

use super::errors::{Errors, written};

/// A `let` of the form `let [mut] name[: Type] [= value];`.
pub(crate) struct Binding {
    pub(crate) pat: PatIdent,
    pub(crate) ty: Option<Type>,
}

impl Binding {
    /// Takes the `let` apart, or says what to write instead.
    pub(crate) fn of(local: &Local, attribute: &str, errors: &mut Errors) -> Option<Self> {
        if let Some((keyword, _)) = local.init.as_ref().and_then(|init| init.diverge.as_ref()) {
            let message = format!(
                "`{attribute}` does not go on `let ... else`\nhelp: match first, then move the result: \
                 `let Some(x) = value else {{ .. }};` and `{attribute} let x = x;`"
            );
            errors.push(keyword, message);
            return None;
        }
        match peel(&local.pat) {
            (Pat::Ident(pat), ty) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                Some(Self { pat: pat.clone(), ty: ty.cloned() })
            }
            (pat, _) => {
                errors.push(pat, wrong_pattern(pat, attribute));
                None
            }
        }
    }
}

/// Where the name of a `let` stands, without its `mut`; a pattern of other form as a whole.
pub(crate) fn place_of(local: &Local) -> Span {
    match peel(&local.pat) {
        (Pat::Ident(pat), _) => pat.ident.span(),
        (pat, _) => pat.span(),
    }
}

fn peel(pat: &Pat) -> (&Pat, Option<&Type>) {
    match pat {
        Pat::Type(typed) => (peel(&typed.pat).0, Some(&*typed.ty)),
        Pat::Paren(paren) => peel(&paren.pat),
        pat => (pat, None),
    }
}

fn wrong_pattern(pat: &Pat, attribute: &str) -> String {
    match pat {
        Pat::Wild(_) => format!(
            "`{attribute}` needs a name: `_` binds nothing, and the value would be dropped at once\n\
             help: write `let _unused = ..`"
        ),
        Pat::Ident(pat) if pat.by_ref.is_some() => {
            let name = &pat.ident;
            format!(
                "`{attribute}` moves the value, it cannot bind by `ref`\nhelp: write `let {name} = ..` and borrow it: `&{name}`"
            )
        }
        Pat::Ident(pat) => {
            let name = &pat.ident;
            format!(
                "`{attribute}` binds one identifier, not a pattern\nhelp: write `let {name} = ..` and match on `&*{name}` afterwards"
            )
        }
        pat => {
            let parts = written(pat);
            let attribute_in_use = if attribute == "#[retain]" { "#[retain(..)]" } else { attribute };
            format!(
                "`{attribute}` binds one identifier, not a pattern\nhelp: bind the whole value, then take it apart: \
                 `{attribute_in_use} let whole = ..;` and `let {parts} = &*whole;`"
            )
        }
    }
}
