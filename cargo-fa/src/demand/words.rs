//! The words of a text, with the type or module before them.

use crate::lexer::{Kind, Lexer};

/// A word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mention<'a> {
    pub(super) word: &'a str,
    /// `Vec` and the whole path for the `new` of `Vec::new`; not told when anything is between.
    pub(super) path: Option<(&'a str, &'a str)>,
    /// An attribute begins with it.
    pub(super) attribute: bool,
}

/// Every word outside of texts and comments.
pub(super) fn mentions(text: &str) -> impl Iterator<Item = Mention<'_>> {
    let mut before = 0..0;
    let words = Lexer::new(text).filter(|token| token.kind == Kind::Word);
    words.map(move |token| {
        let of = std::mem::replace(&mut before, token.start..token.end);
        let word = &text[token.start..token.end];
        let path =
            (text[of.end..token.start] == *"::").then(|| (&text[of.clone()], &text[of.start..token.end]));
        let attribute = text[..token.start].ends_with("#[");
        match word.strip_prefix("r#") {
            Some(word) => Mention { word, path: None, attribute },
            None => Mention { word, path: path.filter(|(of, _)| !of.starts_with("r#")), attribute },
        }
    })
}

pub(super) fn has_word(text: &str, wanted: &str) -> bool {
    mentions(text).any(|mention| mention.word == wanted)
}

#[cfg(test)]
mod tests {
    use super::{has_word, mentions};

    #[test]
    fn words_know_what_stands_before_them() {
        let found: Vec<_> = mentions("{ a.b(\"c\"); r#d::e; f::g::<H>::i /* j */ }").collect();
        let words: Vec<&str> = found.iter().map(|mention| mention.word).collect();
        assert_eq!(words, ["a", "b", "d", "e", "f", "g", "H", "i"]);
        let paths: Vec<_> = found.iter().filter_map(|mention| mention.path).collect();
        assert_eq!(paths, [("f", "f::g")]);
        let attributes = mentions("#[a] let b = [c]; #[d(e)] f").filter(|mention| mention.attribute);
        assert_eq!(attributes.map(|mention| mention.word).collect::<String>(), "ad");
        assert!(has_word("{ impl A {} }", "impl") && !has_word("{ simple(\"impl\") }", "impl"));
    }
}
