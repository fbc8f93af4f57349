//! The table of the codes that the runtime emits.

use core::fmt;

/// How grave a report is. Ordered: `Note < Warning < Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never panics in strict mode.
    Note,
    /// The program goes on as asked, but not as declared. Panics under `Strict::Warnings`.
    Warning,
    /// A declaration or a rule of the API was broken. Panics under `Strict::Errors` and `Strict::Warnings`.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One entry of the catalogue.
///
/// ```
/// let code = framealloc::diagnostics::explain("FA601").unwrap();
/// assert_eq!(code.title, "handles alive at the end of a frame");
/// assert!(code.page.contains("# What it means"));
/// ```
#[derive(Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Code {
    /// The id, as in `FA601`.
    pub id: &'static str,
    /// What happened, in a few lower-case words.
    pub title: &'static str,
    /// The severity of a report with this code, unless the report sets its own.
    pub severity: Severity,
    /// The page about it, in Markdown: what it means, why it matters, an example, what to write instead.
    pub page: &'static str,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id)
    }
}

macro_rules! codes {
    ($($id:ident, $severity:ident, $title:literal;)*) => {
        $(
            #[doc = concat!(stringify!($id), ": ", $title, ".")]
            pub static $id: Code = Code {
                id: stringify!($id),
                title: $title,
                severity: Severity::$severity,
                page: include_str!(concat!("codes/", stringify!($id), ".md")),
            };
        )*

        /// Every code that the runtime emits, sorted by id. The linter has further ones.
        pub static CODES: &[&Code] = &[$(&$id),*];
    };
}

codes! {
    BF004, Warning, "heap used in a system that declared it would not";
    FA001, Warning, "allocation outside a frame";
    FA002, Error, "frame ended twice or never begun";
    FA003, Warning, "begin_frame inside an open frame";
    FA190, Warning, "memory alive when its allocator was dropped";
    FA210, Warning, "value boxed for transfer was never received";
    FA211, Warning, "deferred queue stayed full";
    FA310, Warning, "soft budget threshold passed";
    FA311, Warning, "hard budget exceeded and served";
    FA312, Error, "allocation refused by a budget";
    FA501, Warning, "heap use is declared but not tracked";
    FA601, Error, "handles alive at the end of a frame";
    FA608, Warning, "frame handle leaked in a scoped frame";
    FA609, Warning, "promotion failed";
}

/// The entry for `id`, or `None` when the runtime has no such code. Upper and lower case are the same.
///
/// ```
/// use framealloc::diagnostics::explain;
///
/// assert_eq!(explain("fa310").unwrap().id, "FA310");
/// assert!(explain("FA999").is_none());
/// ```
#[must_use]
pub fn explain(id: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.id.eq_ignore_ascii_case(id)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(CODES.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn every_page_has_the_four_parts_in_order() {
        for code in CODES {
            let at = |heading: &str| {
                code.page.find(heading).unwrap_or_else(|| panic!("{}: no `{heading}`", code.id))
            };
            let parts =
                ["\n## What it means\n", "\n## Why it matters\n", "\n## Example\n", "\n## Write instead\n"]
                    .map(at);
            assert!(parts.is_sorted(), "{}", code.id);
            assert!((25..=50).contains(&code.page.lines().count()), "{}: page length", code.id);
            assert!(code.page.starts_with(&format!("# {}: {}\n", code.id, code.title)), "{}", code.id);
            assert!(code.page.matches("```rust").count() >= 2, "{}: code blocks", code.id);
        }
    }

    #[test]
    fn titles_start_lower_case_and_have_no_full_stop() {
        for code in CODES {
            assert!(code.title.starts_with(char::is_lowercase) && !code.title.ends_with('.'), "{}", code.id);
        }
    }
}
