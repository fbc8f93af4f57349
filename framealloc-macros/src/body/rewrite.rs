//! The walk itself.

use proc_macro2::{Ident, Span};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprConst, ImplItemFn, Item, ItemFn, Local, Macro, Signature, Stmt, Token,
    TraitItemFn,
};

use super::marker::{self, Marker, is_system};
use super::plain;
use crate::frame_local::{Outcome, Target};
use crate::support::binding::place_of;
use crate::support::crate_path::CratePath;
use crate::support::errors::{Errors, written};
use crate::{frame_local, retain};

/// Where the walk is, which decides what a helper attribute on a `let` becomes.
enum Place {
    /// In the system: the frame's binding, with the function's hygiene.
    System(Ident),
    /// In a function whose signature was refused: the error is reported already.
    Refused,
    /// In something nested that has no frame; the text says what to do.
    Frameless(String),
}

/// Turns `let`s with `#[frame_local]` and `#[retain]` into calls on the frame.
pub(crate) struct Rewriter<'a> {
    krate: &'a CratePath,
    errors: &'a mut Errors,
    place: Place,
    /// In how many `move` closures and blocks.
    moves: usize,
    uses: usize,
}

impl<'a> Rewriter<'a> {
    /// For the body of a system with this frame.
    pub(crate) fn in_system(krate: &'a CratePath, frame: Ident, errors: &'a mut Errors) -> Self {
        Self { krate, errors, place: Place::System(frame), moves: 0, uses: 0 }
    }

    /// For a body that gets no frame because of a mistake reported elsewhere.
    pub(crate) fn refused(krate: &'a CratePath, errors: &'a mut Errors) -> Self {
        Self { krate, errors, place: Place::Refused, moves: 0, uses: 0 }
    }

    /// For a `let` outside of any system, which is reported elsewhere.
    pub(crate) fn outside(krate: &'a CratePath, errors: &'a mut Errors) -> Self {
        Self { krate, errors, place: Place::Frameless(String::new()), moves: 0, uses: 0 }
    }

    /// Walks over the statements; returns how often the frame is used.
    pub(crate) fn rewrite(mut self, stmts: &mut [Stmt]) -> usize {
        for stmt in stmts {
            self.visit_stmt_mut(stmt);
        }
        self.uses
    }

    /// Expands the helper on `local`, which has lost the attribute already.
    fn expand(&mut self, local: &mut Local, marker: Marker, attribute: &Attribute) {
        match &self.place {
            Place::System(frame) => {
                let at = place_of(local);
                let target = match self.moves {
                    0 => Target::new(self.krate, frame, at),
                    _ => Target::lent(self.krate, frame, &lent(), at),
                };
                match expand(local, marker, attribute, &target, self.errors) {
                    Outcome::Expanded => {
                        self.uses += 1;
                        return;
                    }
                    Outcome::MistakeAsValue => return,
                    Outcome::Mistake => {}
                }
            }
            Place::Refused => {
                // For its mistakes alone.
                let target = Target::new(self.krate, &lent(), place_of(local));
                let mut expanded = local.clone();
                let outcome = expand(&mut expanded, marker, attribute, &target, self.errors);
                if matches!(outcome, Outcome::MistakeAsValue) {
                    *local = expanded;
                    return;
                }
            }
            Place::Frameless(advice) => self.errors.push(attribute, format!("`{}` {advice}", marker.name())),
        }
        plain::initialise(local);
    }

    /// Takes an attribute off `local` that was probably meant to be ours, with an error.
    fn misspelt(&mut self, local: &mut Local) {
        let before = local.attrs.len();
        local.attrs.retain(|attribute| {
            let Some(marker) = Marker::misspelt(attribute) else { return true };
            let wrong = written(attribute.path());
            let message = format!("there is no attribute `{wrong}` here; did you mean `{}`?", marker.word());
            self.errors.push(attribute.path(), message);
            false
        });
        if local.attrs.len() < before {
            plain::initialise(local);
        }
    }

    /// Runs `walk` in another place.
    fn within(&mut self, place: Place, walk: impl FnOnce(&mut Self)) {
        let outside = core::mem::replace(&mut self.place, place);
        walk(self);
        self.place = outside;
    }

    /// Walks through a nested function that is not a system.
    fn in_function(&mut self, attrs: &[Attribute], sig: &Signature, walk: impl FnOnce(&mut Self)) {
        if !is_system(attrs) {
            let name = &sig.ident;
            let advice = format!(
                "is in the nested function `{name}`, which has no frame\nhelp: put `#[frame_system]` on `{name}`"
            );
            self.within(Place::Frameless(advice), walk);
        }
    }

