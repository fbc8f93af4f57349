//! What concerns a whole process: the environment, the installed allocator, and ends that must not abort.
//!
//! Each test runs one of the cases below in a process of its own: this program again, with the case in its environment.

use std::process::{Command, Output};

use framealloc::diagnostics::Strict;
use framealloc::{AllocConfig, AllocError, RetentionPolicy, SmartAlloc, frame_system};

const CASE: &str = "FRAMEALLOC_CASE";

/// Runs a case in a process of its own, with these variables set.
fn run(case: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(["--exact", "the_case_of_the_environment", "--nocapture", "--test-threads=1"]);
    command.env_remove(Strict::VARIABLE).env(CASE, case).envs(variables.iter().copied());
    command.output().expect("it runs")
}

#[track_caller]
fn succeeds(case: &str, variables: &[(&str, &str)]) -> String {
    let output = run(case, variables);
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{case}: {}\n{text}", output.status);
    text
}

#[test]
fn the_case_of_the_environment() {
    match std::env::var(CASE).as_deref() {
        Err(_) => {}
        Ok("strict exit") => strict_exit(),
        Ok("panicking exit") => panicking_exit(),
        Ok("strict level") => strict_level(),
        Ok("install") => install(),
        Ok("no allocator") => no_allocator(),
        Ok(other) => panic!("no case {other}"),
    }
}

/// Threads that end with handles, checkpoints and frames open, under the strictest level.
fn strict_exit() {
    static ALLOC: std::sync::OnceLock<SmartAlloc> = std::sync::OnceLock::new();
    let strict = AllocConfig::minimal().with_strict(Strict::Warnings);
    let alloc = ALLOC.get_or_init(|| SmartAlloc::new(strict).expect("valid"));
    for begun in [false, true] {
        let thread = std::thread::spawn(move || {
            alloc.diagnostics().add_sink(std::sync::Arc::new(framealloc::diagnostics::RingSink::new(4)));
            if begun {
                alloc.begin_frame();
            } else {
                let _lenient = alloc.diagnostics().strict_guard(Strict::Off);
                drop(alloc.frame_box(0));
            }
            framealloc_tests::model::bury(alloc.frame_box([1_u8; 100]));
            // fa:allow(FA607): the thread ends with it open
            let _checkpoint = alloc.frame_checkpoint();
            alloc.set_tag_budget("t", 8_usize);
            let _tag = alloc.tag_scope("t");
            framealloc_tests::model::bury(alloc.frame_box([1_u8; 100]));
            framealloc_tests::model::bury(_tag);
        });
        assert!(thread.join().is_ok());
    }
}

#[test]
fn a_thread_may_exit_with_anything_open_under_strict_mode() {
    succeeds("strict exit", &[]);
}

/// A retained value whose destructor panics, in a frame that the thread's exit ends.
fn panicking_exit() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a destructor at the thread's exit");
        }
    }
    let alloc = SmartAlloc::new(AllocConfig::minimal()).expect("valid");
    let inner = alloc.clone();
    let thread = std::thread::spawn(move || {
        inner.begin_frame();
        drop(inner.frame_retained(Panics, RetentionPolicy::Discard));
    });
    assert!(thread.join().is_ok());
    assert_eq!(alloc.stats().total.frame.live_bytes, 0);
}

#[test]
fn a_panicking_destructor_at_a_threads_exit_does_not_abort() {
    let text = succeeds("panicking exit", &[]);
    assert!(text.contains("a destructor at the thread's exit"), "it is heard: {text}");
}

/// Says which level holds: `default` of the environment, `configured` with one in the configuration.
fn strict_level() {
    let default = match SmartAlloc::new(AllocConfig::default()) {
        Ok(alloc) => alloc.diagnostics().strict().to_string(),
        Err(AllocError::InvalidConfig { field, reason }) => format!("invalid {field} {reason}"),
        Err(other) => panic!("{other}"),
    };
    let config = AllocConfig::default().with_strict(Strict::Warnings);
    let configured = SmartAlloc::new(config).expect("the configuration decides").diagnostics().strict();
    println!("level: {default}, {configured}");
    if std::env::var(Strict::VARIABLE).is_ok_and(|value| value == "loud") {
        assert!(std::panic::catch_unwind(SmartAlloc::with_defaults).is_err());
    }
}

#[test]
fn the_environment_sets_the_strict_level() {
    for (value, expected) in [
        ("", "off, warnings"),
        ("off", "off, warnings"),
        ("errors", "errors, warnings"),
        ("1", "errors, warnings"),
        ("WARNINGS", "warnings, warnings"),
        ("loud", "invalid FRAMEALLOC_STRICT is \"loud\"; accepted are off, errors, warnings"),
    ] {
        let text = succeeds("strict level", &[(Strict::VARIABLE, value)]);
        assert!(text.contains(&format!("level: {expected}")), "{value}: {text}");
    }
}

#[frame_system(tag = "process/current")]
fn current_system() -> usize {
    #[frame_local]
    let mut list: Vec<u32>;
    list.extend(0..10);
    list.len()
}

/// One allocator is every thread's that entered none.
fn install() {
    let (first, second) = (SmartAlloc::with_defaults(), SmartAlloc::with_defaults());
    first.install().expect("the first one is installed");
    assert!(matches!(second.install(), Err(AllocError::Unsupported { .. })));
    let same = |alloc: &SmartAlloc| format!("{:?}", SmartAlloc::current()) == format!("{:?}", Some(alloc));
    assert!(same(&first));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(same(&first));
            assert_eq!(current_system(), 10);
            let _entered = second.enter();
            assert!(same(&second));
            assert_eq!(current_system(), 10);
        });
    });
    for alloc in [&first, &second] {
        let stats = alloc.tag_stats("process/current").expect("it ran here");
        assert_eq!((stats.frame.live_bytes, stats.frame.allocations > 0), (0, true));
        let report = alloc.intent_report();
        assert_eq!(report.system("current_system").map(|system| system.runs), Some(1));
    }
}

#[test]
fn one_allocator_may_be_installed() {
    succeeds("install", &[]);
}

/// A system without an allocator says what to do.
fn no_allocator() {
    assert!(SmartAlloc::current().is_none());
    let payload = std::panic::catch_unwind(current_system).expect_err("there is none");
    let text = payload.downcast_ref::<String>().expect("a text");
    assert!(
        text.contains("current_system") && text.contains("alloc.enter()") && text.contains("install"),
        "{text}"
    );
}

#[test]
fn a_system_without_an_allocator_teaches() {
    succeeds("no allocator", &[]);
}
