//! Frame memory with declared intent.
