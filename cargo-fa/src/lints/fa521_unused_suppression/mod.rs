//! FA521: unused suppression.

use crate::finding::Level;
use crate::lints::{Category, Lint};

pub(crate) static LINT: Lint = Lint {
    code: "FA521",
    name: "unused_suppression",
    category: Category::Configuration,
    level: Level::Warn,
    summary: "a suppression that nothing needs",
    page: include_str!("page.md"),
};
