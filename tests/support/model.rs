//! Programs of operations against a naive model.
