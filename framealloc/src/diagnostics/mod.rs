//! What the runtime has to say: one catalogue of codes, one shape of message, and sinks that receive it.
//!
//! ```text
//!   budget, frame, guard ...          Diagnostics (one per allocator)                 sinks
//!   Diagnostic::new(&FA601, "..") --> rate limit --> strict level? --> deliver --> stderr, ring, callback
//!                                     counts what it held back         no lock held
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`Code`] | one entry of the catalogue: id, title, usual severity, page |
//! | [`Diagnostic`] | one report: a code, a message and the context it arose in |
//! | [`Sink`] | receives reports: [`StderrSink`], [`RingSink`], [`CallbackSink`] or your own |
//! | [`Diagnostics`] | the hub: sinks, rate limit, strict level, counts |
//! | [`Strict`] | which severities panic: by configuration, `FRAMEALLOC_STRICT` or a [`StrictGuard`] |
//!
//! # Invariants
//!
//! - **D1** A code means one thing everywhere: in the runtime, in the macros' messages and in the linter.
//! - **D2** Sinks are foreign code. They are called, and dropped, with no lock held; they may report, add and remove
//!   sinks and allocate. A sink that panics is counted, and the others still receive the report.
//! - **D3** Strict mode never panics on a thread that is already panicking.
//!
//! # Example
//!
//! ```
//! use framealloc::diagnostics::{Diagnostic, Diagnostics, RingSink, Strict, FA001};
//! use std::sync::Arc;
//!
//! let hub = Diagnostics::new(Strict::Off);
//! hub.clear_sinks();
//! let ring = Arc::new(RingSink::new(16));
//! hub.add_sink(Arc::clone(&ring));
//!
//! hub.report(Diagnostic::new(&FA001, "frame_box outside a frame").with_tag("physics"));
//! hub.report(Diagnostic::new(&FA001, "frame_box outside a frame").with_tag("physics"));
//!
//! assert_eq!(ring.recent().len(), 1); // the same code and tag: said once, then counted
//! assert_eq!(hub.counts()[0].suppressed, 1);
//! ```

#![forbid(unsafe_code)]

mod catalogue;
mod diagnostic;
mod hub;
mod sink;
mod strict;

pub use catalogue::{
    BF004, CODES, Code, FA001, FA002, FA003, FA190, FA210, FA211, FA310, FA311, FA312, FA501, FA601, FA608,
    FA609, Severity, explain,
};
pub use diagnostic::{Diagnostic, OneLine};
pub use hub::{CodeCount, Diagnostics, RateLimit, StrictGuard};
pub use sink::{CallbackSink, RingSink, Sink, SinkId, StderrSink};
pub use strict::Strict;
