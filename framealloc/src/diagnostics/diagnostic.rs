//! One report and how it reads.

use core::fmt;
use core::panic::Location;
use std::sync::Arc;

use super::catalogue::{Code, Severity};

/// One report: a code, a message and the context in which it arose.
///
/// Its `Display` has several lines, in the look of the compiler; [`one_line`](Self::one_line) is for logs.
///
/// ```
/// use framealloc::diagnostics::{Diagnostic, FA601};
///
/// let report = Diagnostic::new(&FA601, "2 handles are alive").with_tag("physics").with_frame(7);
/// assert!(report.to_string().starts_with("error[FA601]: 2 handles are alive\n"));
/// assert!(report.one_line().to_string().contains("tag physics, frame 7"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What kind of report this is.
    pub code: &'static Code,
    /// How grave it is: the code's severity unless set with [`with_severity`](Self::with_severity).
    pub severity: Severity,
    /// What happened: lower case, no full stop, with the numbers.
    pub message: String,
    /// The tag path that was current.
    pub tag: Option<Arc<str>>,
    /// The phase that was current.
    pub phase: Option<Arc<str>>,
    /// The frame number; 0 before the first frame.
    pub frame: u64,
    /// The name of the thread that reported, or its id when it has no name.
    pub thread: String,
    /// The call in the user's code that led to the report.
    pub location: Option<&'static Location<'static>>,
    /// The `#[frame_system]` that was running.
    pub system: Option<&'static str>,
    /// What to write instead.
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// A report of `code` from this thread, without further context. Allocates its texts on the heap.
    #[must_use]
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        let thread = std::thread::current();
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            tag: None,
            phase: None,
            frame: 0,
            thread: thread.name().map_or_else(|| format!("{:?}", thread.id()), str::to_owned),
            location: None,
            system: None,
            suggestion: None,
        }
    }

    /// The same with another severity than the code's.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with the current tag path.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<Arc<str>>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// The same with the current phase.
    #[must_use]
    pub fn with_phase(mut self, phase: impl Into<Arc<str>>) -> Self {
        self.phase = Some(phase.into());
        self
    }

    /// The same with the frame number.
    #[must_use]
    pub fn with_frame(mut self, frame: u64) -> Self {
        self.frame = frame;
        self
    }

    /// The same with the user's call site.
    #[must_use]
    pub fn with_location(mut self, location: &'static Location<'static>) -> Self {
        self.location = Some(location);
        self
    }

    /// The same with the running system.
    #[must_use]
    pub fn with_system(mut self, system: &'static str) -> Self {
        self.system = Some(system);
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn with_suggestion(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// The report on one line, without the advice.
    #[must_use]
    pub fn one_line(&self) -> OneLine<'_> {
        OneLine(self)
    }

    /// Writes `tag physics, phase update, frame 7, thread main, system push`.
    fn write_context(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tag) = &self.tag {
            write!(f, "tag {tag}, ")?;
        }
        if let Some(phase) = &self.phase {
            write!(f, "phase {phase}, ")?;
        }
        write!(f, "frame {}, thread {}", self.frame, self.thread)?;
        if let Some(system) = self.system {
            write!(f, ", system {system}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        if let Some(location) = self.location {
            write!(f, "\n  --> {location}")?;
        }
        write!(f, "\n   = in: ")?;
        self.write_context(f)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "\n   = help: {suggestion}")?;
        }
        write!(f, "\n   = note: `cargo fa explain {}` says more", self.code)
    }
}

/// A report on one line; see [`Diagnostic::one_line`].
#[derive(Clone, Copy, Debug)]
pub struct OneLine<'a>(&'a Diagnostic);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        if let Some(location) = report.location {
            write!(f, "{location}: ")?;
        }
        write!(f, "{}[{}]: {} (", report.severity, report.code, report.message)?;
        report.write_context(f)?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{FA310, FA601};

    #[test]
    fn reads_like_the_compiler() {
        let here = Location::caller();
        let report = Diagnostic::new(&FA601, "2 handles are alive")
            .with_tag("physics/broad")
            .with_phase("update")
            .with_frame(7)
            .with_system("push")
            .with_location(here)
            .with_suggestion("drop them before `end_frame`");
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        assert_eq!(
            report.to_string(),
            format!(
                "error[FA601]: 2 handles are alive\n  --> {here}\n   \
                 = in: tag physics/broad, phase update, frame 7, thread {thread}, system push\n   \
                 = help: drop them before `end_frame`\n   = note: `cargo fa explain FA601` says more"
            )
        );
        let line = report.one_line().to_string();
        assert!(
            line.starts_with(&format!("{here}: error[FA601]: 2 handles")) && !line.contains('\n'),
            "{line}"
        );
    }

    #[test]
    fn context_that_is_missing_leaves_no_trace() {
        let report = Diagnostic::new(&FA310, "x").with_severity(Severity::Note);
        let line = report.one_line().to_string();
        assert!(line.starts_with("note[FA310]: x (frame 0, thread "), "{line}");
    }
}
