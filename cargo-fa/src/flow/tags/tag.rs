//! Tags as far as the source tells them.

/// The tag that is in force somewhere, or that a value names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// A path from the root; none at all when it is empty.
    Rooted(String),
    /// Below the tag that the function is entered with; that one itself when it is empty.
    Nested(String),
    Unknown,
}

impl Tag {
    pub(crate) const NONE: Self = Self::Rooted(String::new());
    pub(crate) const ENTRY: Self = Self::Nested(String::new());

    /// The tag `text` below this one.
    pub(crate) fn nest(&self, text: &str) -> Self {
        match self {
            Self::Rooted(path) => Self::Rooted(joined(path, text)),
            Self::Nested(path) => Self::Nested(joined(path, text)),
            Self::Unknown => Self::Unknown,
        }
    }

    /// What it is in a function that is entered with `entry`.
    pub(crate) fn within(&self, entry: &Self) -> Self {
        match self {
            Self::Nested(path) if path.is_empty() => entry.clone(),
            Self::Nested(path) => entry.nest(path),
            other => other.clone(),
        }
    }

    pub(crate) fn join(self, other: &Self) -> Self {
        if self == *other { self } else { Self::Unknown }
    }

    /// The first part of a path from the root.
    pub(crate) fn subsystem(&self) -> Option<&str> {
        match self {
            Self::Rooted(path) if !path.is_empty() => path.split('/').next(),
            _ => None,
        }
    }
}

fn joined(outer: &str, inner: &str) -> String {
    if outer.is_empty() || inner.is_empty() { [outer, inner].concat() } else { format!("{outer}/{inner}") }
}

/// Whether a path is another one or below it.
pub(crate) fn is_at_or_below(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{Tag, is_at_or_below};

    #[test]
    fn text_nests() {
        let render = Tag::Rooted("render".into());
        assert_eq!(render.nest("shadows"), Tag::Rooted("render/shadows".into()));
        assert_eq!(Tag::ENTRY.nest("a").nest("b"), Tag::Nested("a/b".into()));
        assert_eq!(Tag::Nested("a".into()).within(&render), Tag::Rooted("render/a".into()));
        assert_eq!(Tag::ENTRY.within(&Tag::NONE), Tag::NONE);
        assert_eq!(Tag::NONE.nest("a").subsystem(), Some("a"));
        assert_eq!(Tag::Nested("a".into()).within(&Tag::Unknown), Tag::Unknown);
        assert_eq!((Tag::NONE.subsystem(), Tag::ENTRY.subsystem()), (None, None));
    }

    #[test]
    fn below_is_by_parts() {
        assert!(is_at_or_below("physics/broad", "physics") && is_at_or_below("physics", "physics"));
        assert!(!is_at_or_below("physics_debug", "physics") && !is_at_or_below("physics", "physics/broad"));
    }
}
