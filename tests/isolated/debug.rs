//! The feature `debug`: what the tools report about misuse, and what is alive when an allocator ends.
//!
//! A misuse runs in a process of its own: this program again, with the case in its environment, under valgrind or, where
//! it is built with it, AddressSanitizer.

use std::hint::black_box;
use std::process::{Command, Output};
use std::rc::Rc;

use framealloc::diagnostics::{FA190, Strict};
use framealloc::{AllocConfig, ObjectKind, SmartAlloc};
use framealloc_tests::{Fixture, caught, on_thread};

const CASE: &str = "FRAMEALLOC_CASE";

/// Reads a byte through an address that is not valid any more.
fn read(stale: *const u8) {
    // SAFETY: none, on purpose: this is the mistake that a tool must see. The page is mapped.
    println!("read {:#x}", unsafe { stale.read_volatile() });
}

type Misuse = fn(&SmartAlloc);

/// The misuses: each reads memory that its frame, pool or container has taken back, or that was never handed out.
const CASES: [(&str, Misuse); 8] = [
    ("scoped frame", |alloc| {
        let frame = alloc.frame();
        let stale: *const [u8; 100] = frame.alloc([7_u8; 100]);
        drop(frame);
        read(stale.cast());
    }),
    ("older chunk of a frame", |alloc| {
        let frame = alloc.frame();
        let stale: *const [u8; 100] = frame.alloc([7_u8; 100]);
        frame.slice_from_fn(100_000, |n| n);
        drop(frame);
        read(stale.cast());
    }),
    ("ambient frame", |alloc| {
        alloc.begin_frame();
        let stale = std::ptr::from_ref(&*alloc.frame_box([7_u8; 100]));
        alloc.end_frame();
        read(stale.cast());
    }),
    ("rollback", |alloc| {
        alloc.begin_frame();
        let checkpoint = alloc.frame_checkpoint();
        let stale = std::ptr::from_ref(&*alloc.frame_box([7_u8; 100]));
        alloc.rollback_to(&checkpoint).expect("no handle is alive");
        read(stale.cast());
    }),
    ("storage of a vector that grew", |alloc| {
        let frame = alloc.frame();
        let mut vec = frame.vec();
        vec.push(1_u64);
        let stale = vec.as_ptr();
        frame.alloc(2_u64);
        vec.extend(0..100);
        read(stale.cast());
    }),
    ("past the last allocation", |alloc| {
        let frame = alloc.frame();
        let last: *const u64 = frame.alloc(1_u64);
        read(last.wrapping_add(1).cast());
    }),
    ("pool object", |alloc| {
        let object = alloc.pool_box([7_u8; 100]);
        let stale: *const [u8; 100] = &raw const *object;
        drop(object);
        read(stale.cast::<u8>().wrapping_add(50));
    }),
    ("scratch", |alloc| {
        let pool = alloc.scratch_pool("s");
        let stale = std::ptr::from_ref(&*pool.boxed([7_u8; 100]).expect("there is room"));
        pool.reset().expect("no box is alive");
        read(stale.cast());
    }),
];

/// The same work without the mistake.
const CORRECT: &str = "correct";

fn correct(alloc: &SmartAlloc) {
    for round in 0..3_u64 {
        alloc.begin_frame();
        let frame = alloc.frame();
        let mut vec = frame.vec();
        vec.extend(0..5000_u64);
        vec.truncate(3);
        vec.shrink_to_fit();
        vec.extend(0..10);
        let ambient = alloc.frame_box([round; 10]);
        let object = alloc.pool_box([round; 10]);
        assert_eq!((vec.len(), ambient[9], object[9]), (13, round, round));
        drop((vec, ambient));
        alloc.end_frame();
    }
}

#[test]
fn the_case_of_the_environment() {
    let Ok(case) = std::env::var(CASE) else { return };
    let alloc = SmartAlloc::new(AllocConfig::minimal()).expect("valid");
    match CASES.iter().find(|(name, _)| *name == case) {
        Some((_, misuse)) => misuse(&alloc),
        None => correct(&alloc),
    }
}

/// Runs a case by way of `tool`.
fn run(tool: &mut Command, case: &str) -> (Output, String) {
    let program = std::env::current_exe().expect("this program has a path");
    tool.arg(program).args(["--exact", "the_case_of_the_environment", "--nocapture", "--test-threads=1"]);
    let output = tool.env(CASE, case).output().expect("it runs");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, text)
}

/// Whether this program is built with AddressSanitizer: its functions are in it.
fn built_with_asan() -> bool {
    let program = std::fs::read(std::env::current_exe().expect("it has a path")).expect("it can be read");
    // Backwards, so that the name is not found in this very text.
    let name = b"1daol_troper_nasa__";
    program.windows(name.len()).any(|window| window.iter().rev().eq(name))
}

