//! Groups: destructors, handles, nesting, payers, a model.

mod destructors;
mod handles;
mod model;
mod nested;
mod payers;
