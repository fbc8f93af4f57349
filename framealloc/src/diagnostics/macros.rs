//! Reports of the program itself.

/// Reports something in the context of this thread: its tag, phase, frame, system and this line are filled in.
///
/// The first argument is the allocator, or a [`Frame`](crate::Frame) of it; then comes a code (one of
/// [`diagnostics`](crate::diagnostics), or one made with [`Code::custom`](crate::diagnostics::Code::custom)), optionally
/// `help = ..` with what to do instead, and the message as for `format!`. What is reported goes the way of all reports:
/// rate limit (by default once per line), sinks, strict mode.
///
/// ```
/// use framealloc::diagnostics::{Code, Severity};
/// use framealloc::{SmartAlloc, fa_diagnostic};
///
/// static COLD_CACHE: Code = Code::custom("ENG001", Severity::Warning, "a cache missed", "");
///
/// let alloc = SmartAlloc::with_defaults();
/// let misses = 3;
/// fa_diagnostic!(alloc, &COLD_CACHE, "{misses} misses");
/// fa_diagnostic!(alloc, &COLD_CACHE, help = "call `warm_up` while loading", "{} misses", misses);
/// assert_eq!(alloc.diagnostics().counts()[0].reported, 2);
/// ```
///
/// # Panics
///
/// In strict mode, when the code's severity asks for it.
#[macro_export]
macro_rules! fa_diagnostic {
    ($source:expr, $code:expr, help = $help:expr, $($message:tt)+) => {
        $crate::__private::report_from(
            &$source,
            $code,
            ::core::format_args!($($message)+),
            ::core::option::Option::Some($help),
        )
    };
    ($source:expr, $code:expr, $($message:tt)+) => {
        $crate::__private::report_from(
            &$source,
            $code,
            ::core::format_args!($($message)+),
            ::core::option::Option::None::<&str>,
        )
    };
}

/// Reports FA510 when a condition does not hold, and goes on; in strict mode it panics. Also in release builds.
///
/// ```
/// use framealloc::{SmartAlloc, fa_assert};
///
/// let alloc = SmartAlloc::with_defaults();
/// let (used, room) = (3, 2);
/// fa_assert!(alloc, used > 0);
/// fa_assert!(alloc, used <= room, "{used} entries in a table of {room}");
/// assert_eq!(alloc.diagnostics().counts()[0].reported, 1);
/// ```
#[macro_export]
macro_rules! fa_assert {
    ($source:expr, $condition:expr $(,)?) => {
        $crate::fa_assert!($source, $condition, "assertion failed: {}", ::core::stringify!($condition))
    };
    ($source:expr, $condition:expr, $($message:tt)+) => {
        if !$condition {
            $crate::fa_diagnostic!($source, &$crate::diagnostics::FA510, $($message)+)
        }
    };
}

/// Reports a note (FA511) in debug builds of framealloc. In release builds nothing is evaluated.
///
/// ```
/// use framealloc::{SmartAlloc, fa_debug};
///
/// let alloc = SmartAlloc::with_defaults();
/// fa_debug!(alloc, "{} bytes of terrain are loaded", 4096);
/// assert_eq!(alloc.diagnostics().counts().len(), usize::from(cfg!(debug_assertions)));
/// ```
#[macro_export]
macro_rules! fa_debug {
    ($source:expr, $($message:tt)+) => {
        if $crate::__private::DEBUG_REPORTS {
            $crate::fa_diagnostic!($source, &$crate::diagnostics::FA511, $($message)+)
        }
    };
}
