//! Lints every source of cargo's registry: nothing may panic or hang, nothing that is not framealloc's may be blamed, and
//! the time is set against that of reading and of parsing. `cargo xtask lint-corpus` runs it on one core.
//!
//! Three kinds of files are set against a bare parse of the same texts, in the same process and with the same allocator:
//! those of the registry, with the search for framealloc left out; some of them with an import of all of framealloc; and
//! the project's own examples and tests, of which nearly all functions use it.

use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use cargo_fa::corpus::{Crates, parse};

/// As many bytes of source are in memory at once.
const BATCH: u64 = 24 << 20;
/// A batch that takes longer hangs.
const HANGS: Duration = Duration::from_secs(300);
/// Million lines per second and core, where nothing uses framealloc.
const TARGET_SKIPPED: f64 = 12.0;
/// Times the time of parsing.
const TARGET_LINTED: f64 = 1.25;
/// How many times the smaller sets are gone through.
const RUNS: usize = 5;
/// What uses framealloc throughout.
const OWN: [&str; 3] = ["../examples", "../tests", "tests/seeded"];
/// Bytes of stack, as the linter's own threads have.
const STACK: usize = 64 << 20;

static PANICS: AtomicUsize = AtomicUsize::new(0);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [registry, every, injected] = &arguments[..] else {
        eprintln!(
            "usage: corpus REGISTRY EVERY INJECTED: each EVERY-th crate, and INJECTED files with an import"
        );
        return ExitCode::from(2);
    };
    let number = |text: &String| text.parse::<usize>().expect("a number").max(1);
    panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        eprintln!("{panic}");
    }));
    let folders = crates_of(Path::new(registry), number(every));
    let good = run(&folders, number(injected));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The folders of crates, which lie two levels below.
fn crates_of(registry: &Path, every: usize) -> Vec<PathBuf> {
    let inside = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let mut folders: Vec<PathBuf> = inside(registry).iter().flat_map(|index| inside(index)).collect();
    folders.sort();
    folders.into_iter().step_by(every).collect()
}

#[derive(Default)]
struct Total {
    files: usize,
    lines: usize,
    bytes: u64,
    reading: Duration,
    skipping: Duration,
    parsing: Duration,
    linting: Duration,
    unparsed: usize,
    gave_up: Vec<String>,
    findings: Vec<String>,
}

fn run(folders: &[PathBuf], injected: usize) -> bool {
    let watched = Watch::new();
    let mut total = Total::default();
    let mut sample = Vec::new();
    for batch in batches(folders) {
        watched.now(&format!("{}", batch[0].display()));
        one_batch(&batch, &mut total, &mut sample);
    }
    watched.now("files with an import");
    let wanted = sample.len().div_ceil(injected).max(1);
    let chosen: Vec<PathBuf> = sample.into_iter().step_by(wanted).collect();
    let (imported, blamed) = with_import(&chosen);
    watched.now("the project's own code");
    let own =
        Cost::of(&Crates::below(&OWN.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)))).0;
    report(folders.len(), &total, chosen.len(), &blamed);
    // Without optimisation the times say nothing.
    if !cfg!(debug_assertions) {
        let (imported, own) = (imported.times(), own.times());
        println!(
            "with an import {imported:7.2} x parsing, target {TARGET_LINTED}: {}",
            against(imported <= TARGET_LINTED)
        );
        println!("own code       {own:7.2} x parsing: of what uses framealloc, everything is looked into");
    }
    PANICS.load(Ordering::Relaxed) == 0 && total.findings.is_empty() && blamed.is_empty()
}

/// Crates together up to [`BATCH`], as a workspace would have them.
fn batches(folders: &[PathBuf]) -> Vec<Vec<PathBuf>> {
    let mut batches: Vec<Vec<PathBuf>> = Vec::new();
    let mut size = BATCH;
    for folder in folders {
        let crates = Crates::below(std::slice::from_ref(folder));
        let bytes: u64 = crates.files().map(|file| fs::metadata(file).map_or(0, |data| data.len())).sum();
        if size + bytes > BATCH {
            batches.push(Vec::new());
            size = 0;
        }
        size += bytes;
        batches.last_mut().expect("just pushed").push(folder.clone());
    }
    batches
}

fn one_batch(folders: &[PathBuf], total: &mut Total, sample: &mut Vec<PathBuf>) {
    let crates = Crates::below(folders);
    // The first reading is the disk's.
    for file in crates.files() {
        let _ = fs::read(file);
    }
    let start = Instant::now();
    let texts: Vec<String> = crates.files().filter_map(|file| fs::read_to_string(file).ok()).collect();
    total.reading += start.elapsed();
    total.files += crates.files().count();
    total.lines += texts.iter().map(|text| text.lines().count()).sum::<usize>();
    total.bytes += texts.iter().map(|text| text.len() as u64).sum::<u64>();
    let skipped = crates.lint(false);
    total.skipping += skipped.time;
    total.findings.extend(skipped.findings);
    total.parsing += parse_all(&texts);
    drop(texts);
    let linted = crates.lint(true);
    total.linting += linted.time;
    total.unparsed += linted.unparsed.len();
    total.gave_up.extend(linted.gave_up);
    total.findings.extend(linted.findings);
    sample.extend(crates.files().map(Path::to_owned));
}

