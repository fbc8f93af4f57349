//! One view of all codes: those of the linter, those of the runtime, and those that wait for their integration.
//!
//! `explain`, `list`, SARIF and the documentation take their text from here, so that it is the same everywhere.

use framealloc::diagnostics::{self, Code};

#[cfg(test)]
use crate::lints::Category;
use crate::lints::{self, Lint};

/// Who reports a code.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Linter(&'static Lint),
    Runtime(&'static Code),
    /// The linter sees the mistake in the source, the runtime when it happens.
    Both(&'static Lint, &'static Code),
    /// Nobody yet.
    Reserved {
        waits_for: &'static str,
    },
}

impl Source {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linter(_) => "linter",
            Self::Runtime(_) => "runtime",
            Self::Both(..) => "both",
            Self::Reserved { .. } => "reserved",
        }
    }

    pub(crate) fn describe(self) -> String {
        match self {
            Self::Linter(_) => "the linter reports it".to_owned(),
            Self::Runtime(_) => "the runtime reports it, while the program runs".to_owned(),
            Self::Both(..) => "the linter and the runtime report it".to_owned(),
            Self::Reserved { waits_for } => format!("it is reserved for {waits_for}"),
        }
    }
}

/// One code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) code: &'static str,
    /// A few lower-case words.
    pub(crate) title: &'static str,
    pub(crate) source: Source,
}

impl Entry {
    pub(crate) fn lint(&self) -> Option<&'static Lint> {
        match self.source {
            Source::Linter(lint) | Source::Both(lint, _) => Some(lint),
            Source::Runtime(_) | Source::Reserved { .. } => None,
        }
    }

    /// What `explain` prints: Markdown.
    pub(crate) fn page(&self) -> String {
        match self.source {
            Source::Linter(lint) => lint.page.to_owned(),
            Source::Runtime(code) => code.page.to_owned(),
            Source::Both(lint, code) => {
                let page = code.page.split_once('\n').map_or(code.page, |(_title, rest)| rest);
                let deeper = page.replace("\n## ", "\n### ");
                format!("{}\n\n## At run time\n{}", lint.page.trim_end(), deeper)
            }
            Source::Reserved { waits_for } => {
                format!(
                    "# {}: {}\n\nThis code is reserved for {waits_for}; nothing reports it yet.\n",
                    self.code, self.title
                )
            }
        }
    }
}

const GPU: &str = "lints about the GPU integration";
const ASYNC: &str = "lints about the async integration";
const RAPIER: &str = "lints about the Rapier integration";

/// Codes whose integration does not exist yet: their API is not known, so that they have no page. What the types of an
/// integration then rule out needs no lint.
static RESERVED: [(&str, &str, &str); 14] = [
    ("FA401", "staging memory is never given back", GPU),
    ("FA402", "data is used on the GPU without a transfer", GPU),
    ("FA403", "a barrier is missing between transfer and use", GPU),
    ("FA404", "device-local memory is mapped", GPU),
    ("FA405", "staging memory is reused in flight", GPU),
    ("FA701", "frame memory in async code", ASYNC),
    ("FA702", "frame memory alive across an await", ASYNC),
    ("FA703", "frame memory captured by a spawned future", ASYNC),
    ("FA704", "blocking barrier in async code", ASYNC),
    ("FA901", "a physics step outside of a frame", RAPIER),
    ("FA902", "events of a physics step kept beyond their frame", RAPIER),
    ("FA903", "results of a physics query kept beyond their frame", RAPIER),
    ("FA904", "a physics query for each item, where one does for all", RAPIER),
    ("FA905", "one physics world stepped twice in a frame", RAPIER),
];

