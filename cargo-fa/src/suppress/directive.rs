//! What a suppression says.

use std::ops::Range;

/// A code or name of a lint, where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

/// `allow(FA602, FA801): why`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) names: Vec<Named>,
    pub(crate) reason: bool,
}

/// Whether a comment that begins with `fa:` is for the linter: `fa: see above` is not.
pub(crate) fn is_meant(content: &str) -> bool {
    let rest = content.trim_start().strip_prefix("fa:").unwrap_or("");
    rest.starts_with(|c: char| c.is_ascii_lowercase()) || rest.trim_start().starts_with("allow")
}

/// Reads the content of a comment from `at` in the file; a message says what is wrong with it.
pub(crate) fn parse(content: &str, at: usize) -> Result<Directive, String> {
    const FORM: &str = "write `fa:allow(FA602): the reason`";
    let trimmed = content.trim_start();
    let body = trimmed.strip_prefix("fa:").unwrap_or(trimmed);
    let verb = body.trim_start();
    let Some(after) = verb.strip_prefix("allow") else {
        let word: String = verb.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        return Err(format!("`fa:{word}` is no directive of this linter; {FORM}"));
    };
    let Some((list, rest)) = after.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'))
    else {
        return Err(format!("`fa:allow` has no list of codes in parentheses; {FORM}"));
    };
    let names: Vec<_> = list
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let text = part.trim();
            let start = at + offset(content, text);
            Named { text: text.to_owned(), span: start..start + text.len() }
        })
        .collect();
    if names.is_empty() {
        return Err(format!("`fa:allow()` names no code; {FORM}"));
    }
    let rest = rest.trim();
    let reason = match rest.strip_prefix(':') {
        Some(reason) => !reason.trim().is_empty(),
        None if rest.is_empty() => false,
        None => return Err(format!("a colon is missing before the reason; {FORM}")),
    };
    Ok(Directive { names, reason })
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_names_and_reason_are_read() {
        let text = " fa:allow(FA602, unused_suppression): once per level";
        let directive = parse(text, 100).unwrap();
        let names: Vec<_> = directive.names.iter().map(|name| name.text.as_str()).collect();
        assert_eq!(names, ["FA602", "unused_suppression"]);
        assert!(directive.reason);
        let span = &directive.names[0].span;
        assert_eq!(&text[span.start - 100..span.end - 100], "FA602");
    }

    #[test]
    fn a_reason_of_nothing_is_none() {
        for text in ["fa:allow(FA602)", "fa:allow(FA602):", "fa: allow (FA602) : "] {
            assert!(!parse(text, 0).unwrap().reason, "{text}");
        }
    }

    #[test]
    fn other_comments_are_not_meant() {
        for (text, meant) in [
            ("fa:allow(FA602)", true),
            (" fa: allow(FA602)", true),
            ("fa:alow(FA602)", true),
            ("fa: see above", false),
            ("fa:", false),
            ("fa::Path", false),
            ("fa:FA602", false),
        ] {
            assert_eq!(is_meant(text), meant, "{text}");
        }
    }

    #[test]
    fn other_forms_are_mistakes() {
        for (text, part) in [
            ("fa:alow(FA602): why", "`fa:alow` is no directive"),
            ("fa:allow FA602", "no list of codes"),
            ("fa:allow(): why", "names no code"),
            ("fa:allow(FA602) why", "a colon is missing"),
        ] {
            assert!(parse(text, 0).unwrap_err().contains(part), "{text}");
        }
    }
}
