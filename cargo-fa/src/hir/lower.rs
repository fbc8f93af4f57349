//! The entry: text to tree.

use std::borrow::Cow;
use std::cell::Cell;

use syn::spanned::Spanned;

use super::Items;
use super::attrs::CfgContext;
use super::depth;
use crate::project::Cfg;
use crate::source::{FileId, Span};

/// Why a file has no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) offset: u32,
    pub(crate) message: String,
}

/// Turns `syn`'s tree into this module's.
pub(super) struct Lowering<'a> {
    pub(super) file: FileId,
    pub(super) cfg: CfgContext<'a>,
    /// How many expressions are around the one that is lowered.
    pub(super) depth: Cell<usize>,
}

/// Parses the text of `file`. Items that `cfg` switches off are left out.
pub(crate) fn lower_file(file: FileId, text: &str, cfg: &Cfg) -> Result<Items, ParseError> {
    let parsed = parse(text)?;
    let lowering = Lowering { file, cfg: CfgContext::new(cfg), depth: Cell::new(0) };
    if !lowering.enabled(&parsed.attrs) {
        return Ok(Items::default());
    }
    Ok(lowering.items(&parsed.items))
}

/// `syn`'s tree of a text, whose offsets are those of the text. A text that nests too deep has none.
pub(crate) fn parse(text: &str) -> Result<syn::File, ParseError> {
    if let Some(at) = depth::too_deep(text) {
        let message = format!("this nests deeper than {} levels", depth::MAX_OPEN);
        return Err(ParseError { offset: clamp(at), message });
    }
    // The table of this thread's spans grows with every file parsed; none of an earlier one is in use any more.
    proc_macro2::extra::invalidate_current_thread_spans();
    syn::parse_file(&without_first_bytes(text)).map_err(|error| ParseError {
        offset: clamp(error.span().byte_range().start).min(clamp(text.len())),
        message: error.to_string(),
    })
}

/// Blanks for a byte order mark and for a first line `#!..`: the parser would cut them off, and every offset with them.
fn without_first_bytes(text: &str) -> Cow<'_, str> {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = &text[mark..];
    let shebang = rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[');
    let line = if shebang { rest.find('\n').unwrap_or(rest.len()) } else { 0 };
    match mark + line {
        0 => Cow::Borrowed(text),
        blank => Cow::Owned(" ".repeat(blank) + &text[blank..]),
    }
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl Lowering<'_> {
    pub(super) fn span(&self, span: proc_macro2::Span) -> Span {
        let range = span.byte_range();
        Span { file: self.file, start: clamp(range.start), end: clamp(range.end) }
    }

    /// The span of a node of a few tokens. It walks all of them: not for expressions.
    pub(super) fn small(&self, node: &impl Spanned) -> Span {
        self.span(node.span())
    }
}
