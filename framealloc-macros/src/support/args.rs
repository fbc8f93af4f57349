//! Key-value arguments through darling: unknown and repeated keys, words without a value.

use darling::ast::NestedMeta;
use darling::{Error, FromMeta};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprLit, Lit, LitStr, Meta, Path};

use super::errors::{Errors, did_you_mean, error, list, suggest};
use super::size::meant;

/// What one macro accepts, for its messages.
pub(crate) struct Keys {
    /// The attribute as the user writes it: `#[frame_system]`.
    pub(crate) attribute: &'static str,
    /// Every key it knows.
    pub(crate) known: &'static [&'static str],
    /// A correct use, shown when the arguments do not even parse.
    pub(crate) example: &'static str,
}

impl Keys {
    /// Splits arguments into (key, item) pairs; everything that is no known, fresh key becomes an error.
    pub(crate) fn split(&self, args: TokenStream, errors: &mut Errors) -> Vec<(&'static str, NestedMeta)> {
        let items = match NestedMeta::parse_meta_list(args.clone()) {
            Ok(items) => items,
            Err(wrong) => {
                match usual_slip(args) {
                    Some((place, message)) => errors.push_at(place, message),
                    None => errors.push_at(
                        wrong.span(),
                        format!("{wrong}\nhelp: arguments look like `{}`", self.example),
                    ),
                }
                return Vec::new();
            }
        };
        let mut found: Vec<(&'static str, NestedMeta)> = Vec::new();
        for item in items {
            match self.key_of(&item) {
                Ok(key) if found.iter().any(|(other, _)| *other == key) => {
                    let message = format!("`{key}` is given twice");
                    errors.push(path_of(&item), message);
                }
                Ok(key) => found.push((key, item)),
                Err(wrong) => {
                    errors.keep::<()>(Err(wrong));
                }
            }
        }
        found
    }

    fn key_of(&self, item: &NestedMeta) -> darling::Result<&'static str> {
        let Some(path) = path_of(item) else {
            let message = format!("{} takes named arguments: `{}`", self.attribute, self.example);
            return Err(error(item, message));
        };
        let name = path.to_token_stream().to_string().replace(' ', "");
        self.known.iter().copied().find(|key| *key == name).ok_or_else(|| {
            let near = did_you_mean(&name, self.known);
            let known = list(self.known);
            error(
                path,
                format!("{} has no argument `{name}`{near}\nhelp: its arguments are {known}", self.attribute),
            )
        })
    }
}

/// `tag: "x"` and `budget = 8 MB`: what is wrong with arguments that do not parse, when it is that.
fn usual_slip(args: TokenStream) -> Option<(Span, String)> {
    let tokens: Vec<_> = args.into_iter().collect();
    tokens.windows(3).find_map(|tokens| match tokens {
        [TokenTree::Ident(key), TokenTree::Punct(colon), TokenTree::Literal(value)]
            if colon.as_char() == ':' =>
        {
            Some((colon.span(), format!("arguments are written with `=`: `{key} = {value}`")))
        }
        [TokenTree::Punct(_), TokenTree::Literal(number), TokenTree::Ident(unit)]
            if let Some(meant) = meant(&unit.to_string()) =>
        {
            Some((unit.span(), format!("sizes with a unit are strings: `\"{number}{meant}\"`")))
        }
        _ => None,
    })
}

/// The key of an argument; `None` for a bare literal.
fn path_of(item: &NestedMeta) -> Option<&Path> {
    match item {
        NestedMeta::Meta(meta) => Some(meta.path()),
        NestedMeta::NameValueInvalidExpr(invalid) => Some(&invalid.path),
        NestedMeta::Lit(_) => None,
    }
}

/// The value of one argument, or the mistake with its place. `example` is a correct use.
pub(crate) fn value<T: FromMeta>(item: &NestedMeta, example: &str) -> darling::Result<T> {
    if let NestedMeta::Meta(Meta::Path(path)) = item {
        return Err(error(path, format!("`{}` needs a value: `{example}`", path.to_token_stream())));
    }
    if let NestedMeta::Meta(Meta::List(list)) = item {
        return Err(error(list, format!("write `{example}`")));
    }
    T::from_nested_meta(item).map_err(|wrong| match item {
        NestedMeta::NameValueInvalidExpr(invalid) if invalid.value.is_empty() => {
            error(invalid.eq_token, format!("a value is missing: `{example}`"))
        }
        _ => wrong,
    })
}

/// The string literal in `expr`, which may sit in the invisible group of a macro variable.
pub(crate) fn string(expr: &Expr) -> Option<&LitStr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        Expr::Group(group) => string(&group.expr),
        _ => None,
    }
}

/// One word out of a list, written as a string: `on_exceed = "fail"`.
pub(crate) fn choice<T: Copy>(expr: &Expr, choices: &[(&'static str, T)]) -> Result<T, Error> {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let quoted = names.iter().map(|name| format!("`\"{name}\"`")).collect::<Vec<_>>().join(", ");
    let Some(text) = string(expr) else {
        let word = expr.to_token_stream().to_string();
        let hint = match names.iter().find(|name| **name == word) {
            Some(name) => format!("; write `\"{name}\"` with quotes"),
            None => word.rsplit(' ').next().map_or_else(String::new, |last| meant_word(last, &names)),
        };
        return Err(error(expr, format!("expected one of {quoted}{hint}")));
    };
    let wrong = text.value();
    choices.iter().find(|(name, _)| *name == wrong).map(|(_, choice)| *choice).ok_or_else(|| {
        error(text, format!("expected one of {quoted}, not `\"{wrong}\"`{}", meant_word(&wrong, &names)))
    })
}

/// `; did you mean "fail"?`, nothing when no choice is near.
fn meant_word(wrong: &str, names: &[&str]) -> String {
    suggest(wrong, names).map_or_else(String::new, |near| format!("; did you mean `\"{near}\"`?"))
}