/// All codes, sorted.
pub(crate) fn all() -> Vec<Entry> {
    let lints = lints::ALL.iter().map(|&lint| {
        let source = match diagnostics::explain(lint.code) {
            Some(code) => Source::Both(lint, code),
            None => Source::Linter(lint),
        };
        Entry { code: lint.code, title: lint.summary, source }
    });
    let runtime = diagnostics::CODES.iter().filter(|code| lints::find(code.id).is_none());
    let runtime =
        runtime.map(|&code| Entry { code: code.id, title: code.title, source: Source::Runtime(code) });
    let reserved = RESERVED.iter().filter(|(code, ..)| lints::find(code).is_none());
    let reserved = reserved.map(|&(code, title, waits_for)| Entry {
        code,
        title,
        source: Source::Reserved { waits_for },
    });
    let mut all: Vec<_> = lints.chain(runtime).chain(reserved).collect();
    all.sort_by_key(|entry| entry.code);
    all
}

/// The entry with this code, or with this name of a lint.
pub(crate) fn find(text: &str) -> Option<Entry> {
    all().into_iter().find(|entry| {
        entry.code.eq_ignore_ascii_case(text) || entry.lint().is_some_and(|lint| lint.name == text)
    })
}

/// Where the documentation has the page of a lint.
pub(crate) fn help_uri(lint: &Lint) -> String {
    format!("https://docs.rs/cargo-fa/latest/cargo_fa/codes/constant.{}.html", lint.code)
}

#[cfg(test)]
/// The digit after `FA` that the codes of a category have.
pub(crate) fn range(category: Category) -> char {
    match category {
        Category::Threading => '2',
        Category::Budgets => '3',
        Category::Gpu => '4',
        Category::Configuration => '5',
        Category::DirtyMem => '6',
        Category::AsyncSafety => '7',
        Category::Architecture => '8',
        Category::Rapier => '9',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(all().windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(lints::ALL.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn no_two_codes_have_one_title() {
        let all = all();
        let titles: std::collections::BTreeSet<&str> = all.iter().map(|entry| entry.title).collect();
        assert_eq!(titles.len(), all.len());
    }

    #[test]
    fn lints_are_in_the_range_of_their_category() {
        for lint in lints::ALL {
            let digits = lint.code.strip_prefix("FA").unwrap();
            assert!(digits.len() == 3 && digits.starts_with(range(lint.category)), "{}", lint.code);
        }
    }

    #[test]
    fn names_and_summaries_have_one_form() {
        for lint in lints::ALL {
            assert!(lint.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", lint.name);
            assert!(lint.summary.starts_with(char::is_lowercase), "{}: {}", lint.code, lint.summary);
            assert!(!lint.summary.ends_with('.'), "{}: {}", lint.code, lint.summary);
            assert!(Category::ALL.iter().all(|category| category.name() != lint.name), "{}", lint.name);
        }
    }

    #[test]
    fn every_page_begins_with_its_code() {
        for entry in all() {
            assert!(entry.page().starts_with(&format!("# {}: ", entry.code)), "{}", entry.code);
        }
    }

    #[test]
    fn pages_of_lints_have_all_parts_in_order() {
        for lint in lints::ALL {
            let at = |part: &str| {
                let heading = format!("\n## {part}\n");
                lint.page.find(&heading).unwrap_or_else(|| panic!("{}: no `## {part}`", lint.code))
            };
            let parts = ["What it does", "Why it matters", "Example", "Use instead", "Configuration"].map(at);
            assert!(parts.is_sorted(), "{}: the parts are out of order", lint.code);
        }
    }

    /// What a page of both looks like, with a code of each as they are.
    #[test]
    fn a_shared_code_has_one_page_with_both_parts() {
        let lint = lints::ALL[0];
        let code = diagnostics::CODES[0];
        let entry = Entry { code: lint.code, title: lint.summary, source: Source::Both(lint, code) };
        let page = entry.page();
        assert!(page.starts_with(lint.page.trim_end()));
        let (_, at_run_time) = page.split_once("\n## At run time\n").unwrap();
        assert!(at_run_time.contains("\n### What it means\n"));
        assert!(!at_run_time.contains("\n## "));
        assert!(!at_run_time.contains("\n# BF"));
    }

    #[test]
    fn reserved_codes_say_what_they_wait_for() {
        let page = find("fa403").unwrap().page();
        assert_eq!(
            page,
            "# FA403: a barrier is missing between transfer and use\n\n\
             This code is reserved for lints about the GPU integration; nothing reports it yet.\n"
        );
    }
}
