//! Tags that are likely misspelt, when no list says which ones there are.
//!
//! Tags are compared part by part, with those of the same parent. A part is suspicious when no system and no scope has it,
//! so that only budgets and questions name it, or when it occurs once; and it is blamed when a tag that systems or scopes
//! do have is spelt almost like it. Where the tag around a scope is not known, its parts are compared with all names.

use std::collections::{BTreeMap, HashMap};

use crate::api::Nesting;
use crate::flow::{Tag, each_site};
use crate::lints::LintCx;
use crate::source::Span;

/// A place that names a tag, and what it should probably say.
#[derive(Debug)]
pub(super) struct Misspelt {
    pub(super) span: Span,
    pub(super) item: String,
    /// As it is written there.
    pub(super) text: String,
    /// What to write there.
    pub(super) instead: String,
    /// The path from the root up to the part that is wrong.
    pub(super) path: String,
    pub(super) like: String,
    /// A place that has the other one.
    pub(super) other: Span,
    /// Some system or scope has the tag.
    pub(super) declared: bool,
}

/// A place that names a tag.
struct Use {
    span: Span,
    item: String,
    text: String,
    /// How many parts of the path are around it.
    outer: usize,
    path: String,
    /// A system or a scope, and not a budget or a question.
    declares: bool,
    /// The tag is spelt out there.
    spelt: bool,
}

/// What is said of one path.
#[derive(Default)]
struct Node {
    uses: usize,
    declared: Option<Span>,
}

pub(super) fn misspelt(cx: &LintCx<'_>) -> Vec<Misspelt> {
    let (uses, nested) = uses(cx);
    let ends: Vec<&str> = nested.iter().map(|one| one.path.as_str()).collect();
    let mut nodes: BTreeMap<&str, Node> = BTreeMap::new();
    for one in &uses {
        for (at, path) in prefixes(&one.path).enumerate() {
            let node = nodes.entry(path).or_default();
            node.uses += usize::from(at >= one.outer && one.spelt);
            if one.declares {
                node.declared.get_or_insert(one.span);
            }
        }
    }
    let is_declared =
        |path: &str, node: &Node| node.declared.is_some() || ends.iter().any(|end| is_end(path, end));
    let (declared, others): (Vec<_>, Vec<_>) = nodes.iter().partition(|(path, node)| is_declared(path, node));
    let mut right = Siblings::default();
    for (path, _) in declared.iter().filter(|(_, node)| node.uses > 1 && node.declared.is_some()) {
        right.add(path);
    }
    let mut likes: HashMap<&str, &str> = HashMap::new();
    let once = declared.iter().filter(|(_, node)| node.uses == 1);
    likes.extend(once.filter_map(|(path, _)| Some((**path, right.like(path, true)?))));
    // What occurs once and is not blamed is right, too.
    for (path, _) in declared.iter().filter(|(_, node)| node.uses <= 1 && node.declared.is_some()) {
        if !likes.contains_key(*path) {
            right.add(path);
        }
    }
    likes.extend(others.iter().filter_map(|(path, _)| Some((**path, right.like(path, false)?))));
    let blame = |one: &Use| {
        let mut own = prefixes(&one.path).skip(one.outer);
        let (path, like) = own.find_map(|path| Some((path, *likes.get(path)?)))?;
        let below = &one.path[path.len()..];
        let around = one.path.len() - one.text.len();
        Some(Misspelt {
            span: one.span,
            item: one.item.clone(),
            text: one.text.clone(),
            instead: format!("{}{below}", &like[around..]),
            path: path.to_owned(),
            like: like.to_owned(),
            other: nodes[like].declared?,
            declared: nodes[path].declared.is_some(),
        })
    };
    let rooted = uses.iter().filter(|one| one.spelt).filter_map(blame);
    rooted.chain(misspelt_below_something(&nodes, &nested)).collect()
}

/// Scopes that nest in a tag which is not known.
fn misspelt_below_something(nodes: &BTreeMap<&str, Node>, nested: &[Use]) -> Vec<Misspelt> {
    let mut names: BTreeMap<&str, (usize, Option<Span>)> = BTreeMap::new();
    for (path, node) in nodes {
        let (uses, declared) = names.entry(split(path).1).or_default();
        *uses += node.uses;
        *declared = declared.or(node.declared);
    }
    let parts = || nested.iter().filter(|one| one.spelt).flat_map(|one| one.text.split('/'));
    let blame = |one: &Use| {
        prefixes(&one.text).find_map(|path| {
            let name = split(path).1;
            if names.contains_key(name) || parts().filter(|part| *part == name).count() != 1 {
                return None;
            }
            let often = names.iter().filter(|(other, (uses, _))| *uses > 1 && is_like(name, other, true));
            let (like, (_, other)) =
                often.min_by_key(|(other, _)| strsim::damerau_levenshtein(name, other))?;
            let start = path.len() - name.len();
            Some(Misspelt {
                span: one.span,
                item: one.item.clone(),
                text: one.text.clone(),
                instead: format!("{}{like}{}", &one.text[..start], &one.text[path.len()..]),
                path: path.to_owned(),
                like: (*like).to_owned(),
                other: (*other)?,
                declared: true,
            })
        })
    };
    nested.iter().filter(|one| one.spelt).filter_map(blame).collect()
}

