//! FA522: unknown suppression.

use crate::finding::Level;
use crate::lints::{Category, Lint};

pub(crate) static LINT: Lint = Lint {
    code: "FA522",
    name: "unknown_suppression",
    category: Category::Configuration,
    level: Level::Warn,
    summary: "a suppression that cannot be read, or of a code that no lint has",
    page: include_str!("page.md"),
};
