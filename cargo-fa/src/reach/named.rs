//! What a text says about other files: `mod name;`, `#[path = ".."]`, `include!("..")`.
//!
//! A text is read as tokens, so that comments and strings say nothing; braces tell which inline modules a declaration is
//! in. Nothing is parsed: a file may be no Rust at all.

use memchr::memmem;

use crate::lexer::{self, Kind, Lexer};

/// The files that a text names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) modules: Vec<Module>,
    /// Paths of `include!`.
    pub(super) included: Vec<String>,
}

/// A module that is a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) name: String,
    /// The folders of the inline modules around it.
    pub(super) inside: Vec<String>,
    /// Of `#[path = ".."]`, which `cfg_attr` may set in several ways.
    pub(super) paths: Vec<String>,
    /// It lies at its path, and nowhere else.
    pub(super) elsewhere: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// Without its quotes; escapes are left as they are.
    Text(&'t str),
    Sign(u8),
}

impl Named {
    pub(super) fn of(text: &str) -> Self {
        let mentions = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
        if !mentions("mod") && !mentions("include!") {
            return Self::default();
        }
        let mut reader = Reader { tokens: tokens(text), at: 0, named: Self::default(), around: Vec::new() };
        let generated = reader.read();
        let mut named = reader.named;
        if generated {
            // Every word may be a module; files decide.
            let tokens = reader.tokens.iter();
            let mut words: Vec<&str> = tokens.filter_map(|token| token.word()).collect();
            words.sort_unstable();
            words.dedup();
            named.modules.extend(words.into_iter().map(|word| Module {
                name: word.to_owned(),
                inside: Vec::new(),
                paths: Vec::new(),
                elsewhere: false,
            }));
        }
        named
    }
}

impl<'t> Token<'t> {
    fn word(self) -> Option<&'t str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    named: Named,
    /// One for each open brace: the folder of an inline module.
    around: Vec<Option<String>>,
}

impl<'t> Reader<'t> {
    fn get(&self, ahead: usize) -> Option<Token<'t>> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// Reads everything; whether a macro makes names of modules.
    fn read(&mut self) -> bool {
        let mut generated = false;
        // Of the attributes of what comes next.
        let (mut paths, mut elsewhere) = (Vec::new(), false);
        while let Some(token) = self.get(0) {
            self.at += 1;
            match token {
                Token::Sign(b'#') if self.get(0) == Some(Token::Sign(b'[')) => {
                    elsewhere |= self.read_attribute(&mut paths);
                    continue;
                }
                Token::Word("mod") => match (self.get(0), self.get(1)) {
                    (Some(Token::Sign(b'$')), _) => generated = true,
                    (Some(Token::Word(name)), Some(Token::Sign(b';'))) => {
                        let inside = self.around.iter().flatten().cloned().collect();
                        let paths = std::mem::take(&mut paths);
                        self.named.modules.push(Module { name: name.to_owned(), inside, paths, elsewhere });
                    }
                    (Some(Token::Word(name)), Some(Token::Sign(b'{'))) => {
                        self.around.push(Some(paths.pop().unwrap_or_else(|| name.to_owned())));
                        self.at += 2;
                        (paths, elsewhere) = (Vec::new(), false);
                    }
                    _ => {}
                },
                Token::Word("include") => {
                    if let (Some(Token::Sign(b'!')), Some(Token::Sign(_)), Some(Token::Text(path))) =
                        (self.get(0), self.get(1), self.get(2))
                    {
                        self.named.included.push(path.to_owned());
                    }
                }
                Token::Sign(b'{') => self.around.push(None),
                Token::Sign(b'}') => {
                    self.around.pop();
                }
                _ => {}
            }
            if matches!(token, Token::Sign(b'{' | b'}' | b';')) {
                (paths, elsewhere) = (Vec::new(), false);
            }
        }
        generated
    }

