//! Which attributes are ours.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Meta};

use crate::support::errors::suggest;

/// One of the helper attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    FrameLocal,
    Retain,
}

impl Marker {
    /// The helper that `attribute` is, by the last segment of its path.
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        match attribute.path().segments.last()?.ident.to_string().as_str() {
            "frame_local" => Some(Self::FrameLocal),
            "retain" => Some(Self::Retain),
            _ => None,
        }
    }

    /// The helper that the name of `attribute`, which is none, was probably meant to be.
    pub(crate) fn misspelt(attribute: &Attribute) -> Option<Self> {
        let name = attribute.path().get_ident()?.to_string();
        [Self::FrameLocal, Self::Retain].into_iter().find(|marker| suggest(&name, &[marker.word()]).is_some())
    }

    /// Its bare name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::FrameLocal => "frame_local",
            Self::Retain => "retain",
        }
    }

    /// As the user writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FrameLocal => "#[frame_local]",
            Self::Retain => "#[retain]",
        }
    }

    /// A helper inside `#[cfg_attr(.., helper)]`, which is expanded too late for us.
    pub(crate) fn hidden_in(attribute: &Attribute) -> Option<Self> {
        let Meta::List(list) = &attribute.meta else { return None };
        if !list.path.is_ident("cfg_attr") {
            return None;
        }
        top_level_words(&list.tokens).find_map(|word| match word.as_str() {
            "frame_local" => Some(Self::FrameLocal),
            "retain" => Some(Self::Retain),
            _ => None,
        })
    }
}

/// Whether a nested function is a system itself.
pub(crate) fn is_system(attrs: &[Attribute]) -> bool {
    attrs.iter().any(is_frame_system)
}

/// Whether `attribute` is `#[frame_system]`.
pub(crate) fn is_frame_system(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "frame_system")
}

/// The arguments of a helper, nothing for the bare word.
pub(crate) fn arguments(attribute: &Attribute) -> TokenStream {
    match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => {
            let value = &pair.value;
            quote!(#value)
        }
        Meta::Path(_) => TokenStream::new(),
    }
}

/// The first helper in the arguments of a macro call, anywhere in them.
pub(crate) fn within(tokens: &TokenStream) -> Option<(Marker, Span)> {
    let mut found = None;
    let mut last_is_hash = false;
    for token in tokens.clone() {
        if let TokenTree::Group(group) = &token {
            let here = in_brackets(group).filter(|_| last_is_hash).map(|marker| (marker, group.span()));
            found = found.or(here).or_else(|| within(&group.stream()));
        }
        last_is_hash = is_hash(&token);
    }
    found
}

/// The arguments of a macro call without any helper.
pub(crate) fn without(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if kept.last().is_some_and(is_hash) && in_brackets(&group).is_some() => {
                kept.pop();
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without(group.stream()));
                inner.set_span(group.span());
                kept.push(inner.into());
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

fn is_hash(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(hash) if hash.as_char() == '#')
}

/// The helper in `[frame_local(..)]`.
fn in_brackets(group: &Group) -> Option<Marker> {
    Marker::of(&Attribute::parse_outer.parse2(quote!(# #group)).ok()?.pop()?)
}

fn top_level_words(tokens: &TokenStream) -> impl Iterator<Item = String> {
    tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    })
}
