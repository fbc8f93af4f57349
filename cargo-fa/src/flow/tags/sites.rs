//! The calls that name tags.

use super::{Entry, Tag, Tags};
use crate::api::Nesting;
use crate::index::FnData;
use crate::mir::{Const, Op};
use crate::model::Model;
use crate::source::Span;

/// A call that names a tag.
#[derive(Debug)]
pub(crate) struct Site<'a> {
    pub(crate) data: &'a FnData,
    /// The argument.
    pub(crate) span: Span,
    /// Its text, when it is one.
    pub(crate) text: Option<&'a str>,
    pub(crate) nesting: Nesting,
    /// What it names, as seen from the function.
    tag: Tag,
    /// The tag in force, as seen from the function.
    around: Tag,
    entry: Entry,
    /// The scope around it that the function itself has opened.
    pub(crate) scope: Option<Span>,
}

impl Site<'_> {
    /// The tag that is named.
    pub(crate) fn tag(&self) -> Tag {
        self.tag.within(&self.entry.tag)
    }

    /// The tag in force around it.
    pub(crate) fn around(&self) -> Tag {
        self.around.within(&self.entry.tag)
    }

    /// What is known of the path when its start is not: the end of it.
    pub(crate) fn end(&self) -> Option<String> {
        match (&self.tag, self.text) {
            (Tag::Nested(path), _) => Some(path.clone()),
            (_, Some(text)) => Some(text.to_owned()),
            _ => None,
        }
    }

    /// Whether the tag depends on who calls the function.
    pub(crate) fn is_inferred(&self) -> bool {
        self.entry.inferred && matches!(self.tag, Tag::Nested(_))
    }

    /// Whether the function itself says what is around it: by a scope, by its attribute.
    pub(crate) fn is_inside(&self) -> bool {
        self.around != Tag::ENTRY || !self.entry.inferred
    }
}

/// Calls `visit` with each call that names a tag, outside of tests: those choose tags as they please.
pub(crate) fn each_site(model: &Model<'_>, tags: &Tags, mut visit: impl FnMut(&Site<'_>)) {
    for (function, data, _) in model.functions() {
        if data.when.test {
            continue;
        }
        let entry = tags.entry(model, function);
        tags.visit(model, function, |scopes, _, state, op| {
            let Op::Call(call) = op else { return };
            let Some((operand, nesting)) = scopes.naming(call) else { return };
            let text = match &operand.value {
                Some(Const::Str(text)) => Some(text.as_str()),
                _ => None,
            };
            visit(&Site {
                data,
                span: operand.span,
                text,
                nesting,
                tag: scopes.named(state, operand, nesting),
                around: state.current().clone(),
                entry: entry.clone(),
                scope: state.innermost().map(|open| open.at),
            });
        });
    }
}
