//! What a suppression covers: items and statements as the parser sees them, and the attribute form.

use std::ops::{Range, RangeInclusive};

use proc_macro2::{Span, TokenTree};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Lit, Meta, Token};

use super::directive::{Directive, Named};
use crate::hir;

/// A suppression in the attribute form.
#[derive(Debug)]
pub(crate) struct Allowed {
    pub(crate) span: Range<usize>,
    pub(crate) covers: Range<usize>,
    pub(crate) directive: Result<Directive, String>,
}

/// What was found in one file.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    /// Items, statements, fields and arms.
    nodes: Vec<Range<usize>>,
    /// Those of them that are not always compiled.
    conditional: Vec<Range<usize>>,
    pub(crate) attributes: Vec<Allowed>,
}

impl Scopes {
    /// Empty when the file does not parse.
    pub(crate) fn of(text: &str) -> Self {
        let Ok(file) = hir::parse(text) else { return Self::default() };
        let mut visitor = Visitor { inside: Vec::new(), scopes: Self::default() };
        visitor.inside.push(0..text.len());
        visitor.visit_file(&file);
        visitor.scopes
    }

    /// The whole of the item or statement that begins in `at`, which ends where its code does: its documentation may come
    /// before.
    pub(crate) fn beginning_in(&self, at: RangeInclusive<usize>) -> Option<Range<usize>> {
        let here = self.nodes.iter().filter(|node| at.contains(&node.start));
        here.max_by_key(|node| node.end).cloned()
    }

    /// Whether `span` lies in code that other features or targets see and this run may not.
    pub(crate) fn is_conditional(&self, span: &Range<usize>) -> bool {
        self.conditional.iter().any(|node| node.start <= span.start && span.end <= node.end)
    }
}

struct Visitor {
    /// The nodes around the one that is visited; the file is the first.
    inside: Vec<Range<usize>>,
    scopes: Scopes,
}

impl Visitor {
    fn range(&self, span: Span) -> Range<usize> {
        span.byte_range()
    }

    fn node(&mut self, span: Span, visit: impl FnOnce(&mut Self)) {
        let range = self.range(span);
        self.scopes.nodes.push(range.clone());
        self.inside.push(range);
        visit(self);
        self.inside.pop();
    }
}

macro_rules! nodes {
    ($($method:ident $ty:ident,)*) => {
        $(fn $method(&mut self, node: &'ast syn::$ty) {
            self.node(node.span(), |this| visit::$method(this, node));
        })*
    };
}

impl<'ast> Visit<'ast> for Visitor {
    nodes! {
        visit_item Item,
        visit_impl_item ImplItem,
        visit_trait_item TraitItem,
        visit_stmt Stmt,
        visit_arm Arm,
        visit_field Field,
        visit_field_value FieldValue,
        visit_variant Variant,
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let around = self.inside.last().expect("the file is around everything").clone();
        if attribute.path().is_ident("cfg") {
            self.scopes.conditional.push(around);
        } else if attribute.path().is_ident("cfg_attr") {
            let span = self.range(attribute.span());
            for directive in directives(attribute, |span| self.range(span)) {
                let (span, covers) = (span.clone(), around.clone());
                self.scopes.attributes.push(Allowed { span, covers, directive });
            }
        }
    }
}

type Metas = Punctuated<Meta, Token![,]>;

/// The `fa::` attributes that a `cfg_attr` holds.
fn directives(attribute: &Attribute, range: impl Fn(Span) -> Range<usize>) -> Vec<Result<Directive, String>> {
    let Ok(metas) = attribute.parse_args_with(after_predicate) else { return Vec::new() };
    let is_ours = |meta: &&Meta| meta.path().segments.first().is_some_and(|first| first.ident == "fa");
    metas.iter().filter(is_ours).map(|meta| directive(meta, &range)).collect()
}

/// What `cfg_attr` adds; its predicate may be `false`, which is no attribute itself.
fn after_predicate(input: ParseStream<'_>) -> syn::Result<Metas> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    input.parse::<Option<Token![,]>>()?;
    Metas::parse_terminated(input)
}

