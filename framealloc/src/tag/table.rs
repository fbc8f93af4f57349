//! The table of one allocator's tags.

use core::fmt;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use foldhash::fast::FixedState;

use crate::error::AllocError;

/// The number of a tag path within its allocator. Numbers are dense and never reused, so they index arrays (G1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TagId(pub(crate) u16);

impl TagId {
    /// No tag is open.
    pub(crate) const UNTAGGED: Self = Self(0);

    /// The number as an index.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A tag that was looked up once: entering it costs no look-up by name.
///
/// It means one path from the root, wherever it is used. It belongs to the allocator that made it; another one
/// refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    pub(crate) id: TagId,
    pub(crate) allocator: u64,
}

struct Node {
    parent: TagId,
    name: Arc<str>,
    path: Arc<str>,
    children: HashMap<Arc<str>, TagId, FixedState>,
}

impl Node {
    fn new(parent: TagId, name: Arc<str>, path: Arc<str>) -> Self {
        Self { parent, name, path, children: HashMap::with_hasher(FixedState::default()) }
    }
}

/// The tags of one allocator. Every method takes a lock: the context and the threads' caches keep it off fast paths.
pub(crate) struct TagTable {
    nodes: RwLock<Vec<Node>>,
}

impl TagTable {
    /// The name under which what has no tag is listed.
    pub(crate) const UNTAGGED_NAME: &'static str = "(untagged)";

    /// The most tags that one allocator can have, [`TagId::UNTAGGED`] not counted.
    #[cfg(test)]
    const MOST: usize = u16::MAX as usize;

    const FULL: AllocError = AllocError::Unsupported { what: "more than 65535 tags in one allocator" };

    /// A table with [`TagId::UNTAGGED`] only.
    pub(crate) fn new() -> Self {
        let name: Arc<str> = Self::UNTAGGED_NAME.into();
        let root = Node::new(TagId::UNTAGGED, Arc::clone(&name), name);
        Self { nodes: RwLock::new(vec![root]) }
    }

    /// The tag `name` under `parent`, which is added when it is new. `name` may be a path: each part nests in the one
    /// before. Allocates only for new tags.
    ///
    /// # Errors
    ///
    /// `InvalidConfig` when a part of the name is empty, `Unsupported` when there are 65535 tags (tags for the first parts of the
    /// path may have been added by then).
    pub(crate) fn child(&self, parent: TagId, name: &str) -> Result<TagId, AllocError> {
        check(name)?;
        name.split('/').try_fold(parent, |parent, part| self.direct_child(parent, part))
    }

    fn direct_child(&self, parent: TagId, name: &str) -> Result<TagId, AllocError> {
        let (parent, parent_path) = {
            let nodes = self.read();
            // An id of another table is treated as untagged, so that a mistake cannot panic in a slow path.
            let parent = if parent.index() < nodes.len() { parent } else { TagId::UNTAGGED };
            let node = &nodes[parent.index()];
            if let Some(&id) = node.children.get(name) {
                return Ok(id);
            }
            (parent, Arc::clone(&node.path))
        };
        let name: Arc<str> = name.into();
        let path = if parent == TagId::UNTAGGED {
            Arc::clone(&name)
        } else {
            format!("{parent_path}/{name}").into()
        };
        let node = Node::new(parent, Arc::clone(&name), path);

        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = nodes[parent.index()].children.get(&name) {
            return Ok(id);
        }
        let id = u16::try_from(nodes.len()).map(TagId).map_err(|_| Self::FULL)?;
        nodes.push(node);
        nodes[parent.index()].children.insert(name, id);
        Ok(id)
    }

    /// The tag with this path, if there is one.
    pub(crate) fn find(&self, path: &str) -> Option<TagId> {
        let nodes = self.read();
        path.split('/').try_fold(TagId::UNTAGGED, |at, part| nodes[at.index()].children.get(part).copied())
    }

    /// The tag with this path, or the one around it that there is.
    ///
    /// # Errors
    ///
    /// As [`child`](Self::child), for a path that no tag can have.
    pub(crate) fn nearest(&self, path: &str) -> Result<TagId, AllocError> {
        check(path)?;
        let nodes = self.read();
        let mut tag = TagId::UNTAGGED;
        for part in path.split('/') {
            let Some(&child) = nodes[tag.index()].children.get(part) else { break };
            tag = child;
        }
        Ok(tag)
    }

    /// The tag around this one; [`TagId::UNTAGGED`] is its own parent.
    pub(crate) fn parent(&self, id: TagId) -> TagId {
        self.read().get(id.index()).map_or(TagId::UNTAGGED, |node| node.parent)
    }