    /// Gives a `move` closure or block a reference to capture, instead of the frame itself.
    fn lend_frame(&self, expr: &mut Expr, keyword: Span) {
        let Place::System(frame) = &self.place else { return };
        let target = Target::new(self.krate, frame, keyword);
        let (lent, frame) = (lent(), target.frame);
        *expr = Expr::Verbatim(quote_spanned!(Span::mixed_site()=> { let #lent = #frame; #expr }));
    }
}

/// Rewrites `local` by the helper it carried.
fn expand(
    local: &mut Local,
    marker: Marker,
    attribute: &Attribute,
    target: &Target,
    errors: &mut Errors,
) -> Outcome {
    match marker {
        Marker::FrameLocal => frame_local::expand(local, attribute, target, errors),
        Marker::Retain => retain::expand(local, attribute, target, errors),
    }
}

/// The reference that a `move` closure captures.
fn lent() -> Ident {
    Ident::new("__framealloc_frame", Span::mixed_site())
}

/// The `move` of a closure or an async block.
fn capture(expr: &Expr) -> Option<Span> {
    match expr {
        Expr::Closure(closure) => closure.capture.map(|keyword| keyword.span),
        Expr::Async(block) => block.capture.map(|keyword| keyword.span),
        _ => None,
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_local_mut(&mut self, local: &mut Local) {
        let ours: Vec<_> =
            local.attrs.iter().filter_map(|attr| Some((Marker::of(attr)?, attr.clone()))).collect();
        local.attrs.retain(|attr| Marker::of(attr).is_none());
        visit_mut::visit_local_mut(self, local);
        let Some((marker, attribute)) = ours.first() else {
            self.misspelt(local);
            return;
        };
        for (again, attribute) in &ours[1..] {
            if again != marker {
                let message =
                    "a value is either `#[frame_local]`, gone with the frame, or `#[retain]`, kept beyond it";
                self.errors.push(attribute, message);
                plain::initialise(local);
                return;
            }
            self.errors.push(attribute, format!("`{}` is given twice", marker.name()));
        }
        self.expand(local, *marker, attribute);
    }

    fn visit_attributes_mut(&mut self, attrs: &mut Vec<Attribute>) {
        for attribute in attrs.iter() {
            if let Some(marker) = Marker::of(attribute) {
                let name = marker.name();
                self.errors.push(attribute, format!("`{name}` goes on a `let`: `{name} let name = value;`"));
            }
            if let Some(marker) = Marker::hidden_in(attribute) {
                let name = marker.name();
                let message = format!(
                    "`{name}` does not work inside `cfg_attr`\nhelp: write the `let` twice: `#[cfg(..)] {name} let ..` and `#[cfg(not(..))] let ..`"
                );
                self.errors.push(attribute, message);
            }
        }
        attrs.retain(|attribute| Marker::of(attribute).is_none() && Marker::hidden_in(attribute).is_none());
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let Some(keyword) = capture(expr) else {
            visit_mut::visit_expr_mut(self, expr);
            return;
        };
        let before = self.uses;
        self.moves += 1;
        visit_mut::visit_expr_mut(self, expr);
        self.moves -= 1;
        if self.moves == 0 && self.uses > before {
            self.lend_frame(expr, keyword);
        }
    }

    /// Arguments of a macro call are only tokens; where they are expressions or statements, the walk goes on in them.
    fn visit_macro_mut(&mut self, call: &mut Macro) {
        let Some((marker, at)) = marker::within(&call.tokens) else { return };
        let tokens = call.tokens.clone();
        if let Ok(mut arguments) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
            arguments.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            call.tokens = arguments.into_token_stream();
        } else if let Ok(mut stmts) = Block::parse_within.parse2(tokens.clone()) {
            stmts.iter_mut().for_each(|stmt| self.visit_stmt_mut(stmt));
            call.tokens = quote!(#(#stmts)*);
        } else {
            let (name, path) = (marker.name(), call.path.to_token_stream());
            let message = format!(
                "`{name}` cannot be reached inside `{path}!`, whose arguments are no Rust expressions\n\
                 help: move the `let` in front of the call"
            );
            self.errors.push_at(at, message);
            call.tokens = marker::without(tokens);
        }
    }

    fn visit_expr_const_mut(&mut self, block: &mut ExprConst) {
        let advice = "is in a `const` block, which runs in the compiler and has no frame".to_owned();
        self.within(Place::Frameless(advice), |walk| visit_mut::visit_expr_const_mut(walk, block));
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        let advice = "is in an item of its own, which has no frame".to_owned();
        self.within(Place::Frameless(advice), |walk| visit_mut::visit_item_mut(walk, item));
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        let (attrs, sig) = (item.attrs.clone(), item.sig.clone());
        self.in_function(&attrs, &sig, |walk| visit_mut::visit_item_fn_mut(walk, item));
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        let (attrs, sig) = (item.attrs.clone(), item.sig.clone());
        self.in_function(&attrs, &sig, |walk| visit_mut::visit_impl_item_fn_mut(walk, item));
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut TraitItemFn) {
        let (attrs, sig) = (item.attrs.clone(), item.sig.clone());
        self.in_function(&attrs, &sig, |walk| visit_mut::visit_trait_item_fn_mut(walk, item));
    }
}
