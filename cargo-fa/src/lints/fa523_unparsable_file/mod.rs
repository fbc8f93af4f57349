//! FA523: unparsable file.

use crate::finding::Level;
use crate::lints::{Category, Lint};

pub(crate) static LINT: Lint = Lint {
    code: "FA523",
    name: "unparsable_file",
    category: Category::Configuration,
    level: Level::Warn,
    summary: "a file that was not linted, or not all of it, because it cannot be read or parsed",
    page: include_str!("page.md"),
};