fn parse_all(texts: &[String]) -> Duration {
    thread::scope(|scope| {
        let parser = thread::Builder::new().stack_size(STACK);
        let parser = parser.spawn_scoped(scope, || {
            let start = Instant::now();
            for text in texts {
                parse(text);
            }
            start.elapsed()
        });
        parser.expect("a thread can be started").join().expect("the parser does not panic")
    })
}

/// What parsing and linting the same files takes.
#[derive(Clone, Copy)]
struct Cost {
    parsing: Duration,
    linting: Duration,
}

impl Cost {
    /// The shortest of several runs in turn, and what is found.
    fn of(crates: &Crates) -> (Self, Vec<String>) {
        let texts: Vec<String> = crates.files().filter_map(|file| fs::read_to_string(file).ok()).collect();
        let mut cost = Self { parsing: Duration::MAX, linting: Duration::MAX };
        let mut found = Vec::new();
        for _ in 0..RUNS {
            let linted = crates.lint(false);
            cost.linting = cost.linting.min(linted.time);
            cost.parsing = cost.parsing.min(parse_all(&texts));
            found = linted.findings;
        }
        (cost, found)
    }

    fn times(self) -> f64 {
        self.linting.as_secs_f64() / self.parsing.as_secs_f64()
    }
}

/// What is blamed in files that import framealloc and use nothing of it.
fn with_import(files: &[PathBuf]) -> (Cost, Vec<String>) {
    let folder = std::env::temp_dir().join(format!("cargo-fa-corpus-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the sample");
    for (at, file) in files.iter().enumerate() {
        let Ok(text) = fs::read_to_string(file) else { continue };
        let import = ["use framealloc::*;", "use framealloc::SmartAlloc;"][at % 2];
        fs::write(folder.join(format!("f{at}.rs")), format!("{text}\n{import}\n"))
            .expect("a file of the sample");
    }
    let (cost, mut blamed) = Cost::of(&Crates::below(std::slice::from_ref(&folder)));
    let _ = fs::remove_dir_all(&folder);
    for (at, file) in files.iter().enumerate() {
        let copy = folder.join(format!("f{at}.rs:")).display().to_string();
        for finding in &mut blamed {
            *finding = finding.replacen(&copy, &format!("{}:", file.display()), 1);
        }
    }
    (cost, blamed)
}

fn against(good: bool) -> &'static str {
    if good { "ok" } else { "MISSED" }
}

#[expect(clippy::cast_precision_loss, reason = "numbers to be looked at")]
fn report_times(total: &Total) {
    let millions = |time: Duration| total.lines as f64 / time.as_secs_f64() / 1e6;
    let times = total.linting.as_secs_f64() / total.parsing.as_secs_f64();
    let (skipped, linted) = (millions(total.skipping), millions(total.linting));
    println!("reading        {:7.2} M lines/s", millions(total.reading));
    println!(
        "skipping       {skipped:7.2} M lines/s, target {TARGET_SKIPPED}: {}",
        against(skipped >= TARGET_SKIPPED)
    );
    println!("parsing        {:7.2} M lines/s", millions(total.parsing));
    println!(
        "linting all    {linted:7.2} M lines/s, {times:.2} x parsing, target {TARGET_LINTED}: {}",
        against(times <= TARGET_LINTED)
    );
}

fn report(crates: usize, total: &Total, injected: usize, blamed: &[String]) {
    println!("{crates} crates, {} files, {} lines, {} MB", total.files, total.lines, total.bytes >> 20);
    // Without optimisation the times say nothing.
    if !cfg!(debug_assertions) {
        report_times(total);
    }
    println!("not parsable   {:7}", total.unparsed);
    println!("panics         {:7}", PANICS.load(Ordering::Relaxed));
    println!("blamed         {:7}", total.findings.len());
    println!("blamed         {:7} in {injected} files with an import", blamed.len());
    for function in &total.gave_up {
        println!("  not lowered: {function}");
    }
    for finding in total.findings.iter().chain(blamed) {
        println!("  {finding}");
    }
}

/// Ends the program when a step takes too long.
struct Watch(mpsc::Sender<String>);

impl Watch {
    fn new() -> Self {
        let (steps, next) = mpsc::channel::<String>();
        thread::spawn(move || {
            let mut step = String::new();
            loop {
                match next.recv_timeout(HANGS) {
                    Ok(name) => step = name,
                    Err(RecvTimeoutError::Timeout) => {
                        eprintln!("from {step}: no end after {HANGS:?}");
                        std::process::exit(1);
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        Self(steps)
    }

    fn now(&self, step: &str) {
        let _ = self.0.send(step.to_owned());
    }
}
