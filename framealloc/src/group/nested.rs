//! Groups inside groups.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::{Index, IndexMut};

use super::handle::GroupId;
use super::owner::{Group, GroupSummary};
use crate::error::AllocError;

/// The groups nested in one, in the order in which they were created.
#[derive(Default)]
pub(super) struct Nested(Vec<Group>);

impl Nested {
    pub(super) fn take(&mut self) -> Vec<Group> {
        core::mem::take(&mut self.0)
    }

    fn position(&self, id: GroupId) -> Option<usize> {
        self.0.iter().position(|group| group.id == id.0)
    }
}

impl fmt::Debug for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(Group::name)).finish()
    }
}

impl Group {
    /// Creates a group inside this one, which is freed with it unless it is freed before. The same tag pays for it.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let mut level = alloc.groups().create_group("level");
    /// let cellar = level.create_group("cellar");
    /// let lamp = level[cellar].alloc(String::from("lamp"));
    /// assert_eq!(level[cellar][lamp], "lamp");
    /// level.free_group(cellar)?; // the player left the cellar
    /// assert!(level.group(cellar).is_none() && level.free_group(cellar).is_err());
    /// # Ok::<(), framealloc::AllocError>(())
    /// ```
    pub fn create_group(&mut self, name: &str) -> GroupId {
        let group = Group::new(name, self.supply.clone());
        let id = GroupId(group.id);
        self.nested.0.push(group);
        id
    }

    /// The group `id`, if it is nested directly in this one. Cost: one comparison per group that is.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.nested.position(id).map(|index| &self.nested.0[index])
    }

    /// The group `id`, to change, if it is nested directly in this one.
    pub fn group_mut(&mut self, id: GroupId) -> Option<&mut Group> {
        self.nested.position(id).map(|index| &mut self.nested.0[index])
    }

    /// The groups nested directly in this one, in the order in which they were created.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (GroupId, &Group)> {
        self.nested.0.iter().map(|group| (GroupId(group.id), group))
    }

    /// Frees the group `id`, which is nested directly in this one, and those inside it.
    ///
    /// # Errors
    ///
    /// [`AllocError::StaleGroup`] when it was freed already, or is nested in another group.
    ///
    /// # Panics
    ///
    /// As [`Groups::free_group`](crate::Groups::free_group).
    pub fn free_group(&mut self, id: GroupId) -> Result<GroupSummary, AllocError> {
        let index = self.nested.position(id).ok_or(AllocError::StaleGroup)?;
        Ok(self.nested.0.remove(index).free())
    }
}

impl Index<GroupId> for Group {
    type Output = Group;

    /// # Panics
    ///
    /// When the group was freed, or is nested in another one.
    #[track_caller]
    fn index(&self, id: GroupId) -> &Group {
        match self.group(id) {
            Some(group) => group,
            None => panic!("group \"{}\": {}", self.name(), AllocError::StaleGroup),
        }
    }
}

impl IndexMut<GroupId> for Group {
    #[track_caller]
    fn index_mut(&mut self, id: GroupId) -> &mut Group {
        match self.nested.position(id) {
            Some(index) => &mut self.nested.0[index],
            None => panic!("group \"{}\": {}", self.name(), AllocError::StaleGroup),
        }
    }
}