/// Paths that systems and scopes have, by the path above them.
#[derive(Default)]
struct Siblings<'p>(HashMap<&'p str, Vec<&'p str>>);

impl<'p> Siblings<'p> {
    fn add(&mut self, path: &'p str) {
        self.0.entry(split(path).0).or_default().push(path);
    }

    /// What `path` is a likely misspelling of: the nearest.
    fn like(&self, path: &str, in_use: bool) -> Option<&'p str> {
        let (parent, name) = split(path);
        let like = self.0.get(parent)?.iter().copied();
        let like = like.filter(|other| is_like(name, split(other).1, in_use));
        like.min_by_key(|other| strsim::damerau_levenshtein(name, split(other).1))
    }
}

/// Everything that names a tag whose path is known; and scopes of which the end is known.
fn uses(cx: &LintCx<'_>) -> (Vec<Use>, Vec<Use>) {
    let mut nested = Vec::new();
    let systems = cx.model.systems().filter(|(_, data, _)| !data.when.test);
    let mut uses: Vec<Use> = systems
        .map(|(_, data, system)| Use {
            span: system.tag_span.unwrap_or(system.span),
            item: data.path.clone(),
            text: system.tag.clone(),
            outer: 0,
            path: system.tag.clone(),
            declares: true,
            spelt: system.tag_span.is_some(),
        })
        .collect();
    each_site(cx.model, cx.tags, |site| {
        let declares = site.nesting == Nesting::InCurrent;
        let (item, span, spelt) = (site.data.path.clone(), site.span, site.text.is_some());
        let Tag::Rooted(path) = site.tag() else {
            if let Some(path) = site.end().filter(|_| declares) {
                let text = site.text.unwrap_or(&path).to_owned();
                nested.push(Use { span, item, text, outer: 0, path, declares, spelt });
            }
            return;
        };
        // A tag that was made before: its name was asked for elsewhere.
        let text = site.text.filter(|text| path.ends_with(text)).unwrap_or(&path).to_owned();
        let around = path[..path.len() - text.len()].trim_end_matches('/');
        uses.push(Use { span, item, outer: prefixes(around).count(), text, path, declares, spelt });
    });
    (uses, nested)
}

/// `a`, `a/b`, `a/b/c` of `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| &path[..end]).filter(|path| !path.is_empty())
}

/// The path above, and the last part.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn is_end(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|outer| outer.is_empty() || outer.ends_with('/'))
}

/// Whether `name` is a likely misspelling of `other`. Of a tag that is in use itself, more is asked: that one letter is
/// missing, doubled or in the wrong place, or wrong in a long word; and that no ending makes the difference.
fn is_like(name: &str, other: &str, in_use: bool) -> bool {
    let (length, other_length) = (name.chars().count(), other.chars().count());
    let (shorter, longer) = (length.min(other_length), length.max(other_length));
    let distance = strsim::damerau_levenshtein(name, other);
    if distance == 0 || longer < 4 || are_variants(name, other) {
        return false;
    }
    if !in_use {
        return distance == 1 || (distance == 2 && longer >= 8);
    }
    let is_ending = name.starts_with(other) || other.starts_with(name);
    let are_swapped = shorter == longer && strsim::hamming(name, other) == Ok(2);
    let is_replaced = shorter == longer && !are_swapped;
    let is_first = name.chars().next() != other.chars().next();
    distance == 1 && shorter >= 5 && !is_ending && !(is_replaced && (longer < 7 || is_first))
}

/// Whether two names differ in numbers, or in words too short to be misspelt: `lod0` and `lod1`, `team_a` and `team_b`.
fn are_variants(name: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let words =
        |text: &str| -> Vec<String> { text.split(|c: char| !c.is_alphanumeric()).map(letters).collect() };
    let (ours, theirs) = (words(name), words(other));
    let is_short = |word: &String| word.chars().count() < 4;
    ours.len() == theirs.len()
        && ours.iter().zip(&theirs).all(|(one, other)| one == other || (is_short(one) && is_short(other)))
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_tag_that_nothing_has_is_a_misspelling_of_a_near_one() {
        for (name, other) in [
            ("cul", "cull"),
            ("rendr", "render"),
            ("lights", "light"),
            ("shdow", "shadow"),
            ("partciels", "particles"),
        ] {
            assert!(is_like(name, other, false), "{name} {other}");
        }
        for (name, other) in [
            ("lod0", "lod1"),
            ("lod", "lod1"),
            ("ai", "ui"),
            ("team_a", "team_b"),
            ("pass-fx-2", "pass-ui-2"),
            ("shader", "shadow"),
            ("cull", "cull"),
            ("audio", "video"),
        ] {
            assert!(!is_like(name, other, false), "{name} {other}");
        }
    }

    #[test]
    fn of_tags_in_use_only_slips_are_misspellings() {
        for (name, other) in [
            ("rendr", "render"),
            ("rrender", "render"),
            ("redner", "render"),
            ("phisics", "physics"),
            ("particels", "particles"),
        ] {
            assert!(is_like(name, other, true), "{name} {other}");
        }
        for (name, other) in [
            ("lights", "light"),
            ("shader", "shade"),
            ("upload", "unload"),
            ("grass", "gras"),
            ("loading", "roading"),
            ("mesh", "mess"),
            ("level10", "level11"),
            ("partciels", "particles"),
        ] {
            assert!(!is_like(name, other, true), "{name} {other}");
        }
    }
}
