//! Why the program ends early: always one line, and an exit code.

use std::fmt;

/// The error of every fallible function of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The arguments, the level, a budget or the output file cannot be used: exit code 2.
    Input(String),
    /// Something the program claims about itself did not hold: exit code 1.
    Proof(String),
    /// A panic that is nobody's fault but the program's: exit code 1.
    Fault(String),
}

impl Failure {
    pub fn input(text: impl Into<String>) -> Self {
        Self::Input(one_line(text.into()))
    }

    pub fn proof(text: impl Into<String>) -> Self {
        Self::Proof(one_line(text.into()))
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Proof(_) | Self::Fault(_) => 1,
        }
    }
}

fn one_line(text: String) -> String {
    if text.contains(['\n', '\r']) { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(text) => write!(f, "error: {text}"),
            Self::Proof(text) => write!(f, "error: a proof failed: {text}"),
            Self::Fault(text) => write!(f, "error: a thread panicked: {text}"),
        }
    }
}

impl std::error::Error for Failure {}
