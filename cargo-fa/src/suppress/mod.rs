//! Suppressions in the source: `// fa:allow(FA602): why`.
//!
//! ```text
//! comments (lexer) -+-> directive (codes, reason) -+-> apply: findings without the suppressed ones,
//! scope (attributes)+   scope (what it covers)  ---+          and those about the suppressions themselves
//! ```
//!
//! A comment after code covers its line. A comment on a line of its own covers the item or statement that follows. The
//! attribute `#[cfg_attr(false, fa::allow(FA602, reason = "why"))]` covers what it stands on; its predicate keeps the
//! compiler from looking for a tool called `fa`.

mod apply;
mod comments;
mod directive;
mod scope;

pub(crate) use apply::apply;
