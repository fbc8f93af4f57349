//! The arguments of `#[frame_system]` and their conflicts.

use darling::FromMeta;
use darling::ast::NestedMeta;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Ident};

use super::tag::TagPath;
use crate::support::args::{Keys, choice, string, value};
use crate::support::crate_path::CratePath;
use crate::support::errors::{Errors, error};
use crate::support::item_fn::ItemFn;
use crate::support::size::{Size, Soft, find_name};

const KEYS: Keys = Keys {
    attribute: "`#[frame_system]`",
    known: &["tag", "phase", "budget", "soft", "on_exceed", "heap", "frame", "alloc", "crate"],
    example: "#[frame_system(tag = \"physics\", budget = \"8MB\")]",
};

/// Every argument, `None` where it is absent or wrong.
#[derive(Default)]
pub(super) struct Args {
    pub(super) tag: Option<TagPath>,
    pub(super) phase: Option<TagPath>,
    pub(super) budget: Option<Size>,
    pub(super) soft: Option<Soft>,
    pub(super) on_exceed: Option<OnExceed>,
    pub(super) heap: Option<HeapUse>,
    pub(super) frame: Option<Ident>,
    pub(super) alloc: Option<Expr>,
    pub(super) krate: CratePath,
}

/// What happens when the budget is exceeded: a variant of the runtime's `OnExceed`.
#[derive(Clone, Copy)]
pub(super) struct OnExceed(pub(super) &'static str);

impl FromMeta for OnExceed {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        choice(expr, &[("warn", "Warn"), ("fail", "Fail"), ("panic", "Panic")]).map(Self)
    }
}

/// What happens when the system uses the ordinary heap: a variant of the runtime's `HeapUse`.
#[derive(Clone, Copy)]
pub(super) struct HeapUse(pub(super) &'static str);

impl FromMeta for HeapUse {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        choice(expr, &[("allow", "Allow"), ("warn", "Warn"), ("deny", "Deny")]).map(Self)
    }
}

struct Name(Ident);

impl FromMeta for Name {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        match expr {
            Expr::Group(group) => return Self::from_expr(&group.expr),
            Expr::Path(path) if path.qself.is_none() => {
                if let Some(name) = path.path.get_ident().filter(|name| *name != "self" && *name != "Self") {
                    return Ok(Self(name.clone()));
                }
            }
            _ => {}
        }
        let written = string(expr).map_or_else(|| "frame".to_owned(), syn::LitStr::value);
        Err(error(expr, format!("expected the name that the frame gets: `frame = {written}`")))
    }
}

struct Source(Expr);

impl FromMeta for Source {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        match string(expr) {
            Some(text) => Err(error(
                text,
                format!("`alloc` is an expression, without quotes: `alloc = {}`", text.value()),
            )),
            None => Ok(Self(expr.clone())),
        }
    }
}

impl Args {
    /// Reads the arguments; mistakes are kept in `errors` and the argument stays `None`.
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let items = KEYS.split(tokens, errors);
        // A key that was not understood may be the one that is missing.
        let complete = errors.is_empty();
        for (key, item) in &items {
            args.set(key, item, errors);
        }
        if complete {
            check_missing(&items, errors);
        }
        args.check_order(&items, errors);
        args
    }

    fn set(&mut self, key: &str, item: &NestedMeta, errors: &mut Errors) {
        match key {
            "tag" => self.tag = errors.keep(value(item, "tag = \"physics\"")),
            "phase" => self.phase = errors.keep(value(item, "phase = \"update\"")),
            "budget" => self.budget = errors.keep(value(item, "budget = \"8MB\"")),
            "soft" => self.soft = errors.keep(value(item, "soft = \"80%\"")),
            "on_exceed" => self.on_exceed = errors.keep(value(item, "on_exceed = \"fail\"")),
            "heap" => self.heap = errors.keep(value(item, "heap = \"deny\"")),
            "frame" => self.frame = errors.keep(value(item, "frame = frame")).map(|Name(name)| name),
            "alloc" => self.alloc = errors.keep(value(item, "alloc = self.alloc")).map(|Source(expr)| expr),
            _ => self.krate = errors.keep(value(item, "crate = ::engine::framealloc")).unwrap_or_default(),
        }
    }

    /// A soft limit above the budget is a mistake.
    fn check_order(&self, items: &[(&str, NestedMeta)], errors: &mut Errors) {
        let budget = self.budget.as_ref().and_then(Size::known);
        let soft = match &self.soft {
            Some(Soft::Size(size)) => size.known(),
            _ => None,
        };
        if let (Some(item), Some(budget), Some(soft)) = (written(items, "soft"), budget, soft)
            && soft > budget
        {
            let message = format!(
                "the soft limit ({soft} bytes) is above the budget ({budget} bytes) and would never be reached"
            );
            errors.push(value_of(item), message);
        }
    }

    /// Drops sizes that use what the function's `static` cannot see, with an error each.
    pub(super) fn check_against(&mut self, function: &ItemFn, errors: &mut Errors) {
        let mut usable = |size: &Size| match size {
            Size::Bytes(_) => true,
            Size::Constant(expr) => not_constant(expr, function, errors),
        };
        self.budget = self.budget.take().filter(&mut usable);
        self.soft = self.soft.take().filter(|soft| match soft {
            Soft::Size(size) => usable(size),
            Soft::Percent(_) => true,
        });
    }
}

/// What only says how a budget behaves needs one.
fn check_missing(items: &[(&str, NestedMeta)], errors: &mut Errors) {
    for key in ["soft", "on_exceed"] {
        if let (Some(item), None) = (written(items, key), written(items, "budget")) {
            let message = format!("`{key}` has no effect without a budget\nhelp: add `budget = \"8MB\"`");
            errors.push(item, message);
        }
    }
}

/// The argument with this key.
fn written<'i>(items: &'i [(&str, NestedMeta)], key: &str) -> Option<&'i NestedMeta> {
    items.iter().find(|(other, _)| *other == key).map(|(_, item)| item)
}

fn not_constant(expr: &Expr, function: &ItemFn, errors: &mut Errors) -> bool {
    let generics = function.generic_names();
    let parameters = function.parameter_names();
    let found = find_name(expr, |name| {
        name == "Self" || name == "self" || generics.contains(&name) || parameters.contains(&name)
    });
    let Some(name) = found else { return true };
    let message = if name == "Self" {
        "the budget is part of a `static`, which cannot use `Self`\nhelp: write the type's name".to_owned()
    } else if generics.contains(&name) {
        format!(
            "the budget is part of a `static`, which cannot use the generic parameter `{name}`\nhelp: use a constant outside the function"
        )
    } else {
        format!(
            "a declared budget is a constant, `{name}` is known only at run time\nhelp: set it with `alloc.set_tag_budget(..)` before the system runs"
        )
    };
    errors.push(name, message);
    false
}

/// The value of `key = value`.
fn value_of(item: &NestedMeta) -> TokenStream {
    match item {
        NestedMeta::Meta(syn::Meta::NameValue(pair)) => pair.value.to_token_stream(),
        other => other.to_token_stream(),
    }
}
