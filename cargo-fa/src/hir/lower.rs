//! The entries: text to tree. A file gives its items, and the inside of a function is read when somebody asks for it.

use std::borrow::Cow;
use std::cell::Cell;

use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned;

use super::attrs::CfgContext;
use super::depth;
use super::skeleton::{Lines, skeleton};
use super::{Block, Items};
use crate::project::Cfg;
use crate::source::{FileId, Span};

/// Why a file, or a function, has no tree.
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
    /// Those of the text that `syn` has parsed.
    lines: Lines,
}

/// Parses the text of `file`, apart from what is inside of functions. Items that `cfg` switches off are left out.
pub(crate) fn lower_file(file: FileId, text: &str, cfg: &Cfg) -> Result<Items, ParseError> {
    let text = &*without_first_bytes(text);
    let parsed = skeleton(text).and_then(|(kept, lines)| Some((parse(&kept).ok()?, lines)));
    let (parsed, lines) = match parsed {
        Some(parsed) => parsed,
        // What is wrong is told where it is in the file itself.
        None => (parse(text)?, Lines::of(text, 0)),
    };
    let lowering = Lowering { file, cfg: CfgContext::new(cfg), depth: Cell::new(0), lines };
    if !lowering.enabled(&parsed.attrs) {
        return Ok(Items::default());
    }
    Ok(lowering.items(&parsed.items))
}

/// Parses what is inside of a function: `text` is that of the file, `span` goes from brace to brace.
pub(crate) fn lower_body(text: &str, span: Span, cfg: &Cfg) -> Result<Block, ParseError> {
    let inside = &text[span.range()];
    if inside == "{}" {
        return Ok(Block { stmts: Vec::new(), span });
    }
    let parsed = parse_with(inside, |inside| statements.parse_str(inside));
    let stmts = parsed.map_err(|error| ParseError { offset: span.start + error.offset, ..error })?;
    let lines = Lines::of(inside, span.start);
    let lowering = Lowering { file: span.file, cfg: CfgContext::new(cfg), depth: Cell::new(0), lines };
    Ok(Block { stmts: lowering.stmts(&stmts), span })
}

fn statements(input: ParseStream<'_>) -> syn::Result<Vec<syn::Stmt>> {
    let inside;
    syn::braced!(inside in input);
    inside.call(syn::Attribute::parse_inner)?;
    inside.call(syn::Block::parse_within)
}

/// `syn`'s tree of a text, whose offsets are those of the text. A text that nests too deep has none.
pub(crate) fn parse(text: &str) -> Result<syn::File, ParseError> {
    parse_with(text, |text| syn::parse_file(&without_first_bytes(text)))
}

fn parse_with<T>(text: &str, parser: impl FnOnce(&str) -> syn::Result<T>) -> Result<T, ParseError> {
    if let Some(at) = depth::too_deep(text) {
        let message = format!("this nests deeper than {} levels", depth::MAX_OPEN);
        return Err(ParseError { offset: clamp(at), message });
    }
    // The table of this thread's spans grows with every text parsed; none of an earlier one is in use any more.
    proc_macro2::extra::invalidate_current_thread_spans();
    parser(text).map_err(|error| ParseError {
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
        let (start, end) = (span.start(), span.end());
        Span {
            file: self.file,
            start: self.lines.offset(start.line, start.column),
            end: self.lines.offset(end.line, end.column),
        }
    }

    /// The span of a node of a few tokens. It walks all of them: not for expressions.
    pub(super) fn small(&self, node: &impl Spanned) -> Span {
        self.span(node.span())
    }
}
