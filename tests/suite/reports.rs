//! What a program reports itself: the macros, their context, rate limit, strict mode, and the sinks.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use framealloc::diagnostics::{
    CallbackSink, Code, Diagnostic, FA510, FA511, LogSink, RateLimit, Severity, Strict,
};
use framealloc::{AllocConfig, SmartAlloc, fa_assert, fa_debug, fa_diagnostic, frame_system};
use framealloc_tests::{Fixture, caught, on_thread};

static OWN: Code = Code::custom("GAME1", Severity::Warning, "a thing of the game", "Its page.");

#[frame_system(tag = "ai/plan", phase = "think", frame = frame)]
fn plan(_alloc: &SmartAlloc, steps: usize) -> u32 {
    fa_assert!(frame, steps < 8, "{steps} steps in one plan");
    line!()
}

#[test]
fn reports_carry_the_context_of_the_thread() {
    let fixture = Fixture::small();
    let line = std::thread::scope(|scope| {
        let work = || {
            fixture.alloc.begin_frame();
            let line = plan(&fixture.alloc, 9);
            plan(&fixture.alloc, 3);
            fixture.alloc.end_frame();
            line
        };
        std::thread::Builder::new().name("worker 1".into()).spawn_scoped(scope, work).unwrap().join().unwrap()
    });
    let reports = fixture.reports(&FA510);
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((report.message.as_str(), report.severity), ("9 steps in one plan", Severity::Error));
    assert_eq!((report.tag.as_deref(), report.phase.as_deref()), (Some("ai/plan"), Some("think")));
    assert_eq!((report.frame, report.thread.as_str(), report.system), (1, "worker 1", Some("plan")));
    let location = report.location.unwrap();
    assert_eq!((location.file(), location.line()), (file!(), line - 1), "the line of the macro call");
}

#[test]
fn what_a_report_says_itself_stays() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let _tag = alloc.tag_scope("here");
    alloc.report(Diagnostic::new(&OWN, "a").with_tag("there").with_phase("then").with_system("it"));
    alloc.report(Diagnostic::new(&OWN, "b"));
    let reports = fixture.reports(&OWN);
    let of = |n: usize| (reports[n].tag.as_deref(), reports[n].phase.as_deref(), reports[n].system);
    assert_eq!(of(0), (Some("there"), Some("then"), Some("it")));
    assert_eq!(of(1), (Some("here"), None, None));
    assert_eq!(reports[1].location.unwrap().file(), file!());
}

#[test]
fn messages_are_formatted_once_and_help_is_kept() {
    let fixture = Fixture::small().unlimited();
    let (alloc, calls) = (&fixture.alloc, Cell::new(0));
    let count = || {
        calls.set(calls.get() + 1);
        calls.get()
    };
    fa_diagnostic!(alloc, &OWN, "call {}", count());
    fa_diagnostic!(alloc, &OWN, help = format!("do {}", count()), "call {n}", n = count());
    fa_assert!(alloc, count() > 0);
    fa_assert!(alloc, count() < 0);
    let texts: Vec<_> = fixture.ring.recent().into_iter().map(|r| (r.message, r.suggestion)).collect();
    assert_eq!(calls.get(), 5);
    assert_eq!(texts[0], ("call 1".to_owned(), None));
    assert_eq!((texts[1].0.starts_with("call "), texts[1].1.is_some()), (true, true));
    assert_eq!(texts[2].0, "assertion failed: count() < 0");
}

#[test]
fn debugging_notes_are_of_debug_builds_only() {
    let fixture = Fixture::strict(Strict::Warnings);
    let evaluated = Cell::new(false);
    let note = || evaluated.replace(true);
    fa_debug!(fixture.alloc, "{}", note());
    assert_eq!(
        (evaluated.get(), fixture.reports(&FA511).len()),
        (cfg!(debug_assertions), usize::from(cfg!(debug_assertions)))
    );
}

#[test]
fn a_line_is_told_once_and_counted_always() {
    let fixture = Fixture::small();
    for n in 0..100 {
        fa_diagnostic!(fixture.alloc, &OWN, "number {n}");
    }
    fa_diagnostic!(fixture.alloc, &OWN, "another line");
    assert_eq!(fixture.codes(), ["GAME1", "GAME1"]);
    let count = fixture.alloc.diagnostics().counts()[0];
    assert_eq!((count.reported, count.suppressed), (2, 99));
}

#[test]
fn assertions_panic_where_strict_mode_says() {
    let fixture = Fixture::strict(Strict::Off);
    let alloc = &fixture.alloc;
    fa_assert!(alloc, false, "lenient");
    let text = {
        let _guard = alloc.diagnostics().strict_guard(Strict::Errors);
        fa_diagnostic!(alloc, &OWN, "a warning only");
        caught(|| fa_assert!(alloc, false, "strict"))
    };
    assert!(text.contains("FA510") && text.contains("strict"), "{text}");
    fa_assert!(alloc, false, "lenient again");
}

#[test]
fn a_sink_may_report_and_ends() {
    let fixture = Fixture::small().unlimited();
    let weak = Arc::new(Mutex::new(None::<SmartAlloc>));
    let inner = Arc::clone(&weak);
    fixture.alloc.diagnostics().add_sink(CallbackSink::new(move |report: &Diagnostic| {
        let alloc = inner.lock().unwrap().clone();
        if let Some(alloc) = alloc {
            fa_diagnostic!(alloc, &OWN, "about: {}", report.message);
        }
    }));
    *weak.lock().unwrap() = Some(fixture.alloc.clone());
    on_thread(|| fa_diagnostic!(fixture.alloc, &OWN, "first"));
    assert_eq!(fixture.ring.recent().len(), 3, "as deep as reports may nest");
    let count = fixture.alloc.diagnostics().counts()[0];
    assert_eq!((count.reported, count.suppressed), (3, 1));
    *weak.lock().unwrap() = None;
    fixture.assert_all_freed();
}

#[test]
fn the_log_crate_receives_reports() {
    #[derive(Default)]
    struct Keep(Mutex<Vec<String>>);
    impl log::Log for Keep {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            self.0.lock().unwrap().push(format!("{} {} {}", record.level(), record.target(), record.args()));
        }
        fn flush(&self) {}
    }
    static KEEP: Keep = Keep(Mutex::new(Vec::new()));
    log::set_logger(&KEEP).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let alloc = SmartAlloc::new(AllocConfig::default().with_strict(Strict::Off).with_sink(LogSink)).unwrap();
    fa_assert!(alloc, false, "an error");
    fa_diagnostic!(alloc, &OWN, "a warning");
    alloc.report(Diagnostic::new(&OWN, "a note").with_severity(Severity::Note));
    let lines = KEEP.0.lock().unwrap();
    for (line, (level, text)) in
        lines.iter().zip([("ERROR", "error[FA510]: an error ("), ("WARN", "a warning"), ("INFO", "a note")])
    {
        assert!(line.starts_with(&format!("{level} framealloc ")) && line.contains(text), "{line}");
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn limits_may_be_lifted_and_set_again() {
    let fixture = Fixture::small();
    let report = || fa_diagnostic!(fixture.alloc, &OWN, "x");
    fixture.alloc.diagnostics().set_rate_limit(RateLimit::First(2));
    (0..5).for_each(|_| report());
    assert_eq!(fixture.codes().len(), 2);
}
