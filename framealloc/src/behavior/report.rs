//! What was found.

use core::fmt;
use std::sync::Arc;

/// Memory that is used against what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BehaviorIssue {
    /// `BF001` to `BF004`; [`explain`](crate::diagnostics::explain) has the page.
    pub code: &'static str,
    /// What was seen when it was found.
    pub message: String,
    /// Whose memory it is: a tag's path, or `(untagged)`.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::sys::serialize_text"))]
    pub tag: Arc<str>,
    /// What to write instead.
    pub suggestion: &'static str,
    /// The frame in which it was found first.
    pub frame: u64,
    /// How often it was seen.
    pub occurrences: u64,
}

/// What the behaviour filter has found since it was switched on. Displays as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BehaviorReport {
    /// The filter is on.
    pub enabled: bool,
    /// Frames that it has judged.
    pub frames: u64,
    /// The issues, in the order in which they were found.
    pub issues: Vec<BehaviorIssue>,
}

impl fmt::Display for BehaviorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.enabled { "" } else { " (the filter is off)" };
        writeln!(f, "{} issues in {} frames{state}", self.issues.len(), self.frames)?;
        for issue in &self.issues {
            writeln!(
                f,
                "{}: {} [tag {}, first in frame {}, {} times]\n  = help: {}",
                issue.code, issue.message, issue.tag, issue.frame, issue.occurrences, issue.suggestion
            )?;
        }
        Ok(())
    }
}
