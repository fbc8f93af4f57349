//! The keys of `.fa.toml`.

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// A value of its own.
    Value,
    /// A table of keys listed here.
    Table,
    /// A table whose keys the user chooses.
    Map,
}

/// Every key, with the path of the table it stands in.
pub(crate) const KEYS: &[(&str, &str, Takes)] = &[
    ("", "baseline", Takes::Value),
    ("", "budgets", Takes::Table),
    ("", "exclude", Takes::Value),
    ("", "format", Takes::Value),
    ("", "lints", Takes::Map),
    ("", "min-confidence", Takes::Value),
    ("", "tags", Takes::Table),
    ("", "thresholds", Takes::Table),
    ("budgets", "required", Takes::Value),
    ("budgets", "tags", Takes::Map),
    ("tags", "known", Takes::Value),
    ("tags", "modules", Takes::Map),
    ("thresholds", "small-loop", Takes::Value),
];

/// The keys of one table.
pub(crate) fn of(table: &str) -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter(move |(parent, ..)| *parent == table).map(|(_, key, _)| *key)
}
