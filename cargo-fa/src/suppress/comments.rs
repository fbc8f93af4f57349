//! Finds comments in Rust source, without being fooled by strings.

use std::ops::Range;

use crate::lexer::{Kind, Lexer};

/// A comment that is not documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// With its slashes and stars.
    pub(crate) span: Range<usize>,
    /// Without them.
    pub(crate) content: Range<usize>,
    /// Code stands before it on its line.
    pub(crate) after_code: bool,
    /// Where the first code after it begins, if any does.
    pub(crate) next_code: Option<usize>,
}

/// All comments of `text` whose content begins with `prefix`.
pub(crate) fn starting_with(text: &str, prefix: &str) -> Vec<Comment> {
    let mut comments: Vec<Comment> = Vec::new();
    // Comments from here on do not know the code after them yet.
    let mut waiting = 0;
    let (mut code_on_line, mut last) = (false, 0);
    for token in Lexer::new(text) {
        code_on_line &= !text[last..token.start].contains('\n');
        last = token.end;
        if token.kind != Kind::Comment {
            code_on_line = true;
            for comment in &mut comments[waiting..] {
                comment.next_code = Some(token.start);
            }
            waiting = comments.len();
            continue;
        }
        let body = text[token.start..token.end].trim_end();
        if let Some(content) = content(body).filter(|content| content.trim_start().starts_with(prefix)) {
            let span = token.start..token.start + body.len();
            let content = span.start + 2..span.start + 2 + content.len();
            comments.push(Comment { span, content, after_code: code_on_line, next_code: None });
        }
        code_on_line &= !body.contains('\n');
    }
    comments
}

/// What a comment says; nothing when it is documentation or has no end.
fn content(body: &str) -> Option<&str> {
    if let Some(content) = body.strip_prefix("//") {
        let documentation =
            content.starts_with('!') || content.starts_with('/') && !content.starts_with("//");
        return (!documentation).then_some(content);
    }
    let content = body.strip_prefix("/*")?.strip_suffix("*/")?;
    let documentation = content.starts_with('!') || content.starts_with('*') && !content.starts_with("**");
    let unclosed = body.matches("/*").count() > body.matches("*/").count();
    (!documentation && !unclosed).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        starting_with(text, "fa:").into_iter().map(|comment| &text[comment.content]).collect()
    }

    #[test]
    fn comments_are_found_wherever_they_stand() {
        assert_eq!(found("// fa:a\nlet x = 1; // fa:b\nf(/* fa:c */);"), [" fa:a", " fa:b", " fa:c "]);
        assert_eq!(found("/* fa: /* inner */ outer */"), [" fa: /* inner */ outer "]);
    }

    #[test]
    fn what_is_no_comment_is_left_alone() {
        for text in [
            r#"let s = "// fa:no";"#,
            r#"let s = "\"// fa:no";"#,
            "let s = r\"// fa:no\";",
            "let s = r##\"\"# // fa:no\"##;",
            "let s = b\"// fa:no\"; let t = c\"// fa:no\"; let u = br#\"// fa:no\"#;",
            "let s = \"\n// fa:no\n\";",
            "/// fa:no\n//! fa:no\n/** fa:no */ /*! fa:no */",
            "// see fa:no",
            "/* fa:no",
        ] {
            assert_eq!(found(text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn quotes_and_lifetimes_do_not_open_strings() {
        for text in [
            "let c = '\"'; // fa:yes",
            "let c = '\\''; // fa:yes",
            "let c = b'\\\\'; // fa:yes",
            "let c = '\\u{1F600}'; // fa:yes",
            "let c = 'ä'; // fa:yes",
            "fn f<'a>(x: &'a str, y: &'a str) {} // fa:yes",
            "let r#type = 1; // fa:yes",
            "let ä = 1; // fa:yes",
        ] {
            assert_eq!(found(text), [" fa:yes"], "{text}");
        }
    }

    #[test]
    fn places_are_told_apart() {
        let text = "a; // fa:1\n\n// fa:2\n// more\nb;\n// fa:3\n";
        let comments = starting_with(text, "fa:");
        let places: Vec<_> = comments.iter().map(|comment| (comment.after_code, comment.next_code)).collect();
        let b = text.find("b;").unwrap();
        assert_eq!(places, [(true, Some(b)), (false, Some(b)), (false, None)]);
    }

    #[test]
    fn text_that_ends_early_is_no_panic() {
        let text = "fn f() { let s = r#\"x\"#; let c = '\\''; /* a */ b\"\\\"\"; 'x' \"";
        for end in 0..=text.len() {
            starting_with(&text[..end], "fa:");
        }
        starting_with("\"\\", "fa:");
        starting_with("'\\ä", "fa:");
    }
}