fn directive(meta: &Meta, range: impl Fn(Span) -> Range<usize>) -> Result<Directive, String> {
    const FORM: &str = "write `fa::allow(FA602, reason = \"why\")`";
    let is_allow = meta.path().segments.len() == 2 && meta.path().segments[1].ident == "allow";
    let Meta::List(list) = meta else { return Err(format!("a list of codes is missing; {FORM}")) };
    if !is_allow {
        return Err(format!("the only attribute of this linter is `fa::allow`; {FORM}"));
    }
    let Ok(arguments) = list.parse_args_with(Metas::parse_terminated) else {
        return Err(format!("the arguments cannot be read; {FORM}"));
    };
    let mut directive = Directive { names: Vec::new(), reason: false };
    for argument in &arguments {
        match argument {
            Meta::Path(path) if path.get_ident().is_some() => {
                let text = path.get_ident().map(ToString::to_string).unwrap_or_default();
                directive.names.push(Named { text, span: range(path.span()) });
            }
            Meta::NameValue(pair) if pair.path.is_ident("reason") => match &pair.value {
                Expr::Lit(literal) if matches!(&literal.lit, Lit::Str(text) if !text.value().trim().is_empty()) =>
                {
                    directive.reason = true;
                }
                _ => {}
            },
            _ => return Err(format!("the arguments are codes and a reason; {FORM}")),
        }
    }
    if directive.names.is_empty() { Err(format!("`fa::allow` names no code; {FORM}")) } else { Ok(directive) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_at_a_place_is_taken_whole() {
        let text = "#[inline]\nfn f() {\n    let a =\n        g();\n}\n";
        let scopes = Scopes::of(text);
        assert_eq!(scopes.beginning_in(0..=0), Some(0..text.len() - 1));
        let statement = text.find("let").unwrap();
        assert_eq!(scopes.beginning_in(statement..=statement), Some(statement..text.find(";").unwrap() + 1));
        assert_eq!(scopes.beginning_in(5..=5), None);
    }

    #[test]
    fn byte_order_marks_and_shebangs_move_nothing() {
        for head in
            ["\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#!/usr/bin/env run\n", "#![allow(dead_code)]\n"]
        {
            let text = format!("{head}fn f() {{}}");
            let start = head.len();
            assert_eq!(Scopes::of(&text).beginning_in(start..=start), Some(start..text.len()), "{head:?}");
        }
    }

    #[test]
    fn attributes_cover_what_they_stand_on() {
        let text = "fn f() {\n    #[cfg_attr(any(), fa::allow(FA602, reason = \"once\"))]\n    let a = 1;\n    g();\n}";
        let scopes = Scopes::of(text);
        let [allowed] = &scopes.attributes[..] else { panic!("{scopes:?}") };
        let start = text.find("#[").unwrap();
        assert_eq!(allowed.covers, start..text.find("1;").unwrap() + 2);
        let directive = allowed.directive.as_ref().unwrap();
        assert_eq!(&text[directive.names[0].span.clone()], "FA602");
        assert!(directive.reason);
    }

    #[test]
    fn inner_attributes_cover_the_file() {
        let text = "#![cfg_attr(false, fa::allow(FA602))]\nfn f() {}\n";
        let scopes = Scopes::of(text);
        assert_eq!(scopes.attributes[0].covers, 0..text.len());
        assert!(!scopes.attributes[0].directive.as_ref().unwrap().reason);
    }

    #[test]
    fn conditional_code_is_known() {
        let text = "#[cfg(windows)]\nfn f() { g(); }\nfn h() {}";
        let scopes = Scopes::of(text);
        let inside = text.find("g()").unwrap();
        assert!(scopes.is_conditional(&(inside..inside + 3)));
        let outside = text.find("h()").unwrap();
        assert!(!scopes.is_conditional(&(outside..outside + 3)));
    }

    #[test]
    fn wrong_attributes_say_what_to_write() {
        for (arguments, part) in [
            ("fa::deny(FA602)", "the only attribute"),
            ("fa::allow", "a list of codes is missing"),
            ("fa::allow()", "names no code"),
            ("fa::allow(\"FA602\")", "the arguments cannot be read"),
            ("fa::allow(FA602, why = \"x\")", "the arguments are codes and a reason"),
        ] {
            let scopes = Scopes::of(&format!("#[cfg_attr(false, {arguments})] fn f() {{}}"));
            let message = scopes.attributes[0].directive.as_ref().unwrap_err();
            assert!(message.contains(part), "{arguments}: {message}");
        }
    }

    #[test]
    fn what_nests_too_deep_has_no_scopes() {
        let text =
            format!("// fa:allow(FA699): one\nfn f() {{ {}{} }}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(Scopes::of(&text).beginning_in(0..=text.len()), None);
    }
}
