//! Where the tokens of Rust source are, without a parser: enough to tell code from comments and texts, and to find the
//! end of what a bracket opens.
//!
//! Numbers are words, and so are raw identifiers with their `r#`. A token that the end of the text cuts off ends there;
//! what is no Rust is some row of tokens, too.

use memchr::{memchr, memchr2, memmem};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// `(`, `[` or `{`
    Open,
    /// `)`, `]` or `}`
    Close,
    /// One character of an operator, or a separator; `#` and `'` too.
    Punct,
    /// A text or a character.
    Quoted,
    /// Documentation is one, too.
    Comment,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The tokens of a text, in their order. A clone looks ahead.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Without comments.
    pub(crate) fn code(&mut self) -> Option<Token> {
        self.find(|token| token.kind != Kind::Comment)
    }

    /// The bracket that closes the one that was read last; `None` when the text ends before.
    pub(crate) fn close(&mut self) -> Option<Token> {
        let mut open = 1_usize;
        self.find(|token| {
            match token.kind {
                Kind::Open => open += 1,
                Kind::Close => open -= 1,
                _ => {}
            }
            open == 0
        })
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes to just after the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &[u8]) {
        let found = memmem::find(self.rest(), end);
        self.at = found.map_or(self.text.len(), |found| self.at + found + end.len());
    }

    fn comment(&mut self) {
        if self.rest().starts_with(b"//") {
            self.at += memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
            return;
        }
        self.at += 2;
        let mut open = 1;
        while open > 0 {
            let Some(found) = memchr2(b'*', b'/', self.rest()) else {
                self.at = self.text.len();
                return;
            };
            self.at += found;
            open = match self.rest() {
                [b'*', b'/', ..] => open - 1,
                [b'/', b'*', ..] => open + 1,
                _ => {
                    self.at += 1;
                    continue;
                }
            };
            self.at += 2;
        }
    }

    /// From an opening quote to after the closing one.
    fn string(&mut self) {
        self.at += 1;
        while let Some(found) = memchr2(b'"', b'\\', self.rest()) {
            let escape = self.rest()[found] == b'\\';
            self.at += found + 1 + usize::from(escape);
            if !escape {
                return;
            }
            self.at = self.at.min(self.text.len());
        }
        self.at = self.text.len();
    }

    /// A character, or the `'` of a lifetime.
    fn quote(&mut self) -> Kind {
        let mut chars = self.text[self.at + 1..].chars();
        match (chars.next(), chars.next()) {
            (Some('\\'), Some(escaped)) => {
                // What is escaped may itself be a quote.
                self.at += 2 + escaped.len_utf8();
                self.skip_past(b"'");
                Kind::Quoted
            }
            (Some(character), Some('\'')) => {
                self.at += 2 + character.len_utf8();
                Kind::Quoted
            }
            _ => {
                self.at += 1;
                Kind::Punct
            }
        }
    }

    /// A name or a number; a prefix takes its text with it.
    fn word(&mut self) -> Kind {
        let start = self.at;
        self.skip_word();
        match (&self.text[start..self.at], self.peek()) {
            ("r" | "br" | "cr", Some(b'"' | b'#')) => return self.raw(),
            ("b" | "c", Some(b'"')) => self.string(),
            ("b", Some(b'\'')) => return self.quote(),
            _ => return Kind::Word,
        }
        Kind::Quoted
    }

    fn skip_word(&mut self) {
        self.at += self.rest().iter().position(|&byte| !is_word(byte)).unwrap_or(self.rest().len());
    }

    /// `r"a"`, `r#"a"#`, `r#type`
    fn raw(&mut self) -> Kind {
        let hashes = self.rest().iter().take_while(|&&byte| byte == b'#').count();
        match self.rest().get(hashes) {
            Some(b'"') => {
                self.at += hashes + 1;
                self.skip_past(format!("\"{}", "#".repeat(hashes)).as_bytes());
                Kind::Quoted
            }
            Some(&byte) if hashes == 1 && is_word(byte) => {
                self.at += 1;
                self.skip_word();
                Kind::Word
            }
            _ => Kind::Word,
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.at += self.rest().iter().position(|byte| !byte.is_ascii_whitespace())?;
        let start = self.at;
        let kind = match self.text.as_bytes()[start] {
            byte if is_word(byte) => self.word(),
            b'/' if matches!(self.rest().get(1), Some(b'/' | b'*')) => {
                self.comment();
                Kind::Comment
            }
            b'"' => {
                self.string();
                Kind::Quoted
            }
            b'\'' => self.quote(),
            byte => {
                self.at += 1;
                match byte {
                    b'(' | b'[' | b'{' => Kind::Open,
                    b')' | b']' | b'}' => Kind::Close,
                    _ => Kind::Punct,
                }
            }
        };
        Some(Token { kind, start, end: self.at })
    }
}

/// Bytes of identifiers and numbers; those above ASCII count.
fn is_word(byte: u8) -> bool {
    const WORD: [bool; 256] = {
        let mut word = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            word[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_' || byte >= 0x80;
            byte += 1;
        }
        word
    };
    WORD[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        Lexer::new(text).map(|token| &text[token.start..token.end]).collect()
    }

    #[test]
    fn texts_and_comments_are_one_token_each() {
        for token in [
            "a",
            "ä",
            "r#type",
            "1_000u32",
            "\"a \\\" // b\"",
            "r\"\\\"",
            "r##\"\"# }\"##",
            "b\"}\"",
            "br#\"}\"#",
            "c\"}\"",
            "'}'",
            "'\\''",
            "b'\\\\'",
            "'\\u{1F600}'",
            "'ä'",
            "// } \"",
            "/* /* } */ \" */",
            "/// }",
        ] {
            assert_eq!(tokens(&format!("({token}\n)")), ["(", token, ")"]);
        }
        assert_eq!(tokens("<'a, 'static>"), ["<", "'", "a", ",", "'", "static", ">"]);
        assert_eq!(tokens("0..1"), ["0", ".", ".", "1"]);
    }

    #[test]
    fn a_bracket_is_closed_by_its_own() {
        let text = "{ ( \"}\" [1] ) /* } */ } }";
        let mut lexer = Lexer::new(text);
        lexer.next();
        assert_eq!(lexer.close().map(|token| token.start), Some(text.len() - 3));
        assert!(lexer.close().is_some() && lexer.close().is_none());
    }

    #[test]
    fn text_that_ends_early_is_no_panic() {
        let text = "fn f() { let s = r#\"x\"#; let c = '\\''; /* a */ b\"\\\"\"; 'x' \"";
        for end in 0..=text.len() {
            tokens(&text[..end]);
        }
        for text in ["\"\\", "'\\ä", "\"\\ä", "r#", "b'", "/*/"] {
            tokens(text);
        }
    }
}
