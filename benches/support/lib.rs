//! The work every benchmark of this package does, written once: a contender implements a small trait and the same
//! generic loop runs over it, so that no contender is measured with other code than its neighbours.
//!
//! | module | role |
//! |---|---|
//! | [`arena`] | rounds of scoped allocation: the bump pointer in a struct, bumpalo, bump-scope, malloc and its kin |
//! | [`frames`] | framealloc as an [`arena::Contender`] |
//! | [`objects`] | one object at a time, freed in any order: free list, malloc and its kin, framealloc's pool and heap |
//! | [`work`] | the loops |
//! | [`callgrind`] | the client request that cuts the instruction count into sections |
//! | [`ratio`] | interleaved timing, ratios per round |
//! | [`resident`] | resident memory of this process |
//! | [`systems`] | functions with declared intent |

pub mod arena;
pub mod callgrind;
pub mod frames;
pub mod objects;
pub mod ratio;
pub mod resident;
pub mod systems;
pub mod work;
