//! The walk over a function's body that finds `#[frame_local]` and `#[retain]`.
//!
//! Every `let` is reached: in blocks, loops, `match` arms, closures. Nested items have a frame of their own or none,
//! so the walk goes through them only to say that an attribute there is misplaced. Whatever carries one of our
//! attributes loses it, so that the compiler does not complain a second time.
//!
//! | module | role |
//! |---|---|
//! | [`rewrite`] | the walk |
//! | [`marker`] | which attributes are ours |
//! | [`plain`] | ordinary initialisers for a body that gets no frame |

pub(crate) mod marker;
mod plain;
mod rewrite;

pub(crate) use rewrite::Rewriter;
