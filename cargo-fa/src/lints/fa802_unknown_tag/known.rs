//! The tags that the configuration knows.

use std::collections::BTreeSet;

/// Tags of the configuration with those above them: `physics/broad` makes `physics` known.
#[derive(Debug)]
pub(crate) struct Known {
    all: BTreeSet<String>,
}

impl Known {
    pub(crate) fn new(known: &[String]) -> Self {
        let above = |tag: &String| {
            let ends = tag.match_indices('/').map(|(at, _)| tag[..at].to_owned());
            ends.chain([tag.clone()]).collect::<Vec<_>>()
        };
        Self { all: known.iter().flat_map(above).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn contains(&self, tag: &str) -> bool {
        self.all.contains(tag)
    }

    /// Those whose last parts are `end`.
    pub(crate) fn ending_in(&self, end: &str) -> impl Iterator<Item = &str> {
        self.all.iter().map(String::as_str).filter(move |tag| {
            tag.strip_suffix(end).is_some_and(|outer| outer.is_empty() || outer.ends_with('/'))
        })
    }

    /// What may have been meant by `text` below `outer`, or anywhere: the nearest, each with its distance.
    pub(crate) fn near(&self, text: &str, outer: Option<&str>) -> Vec<(&str, usize)> {
        let most = if text.len() < 4 { 1 } else { 2 };
        let mut near: Vec<(&str, usize)> = self
            .texts(outer)
            .into_iter()
            .map(|known| (known, strsim::damerau_levenshtein(text, known)))
            .filter(|(_, distance)| (1..=most).contains(distance))
            .collect();
        let least = near.iter().map(|(_, distance)| *distance).min();
        near.retain(|(_, distance)| Some(*distance) == least);
        near
    }

    /// What can be written in a scope `outer`; anywhere, when it is not known.
    fn texts(&self, outer: Option<&str>) -> BTreeSet<&str> {
        let all = self.all.iter().map(String::as_str);
        match outer {
            Some("") => all.collect(),
            Some(outer) => all.filter_map(|tag| tag.strip_prefix(outer)?.strip_prefix('/')).collect(),
            None => all
                .flat_map(|tag| {
                    let ends = tag.match_indices('/').map(move |(at, _)| &tag[at + 1..]);
                    ends.chain([tag])
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Known;

    #[test]
    fn near_tags_are_those_that_can_be_written_there() {
        let known =
            Known::new(&["physics/broad", "physics/narrow", "render/shadows", "ai", "ui"].map(String::from));
        assert!(known.contains("physics") && !known.contains("broad"));
        assert_eq!(known.near("phisics", Some("")), [("physics", 1)]);
        assert_eq!(known.near("broda", Some("physics")), [("broad", 1)]);
        assert_eq!(known.near("broda", Some("render")), []);
        assert_eq!(known.near("shdows", None), [("shadows", 1)]);
        assert_eq!(known.near("render/opaque", Some("")), []);
        assert_eq!(known.near("a", Some("")), [("ai", 1)]);
        assert_eq!(known.near("i", Some("")), [("ai", 1), ("ui", 1)]);
        assert_eq!(known.ending_in("shadows").collect::<Vec<_>>(), ["render/shadows"]);
    }
}
