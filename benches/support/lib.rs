//! Helpers shared by this package's targets.
