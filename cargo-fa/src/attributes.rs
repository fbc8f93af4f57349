//! The attributes of framealloc on functions and variables.

use crate::hir::{Attr, AttrArg, AttrValue, Attrs};
use crate::index::{Def, FnData, Index, ModId};
use crate::source::Span;

/// `#[frame_system(..)]` on a function.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) span: Span,
    /// The tag; the function's name when the attribute has none.
    pub(crate) tag: String,
    /// Where the tag is written.
    pub(crate) tag_span: Option<Span>,
    pub(crate) budget: Option<Declared>,
    /// `frame = name`
    pub(crate) frame: Option<(String, Span)>,
}

/// A budget as written.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    /// `None` when it is an expression that is not followed.
    pub(crate) bytes: Option<u64>,
    pub(crate) span: Span,
}

/// Those on variables.
pub(crate) const HELPERS: [&str; 2] = ["frame_local", "retain"];

/// The attribute of framealloc with this name among those of an item in `module`, whatever it is called there.
pub(crate) fn find<'a>(index: &Index, module: ModId, attrs: &'a Attrs, name: &str) -> Option<&'a Attr> {
    attrs.attrs.iter().find(|attr| {
        matches!(index.resolve_path(module, &attr.path), Some((Def::Macro(macro_name), _)) if macro_name == name)
    })
}

/// `#[frame_local]` or `#[retain]` on a variable: the system's attribute knows them by their last name, imported or not.
pub(crate) fn helper<'a>(attrs: &'a Attrs, name: &str) -> Option<&'a Attr> {
    attrs.attrs.iter().find(|attr| attr.path.last().name == name)
}

/// What `#[frame_system]` says about a function.
pub(crate) fn system(index: &Index, data: &FnData) -> Option<System> {
    let attr = find(index, data.module, &data.function.attrs, "frame_system")?;
    let tag = attr.get("tag").and_then(|arg| Some((text(arg)?, arg.span)));
    let frame = attr.get("frame").and_then(|arg| match &arg.value {
        Some(AttrValue::Code(name)) => Some((name.clone(), arg.span)),
        _ => None,
    });
    Some(System {
        span: attr.span,
        tag_span: tag.as_ref().map(|(_, span)| *span),
        tag: tag.map_or_else(|| data.name().to_owned(), |(tag, _)| tag),
        budget: attr.get("budget").map(|arg| Declared { bytes: bytes(arg), span: arg.span }),
        frame,
    })
}

/// The text of an argument.
pub(crate) fn text(arg: &AttrArg) -> Option<String> {
    match &arg.value {
        Some(AttrValue::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

fn bytes(arg: &AttrArg) -> Option<u64> {
    match &arg.value {
        Some(AttrValue::Int(bytes)) => u64::try_from(*bytes).ok(),
        Some(AttrValue::Str(text)) => crate::config::parse_size(text).ok(),
        _ => None,
    }
}
