//! A file without what is inside of its functions: the parser's time goes there, and few of them are ever looked into.
//!
//! ```text
//! /// Steps the world.               fn step(&mut self) -> u32 {
//! fn step(&mut self) -> u32 {        }
//!     self.bodies.iter().count()     const LIMITS: [f32; 2] = [
//! }                                  ];
//! const LIMITS: [f32; 2] = [0., 9.];
//! ```
//!
//! Struck out are the inside of functions, what brackets in the values of constants enclose (only numbers and names are
//! worked out, and parentheses around them), the inside of macros that nobody reads, and comments. Each line of a
//! skeleton is a piece of the file, so that the place of a token follows from its line and column: [`Lines`].
//!
//! A skeleton is a guess by brackets and keywords. It only has to be right where the parser accepts it: the caller takes
//! the whole file otherwise.

use super::macros::READ_INSIDE;
use crate::lexer::{Kind, Lexer, Token};

/// Where the lines of a parsed text begin.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// In the text that was parsed, and in the file.
    starts: Vec<(u32, u32)>,
    /// The text, when columns are not bytes in it.
    wide: Option<String>,
}

impl Lines {
    /// Those of a text that begins at `offset` in the file.
    pub(super) fn of(text: &str, offset: u32) -> Self {
        let mut lines = Self::default();
        lines.add(text, 0, offset);
        lines.measure(text);
        lines
    }

    /// Adds a piece that stands at `parsed` in the parsed text and at `offset` in the file.
    fn add(&mut self, piece: &str, parsed: u32, offset: u32) {
        let ends = memchr::memchr_iter(b'\n', piece.as_bytes()).map(|at| at as u32 + 1);
        self.starts.extend(std::iter::once(0).chain(ends).map(|start| (parsed + start, offset + start)));
    }

    fn measure(&mut self, text: &str) {
        self.wide = (!text.is_ascii()).then(|| text.to_owned());
    }

    /// Where in the file a place of the parsed text is; lines count from one, columns are characters.
    pub(super) fn offset(&self, line: usize, column: usize) -> u32 {
        let Some(&(parsed, offset)) = self.starts.get(line.wrapping_sub(1)) else { return 0 };
        let bytes = match &self.wide {
            None => column,
            Some(text) => text[parsed as usize..].chars().take(column).map(char::len_utf8).sum(),
        };
        offset + bytes as u32
    }
}

/// The skeleton of a file; `None` when its brackets do not match.
pub(super) fn skeleton(text: &str) -> Option<(String, Lines)> {
    let mut strike = Strike { text, kept: String::new(), lines: Lines::default(), piece: (0, 0) };
    let mut lexer = Lexer::new(text);
    let mut before = None;
    let mut open = 0_usize;
    while let Some(token) = lexer.code() {
        strike.keep(token);
        match token.kind {
            Kind::Open => open += 1,
            Kind::Close => open = open.checked_sub(1)?,
            Kind::Word => match strike.word(token) {
                "fn" => strike.function(&mut lexer)?,
                "const" | "static" => strike.constant(&mut lexer)?,
                _ => {}
            },
            Kind::Punct => match text.as_bytes()[token.start] {
                b'#' => strike.attribute(&mut lexer)?,
                b'!' => strike.call_of_macro(before, token, &mut lexer)?,
                _ => {}
            },
            Kind::Quoted | Kind::Comment => {}
        }
        before = Some(token);
    }
    strike.end_piece();
    strike.lines.measure(&strike.kept);
    (open == 0).then_some((strike.kept, strike.lines))
}

struct Strike<'a> {
    text: &'a str,
    kept: String,
    lines: Lines,
    /// What is being kept, up to the last token.
    piece: (usize, usize),
}

