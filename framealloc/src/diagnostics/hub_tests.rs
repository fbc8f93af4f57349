//! Tests of the hub: sinks that misbehave, rate limit, strict levels.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::listeners::MAX_DEPTH;
use super::*;
use crate::diagnostics::{CallbackSink, FA001, FA310, FA601, RingSink, Severity};
use std::sync::Weak;

fn quiet(strict: Strict) -> (Arc<Diagnostics>, Arc<RingSink>) {
    let hub = Arc::new(Diagnostics::new(strict));
    hub.clear_sinks();
    let ring = Arc::new(RingSink::new(64));
    hub.add_sink(Arc::clone(&ring));
    (hub, ring)
}

fn report(tag: &str) -> Diagnostic {
    Diagnostic::new(&FA310, "x").with_tag(tag)
}

#[test]
fn the_same_report_is_said_once_and_counted() {
    let (hub, ring) = quiet(Strict::Off);
    for tag in ["a", "b", "a", "a"] {
        hub.report(report(tag));
    }
    assert_eq!(ring.take().len(), 2);
    let count = hub.counts()[0];
    assert_eq!((count.code.id, count.reported, count.suppressed), ("FA310", 2, 2));

    hub.set_rate_limit(RateLimit::First(3));
    (0..9).for_each(|_| hub.report(report("a")));
    assert_eq!(ring.take().len(), 2);
    hub.set_rate_limit(RateLimit::Off);
    (0..5).for_each(|_| hub.report(report("a")));
    assert_eq!(ring.take().len(), 5);
    hub.set_rate_limit(RateLimit::Once);
    hub.report(report("a"));
    assert!(ring.take().is_empty());
    hub.reset_counts();
    hub.report(report("a"));
    assert_eq!(ring.take().len(), 1);
}

#[test]
fn the_memory_of_the_rate_limit_is_bounded() {
    let (hub, _ring) = quiet(Strict::Off);
    (0..2 * MOST_SITES).for_each(|n| hub.report(report(&n.to_string())));
    let (count, most) = (hub.counts()[0], MOST_SITES as u64);
    assert_eq!((count.reported, count.suppressed, lock(&hub.seen).sites.len()), (most, most, MOST_SITES));
}

#[test]
fn the_call_site_tells_reports_apart_before_the_tag() {
    #[track_caller]
    fn at_caller(tag: &str) -> Diagnostic {
        report(tag).with_location(Location::caller())
    }
    let (hub, ring) = quiet(Strict::Off);
    for tag in ["a", "b"] {
        hub.report(at_caller(tag));
    }
    hub.report(at_caller("a"));
    assert_eq!(ring.take().len(), 2);
}

#[test]
fn sinks_may_call_back_and_end() {
    let (hub, ring) = quiet(Strict::Off);
    hub.set_rate_limit(RateLimit::Off);
    let weak: Weak<Diagnostics> = Arc::downgrade(&hub);
    hub.add_sink(CallbackSink::new(move |_: &Diagnostic| {
        let hub = weak.upgrade().unwrap();
        let id = hub.add_sink(CallbackSink::new(|_: &Diagnostic| {}));
        assert!(hub.remove_sink(id) && !hub.remove_sink(id));
        hub.report(report("from a sink"));
    }));
    hub.report(report("first"));
    assert_eq!(ring.take().len(), MAX_DEPTH as usize);
    assert_eq!(hub.sink_panics(), 0);
    hub.report(report("second"));
    assert_eq!(ring.take().len(), MAX_DEPTH as usize, "the depth went back to zero");
}

#[test]
fn a_sink_that_panics_harms_nobody() {
    let hub = Diagnostics::new(Strict::Off);
    hub.clear_sinks();
    let bad = hub.add_sink(CallbackSink::new(|_: &Diagnostic| panic!("expected in this test")));
    let ring = Arc::new(RingSink::new(4));
    hub.add_sink(Arc::clone(&ring));
    hub.report(report("a"));
    assert_eq!((ring.take().len(), hub.sink_panics()), (1, 1));
    assert!(hub.remove_sink(bad));
    hub.report(report("b"));
    assert_eq!((ring.take().len(), hub.sink_panics()), (1, 1));
}

/// A sink whose destructor needs the hub.
struct Meddler(Weak<Diagnostics>);

impl Sink for Meddler {
    fn emit(&self, _: &Diagnostic) {}
}

impl Drop for Meddler {
    fn drop(&mut self) {
        if let Some(hub) = self.0.upgrade() {
            hub.report(report("dropped"));
            hub.clear_sinks();
        }
    }
}

#[test]
fn a_sink_is_dropped_without_a_lock_held() {
    let (hub, ring) = quiet(Strict::Off);
    let id = hub.add_sink(Meddler(Arc::downgrade(&hub)));
    assert!(hub.remove_sink(id));
    assert_eq!(ring.take().len(), 1);
}

fn panics(f: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(f)).err()?;
    payload.downcast_ref::<String>().cloned()
}

#[test]
fn strict_panics_with_the_text_after_the_sinks() {
    let (hub, ring) = quiet(Strict::Errors);
    assert!(panics(|| hub.report(Diagnostic::new(&FA001, "a warning"))).is_none());
    let text = panics(|| hub.report(Diagnostic::new(&FA601, "an error"))).unwrap();
    assert!(text.starts_with("error[FA601]: an error\n"), "{text}");
    assert_eq!(ring.take().len(), 2);
    assert!(panics(|| hub.report(Diagnostic::new(&FA601, "an error"))).is_some(), "held back, still strict");
    let note = Diagnostic::new(&FA601, "x").with_severity(Severity::Note);
    assert!(panics(|| hub.report(note)).is_none());
}

#[test]
fn guards_concern_their_thread_and_may_go_in_any_order() {
    let (hub, _ring) = quiet(Strict::Off);
    let first = hub.strict_guard(Strict::Errors);
    let second = hub.strict_guard(Strict::Warnings);
    assert_eq!(hub.strict(), Strict::Warnings);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(hub.strict(), Strict::Off));
    });
    drop(first);
    assert_eq!(hub.strict(), Strict::Warnings);
    drop(second);
    assert_eq!(hub.strict(), Strict::Off);
    core::mem::forget(hub.strict_guard(Strict::Errors));
    assert_eq!(hub.strict(), Strict::Errors);
}

/// Reports in its destructor, as a frame that ends while its thread unwinds does.
struct ReportsOnDrop<'a>(&'a Diagnostics);

impl Drop for ReportsOnDrop<'_> {
    fn drop(&mut self) {
        self.0.report(Diagnostic::new(&FA601, "while unwinding"));
    }
}

#[test]
fn strict_never_panics_twice() {
    let (hub, ring) = quiet(Strict::Warnings);
    let payload = catch_unwind(AssertUnwindSafe(|| {
        let _bomb = ReportsOnDrop(&hub);
        std::panic::panic_any("the first panic");
    }))
    .unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the first panic"));
    assert_eq!(ring.take().len(), 1);
}

#[test]
fn threads_report_at_once() {
    let (hub, ring) = quiet(Strict::Off);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|n| hub.report(report(&format!("tag {}", n % 10)))));
        }
    });
    assert_eq!(ring.take().len(), 10);
    let count = hub.counts()[0];
    assert_eq!(count.reported + count.suppressed, 400);
}