    /// Reads up to the end of an attribute; whether it sets a path under no condition.
    fn read_attribute(&mut self, paths: &mut Vec<String>) -> bool {
        let first = self.get(1);
        let mut depth = 0;
        while let Some(token) = self.get(0) {
            match token {
                Token::Sign(b'[') => depth += 1,
                Token::Sign(b']') => depth -= 1,
                Token::Word("path") if matches!(first, Some(Token::Word("path" | "cfg_attr"))) => {
                    if let (Some(Token::Sign(b'=')), Some(Token::Text(path))) = (self.get(1), self.get(2)) {
                        paths.push(path.to_owned());
                    }
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        first == Some(Token::Word("path"))
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    while let Some(lexer::Token { kind, start, end }) = lexer.code() {
        let token = &text[start..end];
        match kind {
            Kind::Word => tokens.push(Token::Word(token.strip_prefix("r#").unwrap_or(token))),
            Kind::Quoted => tokens.extend(unquoted(token).map(Token::Text)),
            // Of lifetimes only the name is left.
            _ if token != "'" => tokens.push(Token::Sign(text.as_bytes()[start])),
            _ => {}
        }
    }
    tokens
}

/// What a text says, without its prefix and quotes; `None` for a character.
fn unquoted(token: &str) -> Option<&str> {
    let token = token.trim_start_matches(['b', 'c', 'r']);
    let hashes = token.len() - token.trim_start_matches('#').len();
    let inside = token[hashes..].strip_prefix('"')?;
    let closed = inside.strip_suffix(&token[..hashes]).and_then(|inside| inside.strip_suffix('"'));
    Some(closed.unwrap_or(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(text: &str) -> Vec<String> {
        let module = |module: Module| {
            let place = module.inside.iter().chain([&module.name]).cloned().collect::<Vec<_>>().join("/");
            match (module.paths.join("|"), module.elsewhere) {
                (paths, _) if paths.is_empty() => place,
                (paths, true) => format!("{place} at {paths}"),
                (paths, false) => format!("{place} or {paths}"),
            }
        };
        Named::of(text).modules.into_iter().map(module).collect()
    }

    #[test]
    fn declarations_are_found_where_they_are() {
        let text =
            "pub mod a; pub(in crate::x) mod r#type; mod deep { fn f() { {} } mod b { mod c; } } mod d;";
        assert_eq!(modules(text), ["a", "type", "deep/b/c", "d"]);
        let text = "#[path = \"x.rs\"] #[cfg(test)] pub mod a; mod b; #[path = r\"in\"] mod c { mod d; }";
        assert_eq!(modules(text), ["a at x.rs", "b", "in/d"]);
        let text = "#[cfg_attr(unix, path = \"u.rs\")] #[cfg_attr(windows, path = \"w.rs\")] mod sys;";
        assert_eq!(modules(text), ["sys or u.rs|w.rs"]);
        assert_eq!(modules("#[route(path = \"x\")] fn f() {} mod a;"), ["a"]);
    }

    #[test]
    fn comments_strings_and_characters_declare_nothing() {
        let text = "// mod a;\n/* mod b; /* mod c; */ mod d; */ /// mod e;\n\"mod f; \\\" mod g;\" r#\"mod h; \" mod i;\"# \
                    b\"mod j;\" '\"' '\\'' '\\u{22}' b'\"' 'é' <'a, 'mod_k> '{' mod last;";
        assert_eq!(modules(text), ["last"]);
    }

    #[test]
    fn literal_paths_are_included() {
        let text =
            "include!(\"a.rs\"); std::include![r\"b.rs\"]; include_str!(\"c.rs\"); include!(concat!(\"d\"));";
        assert_eq!(Named::of(text).included, ["a.rs", "b.rs"]);
    }

    #[test]
    fn a_macro_may_mean_any_word() {
        assert_eq!(
            modules("m!(a b); macro m($n:ident) { mod $n; }"),
            ["a", "b", "ident", "m", "macro", "mod", "n"]
        );
    }

    #[test]
    fn what_ends_early_is_read_as_far_as_it_goes() {
        for end in [
            "\"",
            "r#\"",
            "/*",
            "'",
            "'\\",
            "'\\u",
            "#[",
            "#[path =",
            "mod",
            "mod x",
            "include!(",
            "}",
            "\"\\",
        ] {
            assert_eq!(modules(&format!("mod a; {end}")), ["a"], "{end}");
        }
    }
}
