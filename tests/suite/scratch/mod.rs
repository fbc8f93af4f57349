//! Scratch pools, scratch allocators, their scopes, their registry, and who pays for them.

mod payers;
mod pools;
mod scopes;
mod shrinking;
mod threads;
