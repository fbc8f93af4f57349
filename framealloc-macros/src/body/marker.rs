//! Which attributes are ours.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Meta};

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
            quote::quote!(#value)
        }
        Meta::Path(_) => TokenStream::new(),
    }
}

fn top_level_words(tokens: &TokenStream) -> impl Iterator<Item = String> {
    tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    })
}