#[test]
fn valgrind_reports_misuse() {
    let valgrind = || {
        let mut command = Command::new("valgrind");
        command.args(["--quiet", "--error-exitcode=9", "--leak-check=no"]);
        command
    };
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) || built_with_asan() {
        return println!("skipped: valgrind's requests are for x86-64 Linux without AddressSanitizer");
    }
    if !valgrind().arg("true").output().is_ok_and(|output| output.status.success()) {
        return println!("skipped: valgrind is missing: apt-get install valgrind");
    }
    for (case, _) in CASES {
        let (output, text) = run(&mut valgrind(), case);
        assert_eq!(output.status.code(), Some(9), "{case}: {text}");
        assert!(text.contains("Invalid read of size 1"), "{case}: {text}");
    }
    let (output, text) = run(&mut valgrind(), CORRECT);
    assert!(output.status.success(), "{text}");
}

#[test]
fn address_sanitizer_reports_misuse() {
    if !built_with_asan() {
        return println!(
            "skipped: not built with AddressSanitizer, which `cargo xtask test --only asan` does"
        );
    }
    for (case, _) in CASES {
        let (output, text) = run(&mut Command::new("env"), case);
        assert!(!output.status.success() && text.contains("use-after-poison"), "{case}: {text}");
    }
    let (output, text) = run(&mut Command::new("env"), CORRECT);
    assert!(output.status.success(), "{text}");
}

#[test]
fn what_is_alive_when_the_last_handle_drops_is_reported() {
    let Fixture { alloc, ring, .. } = Fixture::new(AllocConfig::default().with_backtraces(true));
    let tagged = framealloc::TaggedAllocator::new(&alloc, "ai");
    alloc.begin_frame();
    let pooled = alloc.with_tag("ai", |alloc| black_box(alloc.pool_box([0_u8; 60])));
    let large = alloc.pool_box([0_u8; 40_000]);
    let heaped = alloc.with_tag("level", |alloc| alloc.heap_box([0_u8; 100]));
    drop((alloc.pool_box(1), alloc.heap_box(2), on_thread(|| alloc.pool_box(3))));
    alloc.end_frame();

    let report = alloc.leak_report();
    let expected = "1 pool object of 40000 bytes under (untagged), 1 pool object of 64 bytes under ai, \
                    1 heap object of 100 bytes under level";
    assert_eq!(report.summary(), expected);
    let kinds: Vec<ObjectKind> = report.objects.iter().map(|object| object.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == ObjectKind::Heap).count(), 1);
    assert!(report.objects.iter().all(|object| object.frame == 1));
    let traced = report.to_string();
    assert!(traced.contains("what_is_alive_when_the_last_handle_drops_is_reported"), "{traced}");

    drop(alloc);
    assert!(ring.recent().is_empty(), "a handle is left");
    drop(tagged);
    let report = &ring.recent()[0];
    assert_eq!((report.code.id, report.message.clone()), ("FA190", format!("still alive: {expected}")));
    let help = report.suggestion.as_deref().expect("it says where");
    assert!(help.contains("what_is_alive_when_the_last_handle_drops_is_reported"), "{help}");
    drop((pooled, large, heaped));
}

// fa:allow(FA601): what becomes of a handle that outlives its frame is what this shows
#[test]
fn handles_of_frames_are_reported_by_their_bytes() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    let kept = alloc.with_tag("ui", |_| alloc.frame_box([0_u8; 100]));
    alloc.end_frame();
    assert_eq!(alloc.leak_report().summary(), "104 frame bytes under ui");
    drop(kept);
    assert!(alloc.leak_report().is_empty());
}

#[test]
fn an_allocator_that_got_everything_back_says_nothing() {
    let Fixture { alloc, ring, backend } = Fixture::strict(Strict::Warnings);
    let boxes: Vec<_> = (0..1000_u64).map(|n| (alloc.pool_box(n), alloc.heap_box(n))).collect();
    on_thread(|| drop(boxes));
    let other = alloc.clone();
    on_thread(move || drop((other.frame().boxed(1), other)));
    drop(alloc);
    assert!(ring.recent().is_empty(), "{:?}", ring.recent());
    drop(backend);
}

/// A report in a destructor tells and does not panic, whatever the strict level, also while a thread ends.
#[test]
fn a_leak_does_not_panic_in_strict_mode() {
    let Fixture { alloc, ring, .. } = Fixture::strict(Strict::Warnings);
    let kept = alloc.pool_box(1);
    assert_eq!(
        caught(move || {
            let _alloc = alloc;
            panic!("the program's own");
        }),
        "the program's own"
    );
    assert_eq!(ring.recent()[0].code.id, FA190.id);
    drop(kept);

    thread_local! {
        static LATE: std::cell::RefCell<Option<Rc<SmartAlloc>>> = const { std::cell::RefCell::new(None) };
    }
    let Fixture { alloc, ring, .. } = Fixture::strict(Strict::Warnings);
    let kept = std::thread::spawn(move || {
        let kept = alloc.pool_box(1);
        LATE.with_borrow_mut(|late| *late = Some(Rc::new(alloc)));
        kept
    });
    let kept = kept.join().expect("the thread ends without a panic");
    assert_eq!(ring.recent()[0].code.id, FA190.id);
    drop(kept);
}
