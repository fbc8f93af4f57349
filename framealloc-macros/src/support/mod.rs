//! What every macro of this crate needs: errors, arguments, sizes, names and parsed functions.
//!
//! | module | role |
//! |---|---|
//! | [`errors`] | mistakes are collected and shown together, each with a suggestion |
//! | [`args`] | key-value arguments, through darling |
//! | [`size`] | `"8MB"`, integers and constant expressions as bytes |
//! | [`crate_path`] | `crate = path` |
//! | [`item_fn`] | a function with a body, parsed so that a broken body survives |
//! | [`binding`] | the one identifier that a `let` binds |

pub(crate) mod args;
pub(crate) mod binding;
pub(crate) mod crate_path;
pub(crate) mod errors;
pub(crate) mod item_fn;
pub(crate) mod size;