impl<'a> Strike<'a> {
    fn word(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    fn byte(&self, token: Token) -> u8 {
        self.text.as_bytes()[token.start]
    }

    fn keep(&mut self, token: Token) {
        let gap = &self.text.as_bytes()[self.piece.1..token.start];
        if !matches!(gap, [] | [b' ']) {
            self.end_piece();
            self.piece.0 = token.start;
        }
        self.piece.1 = token.end;
    }

    fn end_piece(&mut self) {
        let piece = &self.text[self.piece.0..self.piece.1];
        if !piece.is_empty() {
            self.lines.add(piece, self.kept.len() as u32, self.piece.0 as u32);
            self.kept.push_str(piece);
            self.kept.push('\n');
        }
    }

    /// Keeps the bracket that closes the last one, and nothing before it.
    fn strike_inside(&mut self, lexer: &mut Lexer<'_>) -> Option<()> {
        let close = lexer.close()?;
        self.end_piece();
        self.piece = (close.start, close.end);
        Some(())
    }

    fn keep_inside(&mut self, lexer: &mut Lexer<'_>) -> Option<()> {
        let mut open = 1;
        while open > 0 {
            let token = lexer.code()?;
            self.keep(token);
            match token.kind {
                Kind::Open => open += 1,
                Kind::Close => open -= 1,
                _ => {}
            }
        }
        Some(())
    }

    /// What follows `fn`: a name and a signature, or the parameters of a function's type.
    fn function(&mut self, lexer: &mut Lexer<'_>) -> Option<()> {
        if lexer.clone().code()?.kind != Kind::Word {
            return Some(());
        }
        let (mut angles, mut before) = (0_i32, 0);
        while let Some(token) = lexer.code() {
            self.keep(token);
            let byte = self.byte(token);
            match (token.kind, byte) {
                (Kind::Open, b'{') if angles == 0 => return self.strike_inside(lexer),
                // `[u8; { N }]`, `Of<{ N }>`
                (Kind::Open, _) => self.keep_inside(lexer)?,
                (Kind::Punct, b'<') => angles += 1,
                (Kind::Punct, b'>') if before != b'-' => angles -= 1,
                (Kind::Punct, b';') => return Some(()),
                (Kind::Close, _) => return None,
                _ => {}
            }
            before = byte;
        }
        None
    }

    /// What follows `const` or `static`. Nothing is struck out but in `NAME: TYPE = VALUE;`.
    fn constant(&mut self, lexer: &mut Lexer<'_>) -> Option<()> {
        let mut ahead = lexer.clone();
        let mut token = ahead.code()?;
        if self.word(token) == "mut" {
            token = ahead.code()?;
        }
        if token.kind != Kind::Word || self.byte(ahead.code()?) != b':' {
            return Some(());
        }
        let (mut angles, mut before) = (0_i32, 0);
        loop {
            let token = ahead.code()?;
            let byte = self.byte(token);
            match (token.kind, byte) {
                (Kind::Open, _) => _ = ahead.close()?,
                (Kind::Punct, b'=') if angles == 0 => break,
                (Kind::Punct, b'<') => angles += 1,
                (Kind::Punct, b'>') if before != b'-' => angles -= 1,
                _ => {}
            }
            // A parameter: `<const N: usize>`.
            if angles < 0 || token.kind == Kind::Close || matches!(byte, b',' | b';') {
                return Some(());
            }
            before = byte;
        }
        self.value(lexer)
    }

    /// From a constant's name to the `;`.
    fn value(&mut self, lexer: &mut Lexer<'_>) -> Option<()> {
        let (mut angles, mut of_type, mut before) = (0_i32, true, None);
        loop {
            let token = lexer.code()?;
            self.keep(token);
            let byte = self.byte(token);
            match (token.kind, byte) {
                (Kind::Open, _) if of_type => self.keep_inside(lexer)?,
                (Kind::Open, b'(') if before != Some(Kind::Word) => self.keep_inside(lexer)?,
                (Kind::Open, _) => self.strike_inside(lexer)?,
                (Kind::Punct, b'<') if of_type => angles += 1,
                (Kind::Punct, b'>') if of_type && !self.text[..token.start].ends_with('-') => angles -= 1,
                (Kind::Punct, b'=') if angles == 0 => of_type = false,
                (Kind::Punct, b';') => return Some(()),
                (Kind::Close, _) => return None,
                _ => {}
            }
            before = Some(token.kind);
        }
    }

    /// `#[..]` and `#![..]` are kept as they are.
    fn attribute(&mut self, lexer: &mut Lexer<'_>) -> Option<()> {
        let mut token = lexer.code()?;
        self.keep(token);
        if self.byte(token) == b'!' {
            token = lexer.code()?;
            self.keep(token);
        }
        if token.kind == Kind::Open { self.keep_inside(lexer) } else { None }
    }

    /// What follows `!`: the inside of a macro, when there is a name before it.
    fn call_of_macro(&mut self, before: Option<Token>, mark: Token, lexer: &mut Lexer<'_>) -> Option<()> {
        let name = before.filter(|name| name.kind == Kind::Word && name.end == mark.start);
        let Some(name) = name.map(|name| self.word(name)) else { return Some(()) };
        let mut ahead = lexer.clone();
        let mut token = ahead.code()?;
        if name == "macro_rules" && token.kind == Kind::Word {
            self.keep(lexer.code()?);
            token = ahead.code()?;
        }
        if token.kind != Kind::Open || READ_INSIDE.iter().any(|(known, _)| *known == name) {
            return Some(());
        }
        self.keep(lexer.code()?);
        self.strike_inside(lexer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, skeleton};

    fn kept(text: &str) -> String {
        skeleton(text).expect("the brackets match").0
    }

    #[test]
    fn functions_lose_their_inside() {
        for (text, expected) in [
            ("fn f() { g(\"}\") }", "fn f() {\n}\n"),
            (
                "impl A { fn f(&self) -> [u8; { 2 }] { [0; 2] } fn g(); }",
                "impl A { fn f(&self) -> [u8; { 2 }] {\n} fn g(); }\n",
            ),
            (
                "fn f<F: Fn(u8) -> u8>(f: F) -> A<{ 1 }> where F: B, { f(1); }",
                "fn f<F: Fn(u8) -> u8>(f: F) -> A<{ 1 }> where F: B, {\n}\n",
            ),
            ("struct A(fn(u8) -> u8);", "struct A(fn(u8) -> u8);\n"),
            ("trait A { fn f(&self); }\n\n  mod b {}", "trait A { fn f(&self); }\nmod b {}\n"),
            ("// a\n/// b\nfn r#fn() { 1 }", "fn r#fn() {\n}\n"),
            (
                "struct A<const N: usize>([u8; N]); fn f() { 1 }",
                "struct A<const N: usize>([u8; N]); fn f() {\n}\n",
            ),
        ] {
            assert_eq!(kept(text), expected, "{text}");
        }
    }

    #[test]
    fn values_keep_what_is_worked_out() {
        for (text, expected) in [
            ("const A: usize = (4 + B) << 20;", "const A: usize = (4 + B) << 20;\n"),
            ("static A: [u8; 2] = [1, 2];", "static A: [u8; 2] = [\n];\n"),
            ("const A: B<u8> = B::new(1, { 2 });", "const A: B<u8> = B::new(\n);\n"),
            ("static mut A: fn() -> u8 = || { fn f() {} 1 };", "static mut A: fn() -> u8 = || {\n};\n"),
            ("const A: &[u8] = &[1]; const fn f() { 1 }", "const A: &[u8] = &[\n]; const fn f() {\n}\n"),
        ] {
            assert_eq!(kept(text), expected, "{text}");
        }
    }

    #[test]
    fn macros_that_nobody_reads_are_empty() {
        for (text, expected) in [
            ("macro_rules! a { () => { fn f() {} } }", "macro_rules! a {\n}\n"),
            ("a::b!(fn f() { 1 }); impl !Send for A {}", "a::b!(\n); impl !Send for A {}\n"),
            ("thread_local! { static A: u8 = f(1); }", "thread_local! { static A: u8 = f(\n); }\n"),
            ("#![a(b!(c))] #[doc = d!(e)] fn f() { 1 }", "#![a(b!(c))] #[doc = d!(e)] fn f() {\n}\n"),
        ] {
            assert_eq!(kept(text), expected, "{text}");
        }
    }

    #[test]
    fn brackets_that_do_not_match_have_no_skeleton() {
        for text in ["fn f() {", "fn f( { 1 }", "}", "mod a { fn f() {}", "const A: u8 = [1;", "a! {", "#[a"]
        {
            assert!(skeleton(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_token_knows_its_place() {
        let text = "// ä\nfn ö() { 1 }\nfn f(ä: &str, b: u8) { 2 }\nconst T: &str = \"a\nb\"; mod g {}";
        let (kept, lines) = skeleton(text).expect("the brackets match");
        for word in ["ö", "f(", "b:", "b\"", "mod", "g"] {
            let at = kept.find(word).expect("it is kept");
            let line = kept[..at].matches('\n').count();
            let column = kept[..at].chars().rev().take_while(|c| *c != '\n').count();
            assert_eq!(
                lines.offset(line + 1, column) as usize,
                text.find(word).expect("it is there"),
                "{word}"
            );
        }
        assert_eq!(Lines::of("a\nb", 10).offset(2, 1), 13);
    }
}
