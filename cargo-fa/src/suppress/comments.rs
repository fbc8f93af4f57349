//! Finds comments in Rust source, without being fooled by strings.

use std::ops::Range;

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
    let mut lexer = Lexer { text, at: 0, code_on_line: false, comments: Vec::new(), waiting: 0 };
    lexer.run();
    let mut comments = lexer.comments;
    comments.retain(|comment| text[comment.content.clone()].trim_start().starts_with(prefix));
    comments
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    code_on_line: bool,
    comments: Vec<Comment>,
    /// Comments from here on do not know the code after them yet.
    waiting: usize,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => {
                    self.code_on_line = false;
                    self.at += 1;
                }
                byte if byte.is_ascii_whitespace() => self.at += 1,
                b'/' if self.peek(1) == Some(b'/') => self.line_comment(),
                b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
                _ => {
                    self.code();
                    match byte {
                        b'"' => self.string(),
                        b'\'' => self.quote(),
                        byte if is_word(byte) => self.word(),
                        _ => self.at += 1,
                    }
                }
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn code(&mut self) {
        self.code_on_line = true;
        for comment in &mut self.comments[self.waiting..] {
            comment.next_code = Some(self.at);
        }
        self.waiting = self.comments.len();
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let end =
            memchr::memchr(b'\n', &self.text.as_bytes()[start..]).map_or(self.text.len(), |at| start + at);
        self.at = end;
        let end = start + self.text[start..end].trim_end().len();
        let body = &self.text[start..end];
        let documentation = (body.starts_with("///") && !body.starts_with("////")) || body.starts_with("//!");
        if !documentation {
            self.comment(start..end, start + 2..end);
        }
    }

    fn block_comment(&mut self) {
        let (start, mut depth) = (self.at, 1);
        self.at += 2;
        let after_code = self.code_on_line;
        while depth > 0 && self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => (depth, self.at) = (depth + 1, self.at + 2),
                (Some(b'*'), Some(b'/')) => (depth, self.at) = (depth - 1, self.at + 2),
                (byte, _) => {
                    // After a line end inside of it, the code before the comment is on another line.
                    self.code_on_line &= byte != Some(b'\n');
                    self.at += 1;
                }
            }
        }
        let body = &self.text[start..self.at];
        let starred = body.starts_with("/**") && !body.starts_with("/***") && body != "/**/";
        if depth == 0 && !starred && !body.starts_with("/*!") {
            let on_line = std::mem::replace(&mut self.code_on_line, after_code);
            self.comment(start..self.at, start + 2..self.at - 2);
            self.code_on_line = on_line;
        }
    }

    fn comment(&mut self, span: Range<usize>, content: Range<usize>) {
        self.comments.push(Comment { span, content, after_code: self.code_on_line, next_code: None });
    }

    /// From an opening quote to after the closing one.
    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.text.len());
    }

    /// A character, or a lifetime.
    fn quote(&mut self) {
        let rest = &self.text[self.at + 1..];
        let mut chars = rest.chars();
        match (chars.next(), chars.next()) {
            (Some('\\'), _) => {
                // What is escaped may itself be a quote.
                let escaped = chars.as_str();
                let end =
                    escaped.find('\'').map_or(self.text.len(), |at| self.text.len() - escaped.len() + at + 1);
                self.at = end;
            }
            (Some(character), Some('\'')) => self.at += 2 + character.len_utf8(),
            _ => self.at += 1,
        }
    }

    /// An identifier or a number; those that open a string take the string with them.
    fn word(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len());
        let word = &self.text[self.at..self.at + length];
        self.at += length;
        match (word, self.peek(0)) {
            ("r" | "br" | "cr", Some(b'"' | b'#')) => self.raw_string(),
            ("b" | "c", Some(b'"')) => self.string(),
            ("b", Some(b'\'')) => self.quote(),
            _ => {}
        }
    }

    fn raw_string(&mut self) {
        let hashes = self.text[self.at..].bytes().take_while(|&byte| byte == b'#').count();
        if self.peek(hashes) != Some(b'"') {
            return; // `r#type`
        }
        let body = self.at + hashes + 1;
        let close = format!("\"{}", "#".repeat(hashes));
        self.at = self.text[body..].find(&close).map_or(self.text.len(), |at| body + at + close.len());
    }
}

/// Bytes of identifiers and numbers; those above ASCII count.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
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
