//! The systems of the engine, each with its kernel, its annotated form and its `_std` form in one file.
//!
//! | system | tag | what it shows |
//! |---|---|---|
//! | [`broad_phase`] | `physics/broad_phase` | frame-local vectors, a map and a slice; the result goes to an engine-owned buffer |
//! | [`narrow_phase`] | `physics/narrow_phase` | one system run in parallel on several threads |
//! | [`solve`] | `physics/solve` | a result that lives until `end_frame`: an ambient frame vector |
//! | [`path`] | `ai/path` | large zeroed scratch arrays; a result handed to another thread |
//! | [`visibility`] | `render/visibility` | single objects in the system's own frame, by reference |
//! | [`audio`] | `audio/voices`, `audio/mix` | objects that outlive the frame: the pool, freed on another thread |
//! | [`lod`] | `render/lod` | a cache filled by promotion |

pub mod audio;
pub mod broad_phase;
pub mod lod;
pub mod narrow_phase;
pub mod path;
pub mod solve;
pub mod visibility;
