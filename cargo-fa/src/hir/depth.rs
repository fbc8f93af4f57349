//! How deep a file nests. The parser and all that walks trees need stack for each level, and stack ends.

use std::vec::IntoIter;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// How many parentheses, brackets and braces may be open at once.
pub(super) const MAX_OPEN: usize = 400;
/// How many operators may follow one another, and how many expressions may each hold the next without brackets:
/// `a = b = c`, `|x| |y| z`, `return return`.
const MAX_CHAIN: usize = 1000;
/// So many bytes without a separator or a brace are looked at by tokens.
const LONG: usize = 4000;

/// Where a file nests deeper than it may.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    // Brackets in comments and texts count here, which does not matter unless there are very many.
    if looks_shallow(text.as_bytes()) {
        return None;
    }
    text.parse().ok().and_then(deep_tokens)
}

fn looks_shallow(bytes: &[u8]) -> bool {
    let (mut open, mut separated) = (0_usize, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b';' | b',' => {}
            _ => continue,
        }
        if open > MAX_OPEN || at - separated > LONG {
            return false;
        }
        separated = at;
    }
    bytes.len() - separated <= LONG
}

/// The same for tokens, with a stack of its own.
fn deep_tokens(tokens: TokenStream) -> Option<usize> {
    let mut open = vec![Level::new(tokens)];
    while let Some(level) = open.last_mut() {
        match level.tokens.next() {
            None => drop(open.pop()),
            Some(TokenTree::Group(group)) => {
                if group.delimiter() == Delimiter::Brace {
                    level.chain = 0;
                }
                level.run = 0;
                if open.len() > MAX_OPEN {
                    return Some(group.span_open().byte_range().start);
                }
                open.push(Level::new(group.stream()));
            }
            Some(token) => {
                level.count(&token);
                if level.run.max(level.chain) > MAX_CHAIN {
                    return Some(token.span().byte_range().start);
                }
            }
        }
    }
    None
}

struct Level {
    tokens: IntoIter<TokenTree>,
    /// Operators since the last operand.
    run: usize,
    /// What holds the next expression, since the last separator.
    chain: usize,
}

impl Level {
    fn new(tokens: TokenStream) -> Self {
        Self { tokens: tokens.into_iter().collect::<Vec<_>>().into_iter(), run: 0, chain: 0 }
    }

    fn count(&mut self, token: &TokenTree) {
        match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' | ',' => (self.run, self.chain) = (0, 0),
                '=' | '|' | '<' => (self.run, self.chain) = (self.run + 1, self.chain + 1),
                _ => self.run += 1,
            },
            TokenTree::Ident(name) => {
                // `&mut &mut x`
                self.run = if name == "mut" { self.run } else { 0 };
                let holds = ["break", "move", "return", "yield"].iter().any(|word| name == word);
                self.chain += usize::from(holds);
            }
            TokenTree::Literal(_) => self.run = 0,
            TokenTree::Group(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_OPEN, too_deep};

    #[test]
    fn only_tokens_count() {
        assert_eq!(too_deep("fn f() { g((1)) }"), None);
        let sad = format!("// {}\nconst A: &str = \"{}\";", ":(".repeat(1000), "[".repeat(1000));
        assert_eq!(too_deep(&sad), None);
        let rule = format!("// {}\nfn f() {{}}", "-".repeat(5000));
        assert_eq!(too_deep(&rule), None);
        let deep = |open: usize| format!("const A: u8 = {}1{};", "(".repeat(open), ")".repeat(open));
        assert_eq!(too_deep(&deep(MAX_OPEN)), None);
        assert_eq!(too_deep(&deep(MAX_OPEN + 1)), Some(14 + MAX_OPEN));
        for chain in ["!", "a = ", "|x| ", "return ", "&mut "] {
            assert!(too_deep(&format!("fn f() {{ {}a; }}", chain.repeat(5000))).is_some(), "{chain}");
        }
        let sum = format!("const A: u32 = {}1;", "1 + ".repeat(5000));
        assert_eq!(too_deep(&sum), None);
    }
}