    /// `tag` and those above it, the root included.
    pub(crate) fn ancestry(&self, tag: TagId) -> impl Iterator<Item = TagId> + '_ {
        core::iter::successors(Some(tag), |tag| (*tag != TagId::UNTAGGED).then(|| self.parent(*tag)))
    }

    /// `physics/broad_phase`; [`UNTAGGED_NAME`](Self::UNTAGGED_NAME) for no tag.
    pub(crate) fn path(&self, id: TagId) -> Arc<str> {
        self.read().get(id.index()).map_or_else(|| Self::UNTAGGED_NAME.into(), |node| Arc::clone(&node.path))
    }

    /// The last part of the path.
    pub(crate) fn name(&self, id: TagId) -> Arc<str> {
        self.read().get(id.index()).map_or_else(|| Self::UNTAGGED_NAME.into(), |node| Arc::clone(&node.name))
    }

    /// How many tags there are, [`TagId::UNTAGGED`] included: the length of an array with one entry per tag.
    pub(crate) fn len(&self) -> usize {
        self.read().len()
    }

    /// The tags there are now, by id: `(id, parent, path)`.
    pub(crate) fn list(&self) -> Vec<(TagId, TagId, Arc<str>)> {
        let nodes = self.read();
        (0..=u16::MAX)
            .zip(&*nodes)
            .map(|(id, node)| (TagId(id), node.parent, Arc::clone(&node.path)))
            .collect()
    }

    /// Turns exclusive totals, indexed by tag, into inclusive ones by `add(parent, child)` from the leaves upwards (G1).
    /// Shorter and longer arrays than the table are fine: a parent's entry comes before its child's.
    pub(crate) fn accumulate<T>(&self, totals: &mut [T], mut add: impl FnMut(&mut T, &T)) {
        let nodes = self.read();
        for child in (1..totals.len().min(nodes.len())).rev() {
            let (before, rest) = totals.split_at_mut(child);
            add(&mut before[nodes[child].parent.index()], &rest[0]);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Node>> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TagTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.read().iter().map(|node| &node.path)).finish()
    }
}

fn check(name: &str) -> Result<(), AllocError> {
    if name.split('/').any(str::is_empty) {
        let reason = format!("\"{name}\" has an empty part; write `name` or `outer/inner`");
        return Err(AllocError::config("tag", reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_nest() {
        let table = TagTable::new();
        let broad = table.child(TagId::UNTAGGED, "physics/broad").unwrap();
        let physics = table.child(TagId::UNTAGGED, "physics").unwrap();
        assert_eq!((physics, broad), (TagId(1), TagId(2)));
        assert_eq!(table.child(physics, "broad").unwrap(), broad);
        assert_eq!(
            (table.parent(broad), table.parent(physics), table.parent(TagId::UNTAGGED)),
            (physics, TagId::UNTAGGED, TagId::UNTAGGED)
        );
        assert_eq!((&*table.path(broad), &*table.name(broad)), ("physics/broad", "broad"));
        assert_eq!(
            (table.find("physics/broad"), table.find("broad"), table.find("")),
            (Some(broad), None, None)
        );
        assert_eq!(&*table.path(TagId::UNTAGGED), "(untagged)");
        assert_eq!((table.len(), table.list().len()), (3, 3));
    }

    #[test]
    fn empty_parts_are_errors() {
        let table = TagTable::new();
        for name in ["", "/", "a/", "/a", "a//b"] {
            let error = table.child(TagId::UNTAGGED, name).unwrap_err();
            assert!(matches!(error, AllocError::InvalidConfig { field: "tag", .. }), "{name}");
        }
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn inclusive_totals_add_up() {
        let table = TagTable::new();
        let leaf = table.child(TagId::UNTAGGED, "a/b/c").unwrap();
        let other = table.child(TagId::UNTAGGED, "d").unwrap();
        let mut totals = vec![0_u64; table.len()];
        totals[leaf.index()] = 5;
        totals[other.index()] = 2;
        table.accumulate(&mut totals, |parent, child| *parent += child);
        assert_eq!(totals, [7, 5, 5, 5, 2]);
    }

    #[test]
    fn a_full_table_says_so() {
        let table = TagTable::new();
        for n in 0..TagTable::MOST {
            table.child(TagId::UNTAGGED, &n.to_string()).unwrap();
        }
        assert!(matches!(table.child(TagId(1), "x"), Err(AllocError::Unsupported { .. })));
        assert_eq!(table.child(TagId::UNTAGGED, "0"), Ok(TagId(1)));
    }

    #[test]
    fn threads_agree() {
        let table = TagTable::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..100 {
                        let path = format!("{}/{n}", n % 7);
                        let id = table.child(TagId::UNTAGGED, &path).unwrap();
                        assert_eq!(*table.path(id), *path);
                    }
                });
            }
        });
        assert_eq!(table.len(), 1 + 7 + 100);
    }
}
