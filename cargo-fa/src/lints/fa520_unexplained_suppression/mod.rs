//! FA520: suppression without a reason.

use crate::finding::Level;
use crate::lints::{Category, Lint};

pub(crate) static LINT: Lint = Lint {
    code: "FA520",
    name: "unexplained_suppression",
    category: Category::Configuration,
    level: Level::Warn,
    summary: "a suppression without a reason",
    page: include_str!("page.md"),
};
