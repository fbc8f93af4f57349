//! Open guards, and the context they lead back to.

use framealloc::{PhaseGuard, TagGuard};

/// Tags and phases of the programs.
pub(super) const TAGS: [&str; 3] = ["a", "b", "c"];
pub(super) const PHASES: [&str; 2] = ["p", "q"];

pub(super) enum Guard {
    Tag(#[expect(dead_code, reason = "its drop is what counts")] TagGuard<'static>),
    Phase(#[expect(dead_code, reason = "its drop is what counts")] PhaseGuard<'static>),
}

/// What the model knows of a thread's context in one allocator.
#[derive(Default)]
pub(super) struct Context {
    pub(super) tag: String,
    pub(super) phase: String,
    /// Guards that are open: number, and the tag and the phase they go back to.
    open: Vec<(u64, String, String)>,
}

impl Context {
    pub(super) fn enter(&mut self, guard: u64, tag: Option<&str>, phase: Option<&str>) {
        self.open.push((guard, self.tag.clone(), self.phase.clone()));
        if let Some(name) = tag {
            self.tag = if self.tag.is_empty() { name.to_owned() } else { format!("{}/{name}", self.tag) };
        }
        if let Some(name) = phase {
            self.phase = name.to_owned();
        }
    }

    /// The guard is dropped: it closes itself and what lies above, if it is open.
    pub(super) fn close(&mut self, guard: u64) {
        if let Some(at) = self.open.iter().position(|(open, ..)| *open == guard) {
            let (_, tag, phase) = self.open.swap_remove(at);
            self.open.truncate(at);
            (self.tag, self.phase) = (tag, phase);
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    pub(super) fn tag_path(&self) -> &str {
        if self.tag.is_empty() { "(untagged)" } else { &self.tag }
    }
}
