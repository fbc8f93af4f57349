//! Phases: flat names of the parts of a frame, interned so that the context holds a number.
//!
//! | type | role |
//! |---|---|
//! | [`PhaseId`] | the number of a phase within one allocator |
//! | [`PhaseTable`] | names to numbers and back |
//!
//! # Choosing
//!
//! A phase says *when* in the frame something happens and is never nested in reports; a [tag](crate::tag) says *whose*
//! memory it is and nests. A name with `/` in it is one flat phase.

#![forbid(unsafe_code)]

use core::fmt;
use std::sync::Arc;

use crate::error::AllocError;
use crate::sys::intern::Names;

/// The number of a phase within its allocator. Numbers are dense and never reused, so they index arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PhaseId(pub(crate) u16);

impl PhaseId {
    /// No phase is open.
    pub(crate) const NONE: Self = Self(0);

    /// The number as an index.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The phases of one allocator.
pub(crate) struct PhaseTable {
    names: Names,
}

impl PhaseTable {
    /// The name under which what happens outside of any phase is listed.
    pub(crate) const NONE_NAME: &'static str = "(no phase)";

    /// The most phases that one allocator can have, [`PhaseId::NONE`] not counted.
    pub(crate) const MOST: u32 = u16::MAX as u32;

    /// A table with [`PhaseId::NONE`] only.
    pub(crate) fn new() -> Self {
        Self { names: Names::new(Self::NONE_NAME, Self::MOST) }
    }

    /// The phase called `name`, which is added when it is new.
    ///
    /// # Errors
    ///
    /// `InvalidConfig` for an empty name, `Unsupported` when there are [`MOST`](Self::MOST) phases.
    pub(crate) fn intern(&self, name: &str) -> Result<PhaseId, AllocError> {
        if name.is_empty() {
            return Err(AllocError::config("phase", "is an empty name"));
        }
        let id = self.names.intern(name).and_then(|id| u16::try_from(id).ok());
        id.map(PhaseId).ok_or(AllocError::Unsupported { what: "more than 65535 phases in one allocator" })
    }

    /// The phase called `name`, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<PhaseId> {
        self.names.find(name).and_then(|id| u16::try_from(id).ok()).map(PhaseId)
    }

    /// The name of a phase of this table; [`NONE_NAME`](Self::NONE_NAME) for [`PhaseId::NONE`] and for an id of another
    /// table.
    pub(crate) fn name(&self, id: PhaseId) -> Arc<str> {
        self.names.get(u32::from(id.0)).unwrap_or_else(|| Self::NONE_NAME.into())
    }

    /// How many phases there are, [`PhaseId::NONE`] included: the length of an array with one entry per phase.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The phases there are now, [`PhaseId::NONE`] first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PhaseId, Arc<str>)> + '_ {
        (0..=u16::MAX).take(self.len()).map(|id| (PhaseId(id), self.name(PhaseId(id))))
    }
}

impl fmt::Debug for PhaseTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(_, name)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_flat_and_dense() {
        let table = PhaseTable::new();
        let update = table.intern("update").unwrap();
        assert_eq!((update, table.intern("a/b").unwrap()), (PhaseId(1), PhaseId(2)));
        assert_eq!(
            (table.intern("update").unwrap(), table.find("a/b"), table.find("b")),
            (update, Some(PhaseId(2)), None)
        );
        let names: Vec<_> = table.iter().map(|(id, name)| (id.index(), name.to_string())).collect();
        assert_eq!(names, [(0, "(no phase)".into()), (1, "update".into()), (2, "a/b".into())]);
        assert!(matches!(table.intern(""), Err(AllocError::InvalidConfig { field: "phase", .. })));
        assert_eq!(&*table.name(PhaseId(9)), "(no phase)");
    }

    #[test]
    fn a_full_table_says_so() {
        let table = PhaseTable::new();
        for n in 0..PhaseTable::MOST {
            table.intern(&n.to_string()).unwrap();
        }
        assert!(matches!(table.intern("one more"), Err(AllocError::Unsupported { .. })));
        assert_eq!((table.intern("65534").unwrap(), table.iter().count()), (PhaseId(u16::MAX), 65536));
    }
}
