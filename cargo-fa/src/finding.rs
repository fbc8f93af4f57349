//! What a lint reports.

use serde::{Deserialize, Serialize};

use crate::lints::Lint;
use crate::source::Span;

/// What happens to the findings of a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// They are dropped.
    Allow,
    /// They are shown.
    Warn,
    /// They are shown as errors.
    Deny,
}

impl Level {
    pub(crate) const NAMES: [(&str, Self); 3] =
        [("allow", Self::Allow), ("warn", Self::Warn), ("deny", Self::Deny)];

    /// As the configuration spells it.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// How sure the linter is that the code means what the finding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    /// Worth a look; shown on request only.
    Low,
    /// Types were followed, but a step was inferred.
    Medium,
    /// Every step is in the source.
    High,
}

impl Confidence {
    pub(crate) const NAMES: [(&str, Self); 3] =
        [("low", Self::Low), ("medium", Self::Medium), ("high", Self::High)];

    /// As the configuration spells it.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// A place that explains a finding, with what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) span: Span,
    pub(crate) text: String,
}

/// One replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) span: Span,
    pub(crate) replacement: String,
}

/// A change that removes the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fix {
    /// What it does, as an instruction: `allocate all of them as one frame slice`.
    pub(crate) title: String,
    pub(crate) edits: Vec<Edit>,
    /// Whether the meaning is kept for certain, so that `--fix` may apply it.
    pub(crate) machine_applicable: bool,
}

/// One mistake at one place.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) lint: &'static Lint,
    pub(crate) level: Level,
    pub(crate) confidence: Confidence,
    /// Lower case, without a stop at its end.
    pub(crate) message: String,
    /// The user's expression at fault.
    pub(crate) primary: Label,
    pub(crate) secondary: Vec<Label>,
    /// Facts that explain.
    pub(crate) notes: Vec<String>,
    /// What to write instead.
    pub(crate) helps: Vec<String>,
    pub(crate) fix: Option<Fix>,
    /// Module path and item in which it lies, as in `game::physics::step`; part of its fingerprint.
    pub(crate) item: String,
}

impl Finding {
    /// A finding at the lint's own level and high confidence.
    pub(crate) fn new(lint: &'static Lint, span: Span, message: impl Into<String>) -> Self {
        Self {
            lint,
            level: lint.level,
            confidence: Confidence::High,
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
            fix: None,
            item: String::new(),
        }
    }

    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    pub(crate) fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }

    pub(crate) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    pub(crate) fn item(mut self, path: &str) -> Self {
        path.clone_into(&mut self.item);
        self
    }

    pub(crate) fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }
}
