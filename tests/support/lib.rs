//! Helpers shared by this package's targets.
//!
//! | module | role |
//! |---|---|
//! | [`backend`] | a backend that fails at the nth request |
//! | [`meddler`] | a backend that uses the allocator it serves |
//! | [`cases`] | how much a test does |
//! | [`chaos`] | programs in which everything may happen inside of everything |
//! | [`fixture`] | an allocator with a counting backend and a ring of reports |
//! | [`drops`] | values that count how often they are dropped |
//! | [`layouts`] | types of awkward size and alignment |
//! | [`rng`] | a small deterministic generator |
//! | [`threads`] | threads whose end is waited for, thread-local destructors included |
//! | [`model`] | programs of operations against a naive model |

#![cfg_attr(feature = "nightly", feature(allocator_api))]

pub mod backend;
pub mod cases;
pub mod chaos;
pub mod drops;
pub mod fixture;
pub mod layouts;
pub mod meddler;
pub mod model;
pub mod rng;
pub mod threads;

pub use backend::{FailingBackend, fail_at_each_request};
pub use drops::{Counted, DropCounter};
pub use fixture::Fixture;
pub use meddler::Meddler;
pub use rng::Rng;
pub use threads::{caught, on_thread, panic_text};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../TECHNICAL.md")]
pub struct Technical;

#[cfg(doctest)]
#[doc = include_str!("../../cargo-fa/README.md")]
pub struct LinterReadme;

/// The pages of the diagnostic codes, so that their examples build and run.
#[cfg(doctest)]
pub mod code_pages {
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/BF001.md")]
    pub struct Bf001;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/BF002.md")]
    pub struct Bf002;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/BF003.md")]
    pub struct Bf003;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/BF004.md")]
    pub struct Bf004;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA001.md")]
    pub struct Fa001;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA002.md")]
    pub struct Fa002;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA003.md")]
    pub struct Fa003;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA210.md")]
    pub struct Fa210;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA211.md")]
    pub struct Fa211;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA190.md")]
    pub struct Fa190;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA310.md")]
    pub struct Fa310;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA311.md")]
    pub struct Fa311;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA312.md")]
    pub struct Fa312;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA501.md")]
    pub struct Fa501;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA510.md")]
    pub struct Fa510;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA511.md")]
    pub struct Fa511;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA601.md")]
    pub struct Fa601;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA608.md")]
    pub struct Fa608;
    #[doc = include_str!("../../framealloc/src/diagnostics/codes/FA609.md")]
    pub struct Fa609;
}
