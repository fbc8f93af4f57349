//! Attributes with their arguments, and `cfg`.

use quote::ToTokens;
use syn::Meta;
use syn::punctuated::Punctuated;

use super::Path;
use super::lower::Lowering;
use super::types::name_of;
use crate::project::Cfg;
use crate::source::Span;

/// The attributes of an item or a `let` that lints read. Those of the language and of tools are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attrs {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) when: When,
}

/// When an item is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct When {
    /// In tests only: `#[test]`, `#[cfg(test)]`.
    pub(crate) test: bool,
    /// Under a `cfg` of which nobody knows whether it holds: another item may stand in for it.
    pub(crate) conditional: bool,
}

impl When {
    /// Inside of something that is there `outer`.
    pub(crate) fn within(self, outer: Self) -> Self {
        Self { test: self.test || outer.test, conditional: self.conditional || outer.conditional }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Attr {
    pub(crate) path: Path,
    pub(crate) args: Vec<AttrArg>,
    pub(crate) span: Span,
}

impl Attr {
    /// The argument `name = ..`.
    pub(crate) fn get(&self, name: &str) -> Option<&AttrArg> {
        self.args.iter().find(|arg| arg.name == name)
    }
}

/// `name = value`, `name`, or a bare value with an empty name.
#[derive(Clone, Debug)]
pub(crate) struct AttrArg {
    pub(crate) name: String,
    pub(crate) value: Option<AttrValue>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AttrValue {
    Str(String),
    Int(u128),
    /// Anything else, as written.
    Code(String),
}

/// Attributes of the language, which no lint reads.
const BUILT_IN: [&str; 14] = [
    "allow", "cfg", "cfg_attr", "cold", "deny", "derive", "doc", "expect", "forbid", "inline", "must_use",
    "path", "test", "warn",
];

impl Lowering<'_> {
    pub(super) fn attrs(&self, attrs: &[syn::Attribute]) -> Attrs {
        let mut lowered = Attrs { when: self.when(attrs), ..Attrs::default() };
        for attr in attrs {
            let path = attr.path();
            if path.get_ident().is_some_and(|name| BUILT_IN.contains(&name_of(name).as_str())) {
                continue;
            }
            lowered.attrs.push(Attr {
                path: self.path(None, path),
                args: self.attr_args(&attr.meta),
                span: self.small(attr),
            });
        }
        lowered
    }

    fn attr_args(&self, meta: &Meta) -> Vec<AttrArg> {
        let Meta::List(list) = meta else { return Vec::new() };
        let parser = Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        let Ok(args) = list.parse_args_with(parser) else { return Vec::new() };
        args.iter().map(|arg| self.attr_arg(arg)).collect()
    }

    fn attr_arg(&self, arg: &syn::Expr) -> AttrArg {
        let span = self.small(arg);
        match arg {
            syn::Expr::Assign(assign) => {
                AttrArg { name: code(&assign.left), value: Some(value(&assign.right)), span }
            }
            syn::Expr::Path(path) => AttrArg { name: code(path), value: None, span },
            other => AttrArg { name: String::new(), value: Some(value(other)), span },
        }
    }

    /// Whether the `cfg`s of an item are true.
    pub(super) fn enabled(&self, attrs: &[syn::Attribute]) -> bool {
        attrs.iter().filter(|attr| attr.path().is_ident("cfg")).all(|attr| self.holds(attr).unwrap_or(true))
    }

    fn holds(&self, attr: &syn::Attribute) -> Option<bool> {
        attr.parse_args::<Meta>().ok().and_then(|meta| self.cfg.holds(&meta))
    }

    /// What the `cfg`s of an item say that is enabled.
    pub(super) fn when(&self, attrs: &[syn::Attribute]) -> When {
        let mut when = When::default();
        for attr in attrs {
            if attr.path().is_ident("test") || is_test_cfg(attr) {
                when.test = true;
            } else if attr.path().is_ident("cfg") && self.holds(attr).is_none() {
                when.conditional = true;
            }
        }
        when
    }
}

pub(super) fn is_test_cfg(attr: &syn::Attribute) -> bool {
    attr.path().is_ident("cfg") && attr.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
}

fn code(node: &impl ToTokens) -> String {
    node.to_token_stream().to_string()
}

fn value(expr: &syn::Expr) -> AttrValue {
    match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => AttrValue::Str(text.value()),
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => {
            number.base10_parse().map_or_else(|_| AttrValue::Code(code(number)), AttrValue::Int)
        }
        other => AttrValue::Code(code(other)),
    }
}

/// What is known of `cfg`.
pub(super) struct CfgContext<'a> {
    cfg: &'a Cfg,
}

impl<'a> CfgContext<'a> {
    pub(super) fn new(cfg: &'a Cfg) -> Self {
        Self { cfg }
    }

    /// `None` when it depends on what is not known.
    fn holds(&self, meta: &Meta) -> Option<bool> {
        match meta {
            Meta::Path(path) => self.flag(&name_of(path.get_ident()?)),
            Meta::NameValue(pair) => {
                let AttrValue::Str(text) = value(&pair.value) else { return None };
                self.pair(&name_of(pair.path.get_ident()?), &text)
            }
            Meta::List(list) => self.combined(list),
        }
    }

    fn combined(&self, list: &syn::MetaList) -> Option<bool> {
        let parts = list.parse_args_with(Punctuated::<Meta, syn::Token![,]>::parse_terminated).ok()?;
        let mut parts = parts.iter().map(|part| self.holds(part));
        if list.path.is_ident("not") {
            return parts.next()?.map(|holds| !holds);
        }
        // The value that decides `any` or `all` alone.
        let decisive = list.path.is_ident("any");
        let mut unknown = false;
        for part in parts {
            match part {
                Some(holds) if holds == decisive => return Some(decisive),
                Some(_) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(!decisive) }
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match name {
            // Both are linted: what a test does with frame memory counts, and so does the rest.
            "test" | "debug_assertions" => None,
            _ if self.cfg.target.is_empty() => None,
            "unix" | "windows" => Some(self.cfg.target.iter().any(|(key, _)| key == name)),
            // A flag of the build, which the command line of rustc sets.
            _ => Some(self.cfg.target.iter().any(|(key, value)| key == name && value.is_none())),
        }
    }

    fn pair(&self, key: &str, text: &str) -> Option<bool> {
        if key == "feature" {
            return Some(self.cfg.features.iter().any(|feature| feature == text));
        }
        if self.cfg.target.is_empty() || !key.starts_with("target_") {
            return None;
        }
        let given = |(name, value): &(String, Option<String>)| name == key && value.as_deref() == Some(text);
        Some(self.cfg.target.iter().any(given))
    }
}
