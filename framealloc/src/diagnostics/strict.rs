//! Which reports panic.

use core::fmt;
use core::str::FromStr;

use super::catalogue::Severity;
use crate::error::AllocError;

/// Which reports panic with their text after the sinks have seen them.
///
/// A guard wins over the configuration, and that over the environment variable `FRAMEALLOC_STRICT`. On a thread that
/// exits no report of an allocator panics, because that would abort the process. That cannot be told yet while those
/// thread-locals are destroyed that were first used after the allocator: a report that one of their destructors brings
/// about does panic.
///
/// | value of `FRAMEALLOC_STRICT` | level |
/// |---|---|
/// | unset or empty | [`Off`](Self::Off) |
/// | `off`, `0`, `false` | [`Off`](Self::Off) |
/// | `errors`, `1`, `true` | [`Errors`](Self::Errors) |
/// | `warnings` | [`Warnings`](Self::Warnings) |
///
/// Upper and lower case are the same. Any other value is an error that names the accepted ones.
///
/// ```
/// use framealloc::diagnostics::Strict;
///
/// assert_eq!("errors".parse(), Ok(Strict::Errors));
/// assert!("loud".parse::<Strict>().unwrap_err().to_string().contains("off, errors, warnings"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strict {
    /// Nothing panics.
    #[default]
    Off,
    /// Reports of severity `Error` panic.
    Errors,
    /// Reports of severity `Warning` and `Error` panic.
    Warnings,
}

impl Strict {
    /// The name of the environment variable.
    pub const VARIABLE: &'static str = "FRAMEALLOC_STRICT";

    /// What `FRAMEALLOC_STRICT` asks for; `None` when it is unset or empty.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] when it has any other value than those of the table above.
    pub fn from_env() -> Result<Option<Self>, AllocError> {
        match std::env::var_os(Self::VARIABLE) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => value.to_string_lossy().parse().map(Some),
        }
    }

    /// Whether a report of `severity` panics at this level.
    #[must_use]
    pub fn panics_on(self, severity: Severity) -> bool {
        match self {
            Self::Off => false,
            Self::Errors => severity >= Severity::Error,
            Self::Warnings => severity >= Severity::Warning,
        }
    }
}

impl fmt::Display for Strict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Off => "off",
            Self::Errors => "errors",
            Self::Warnings => "warnings",
        })
    }
}

impl FromStr for Strict {
    type Err = AllocError;

    fn from_str(text: &str) -> Result<Self, AllocError> {
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(text));
        if is(&["off", "0", "false"]) {
            Ok(Self::Off)
        } else if is(&["errors", "1", "true"]) {
            Ok(Self::Errors)
        } else if is(&["warnings"]) {
            Ok(Self::Warnings)
        } else {
            let reason =
                format!("is \"{text}\"; accepted are off, errors, warnings (also 0, 1, false, true)");
            Err(AllocError::config(Self::VARIABLE, reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_include_what_is_graver() {
        let table = [Strict::Off, Strict::Errors, Strict::Warnings]
            .map(|strict| [Severity::Note, Severity::Warning, Severity::Error].map(|s| strict.panics_on(s)));
        assert_eq!(table, [[false; 3], [false, false, true], [false, true, true]]);
    }

    #[test]
    fn every_documented_value_parses() {
        for (level, names) in [
            (Strict::Off, &["off", "0", "false", "OFF"][..]),
            (Strict::Errors, &["errors", "1", "true"]),
            (Strict::Warnings, &["warnings", "Warnings"]),
        ] {
            assert!(names.iter().all(|name| name.parse() == Ok(level)));
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert!("yes".parse::<Strict>().is_err());
    }
}
