//! Mistakes of the user: collected, never stopping at the first, shown together.

use core::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// All mistakes found in one use of a macro.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// Adds a mistake, underlining `place`.
    pub(crate) fn push(&mut self, place: impl ToTokens, message: impl Display) {
        self.add(Error::new_spanned(place, message));
    }

    /// Adds a mistake at a bare span.
    pub(crate) fn push_at(&mut self, span: Span, message: impl Display) {
        self.add(Error::new(span, message));
    }

    /// Takes the value, or keeps the mistake and goes on without it.
    pub(crate) fn keep<T>(&mut self, result: darling::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error.into())).ok()
    }

    /// Whether there is no mistake so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The mistakes as `compile_error!` invocations, nothing when there are none.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map_or_else(TokenStream::new, Error::into_compile_error)
    }

    /// Takes over the mistakes of a part.
    pub(crate) fn append(&mut self, part: Self) {
        if let Some(error) = part.0 {
            self.add(error);
        }
    }

    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }
}

/// One mistake at `place`, for the functions that darling calls.
pub(crate) fn error(place: impl ToTokens, message: impl Display) -> darling::Error {
    darling::Error::custom(message).with_span(&place.into_token_stream())
}

/// Tokens of the user as people write them, for a message: `&mut [u32]`, `Vec<u32>`, `(a, b)`.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let mut text = tokens.into_token_stream().to_string();
    for tight in ["::", "<", ",", ";", ">", "]", ")"] {
        text = text.replace(&format!(" {tight}"), tight);
    }
    for tight in ["::", "<", "&", "*", "[", "("] {
        text = text.replace(&format!("{tight} "), tight);
    }
    text
}

/// The candidate that `wrong` was probably meant to be.
///
/// Letter case, `-` and `_` do not count; up to a third of the letters may differ.
pub(crate) fn suggest<'c>(wrong: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    let wrong = plain(wrong);
    candidates
        .iter()
        .map(|candidate| (distance(&wrong, &plain(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean ...?` for the likely candidate, nothing when none is near.
pub(crate) fn did_you_mean(wrong: &str, candidates: &[&str]) -> String {
    suggest(wrong, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// `` `a`, `b`, `c` ``.
pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Insertions, deletions and replacements between two words.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, r) in right.chars().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance, suggest, written};

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("budgt", "budget"), 1);
        assert_eq!(distance("phase", "phase"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn tokens_read_as_written() {
        for text in [
            "&mut [u32]",
            "&'a mut Vec<(u32, u32)>",
            "std::collections::HashMap<&str, [u8; 4]>",
            "*const u8",
            "Box<dyn Iterator<Item = u8> + Send>",
            "(x, y)",
        ] {
            assert_eq!(written(syn::parse_str::<syn::Type>(text).unwrap()), text);
        }
    }

    #[test]
    fn suggestions_are_near_or_none() {
        let keys = ["tag", "phase", "budget", "on_exceed"];
        assert_eq!(suggest("budgt", &keys), Some("budget"));
        assert_eq!(suggest("onExceed", &keys), Some("on_exceed"));
        assert_eq!(suggest("colour", &keys), None);
        assert_eq!(did_you_mean("tga", &keys), "");
        assert_eq!(did_you_mean("tags", &keys), "; did you mean `tag`?");
    }
}
