//! The stages, in the order in which they run: the quick ones first.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Outcome::{self, Failed, Passed, Skipped};
use super::count::{Tests, run_tests};
use super::lint::lint;
use super::tools;
use crate::bench;
use crate::process::{cargo, program, run, works};
use crate::workspace::{self, Metadata};

/// One step of the task.
pub struct Stage {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn() -> Result<Outcome>,
}

/// Everything but the benches, which have their own gate and build other people's allocators.
const TESTED: [&str; 3] = ["--workspace", "--exclude", "framealloc-benches"];
/// The package whose tests compile programs.
const UI: &str = "framealloc-ui-tests";
/// What runs under the sanitizers.
const LIBRARIES: [&str; 4] = ["-p", "framealloc", "-p", "framealloc-tests"];
/// The feature that takes a nightly compiler.
const NIGHTLY: &str = "nightly";
/// Tests of seconds, which run under AddressSanitizer but not under valgrind.
const LONG: [&str; 11] = [
    "budgets::limits::a_long_random_program",
    "budgets::stress",
    "chaos::long_programs",
    "groups::destructors::panicking_destructors",
    "groups::model",
    "handles::churn",
    "handover::stress",
    "pool::tests::racks",
    "sinks::a_sink_that_allocates_everywhere",
    "steady::a_steady_loop",
    "streaming::file",
];
/// This machine, by name: naming a target keeps `RUSTFLAGS` away from build scripts and macros.
const HOST: &str = "host-tuple";

/// All stages.
pub fn all() -> Vec<Stage> {
    vec![
        Stage { name: "fmt", about: "formatting", run: fmt },
        Stage { name: "clippy", about: "lints of every target, as errors", run: clippy },
        Stage { name: "docs", about: "rustdoc of every package, warnings as errors", run: docs },
        Stage {
            name: "lint",
            about: "the project's own linter on its code and its documentation",
            run: lint,
        },
        Stage { name: "tests", about: "unit tests, suite, isolated tests", run: tests },
        Stage { name: "ui", about: "the wall of compile errors", run: ui },
        Stage {
            name: "doctests",
            about: "examples in the documentation, README and TECHNICAL",
            run: doctests,
        },
        Stage { name: "examples", about: "every example runs to its end", run: examples },
        Stage { name: "soak", about: "memory and latency over 400,000 frames", run: soak },
        Stage { name: "corpus", about: "the linter over every 24th crate of cargo's registry", run: corpus },
        Stage {
            name: "fuzz",
            about: "the linter over sources that mutate, for half a minute, with the nightly compiler",
            run: fuzz,
        },
        Stage {
            name: "features",
            about: "framealloc with no feature, each alone, all that go together",
            run: features,
        },
        Stage { name: "nightly", about: "std's Allocator, with the nightly compiler", run: nightly },
        Stage { name: "loom", about: "thread interleavings under loom", run: loom },
        Stage { name: "asan", about: "unit tests and suite under AddressSanitizer", run: asan },
        Stage {
            name: "memcheck",
            about: "unit tests and suite under valgrind, but for the longest",
            run: memcheck,
        },
        Stage { name: "miri", about: "each kind of memory once under Miri", run: miri },
        Stage {
            name: "instructions",
            about: "instructions per operation against their targets",
            run: instructions,
        },
        Stage { name: "benches", about: "lints of the timed benches, as errors", run: benches },
        Stage { name: "deny", about: "licences and advisories of the dependencies", run: deny },
    ]
}

fn fmt() -> Result<Outcome> {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    Ok(Passed(String::new()))
}

fn clippy() -> Result<Outcome> {
    run(&mut cargo(["clippy", "--keep-going", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // The tests of the debugging aids exist with their feature only.
    let debug =
        ["clippy", "-p", "framealloc-tests", "--features", "debug", "--all-targets", "--", "-D", "warnings"];
    run(&mut cargo(debug))?;
    Ok(Passed(String::new()))
}

fn docs() -> Result<Outcome> {
    run(cargo(["doc", "--keep-going", "--no-deps"]).args(TESTED).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Passed(String::new()))
}

fn tests() -> Result<Outcome> {
    runner(&format!("not package({UI})"), &["--exclude", UI])
}

fn ui() -> Result<Outcome> {
    runner(&format!("package({UI})"), &["-p", UI])
}

/// nextest with a filter, always over the same packages so that its runs share one build; else cargo's own runner.
fn runner(filter: &str, packages: &[&str]) -> Result<Outcome> {
    if tools::nextest() {
        let mut command = cargo(["nextest", "run", "--no-fail-fast", "--show-progress", "none"]);
        return Ok(run_tests(command.args(["--status-level", "slow", "-E", filter]).args(TESTED)));
    }
    let mut command = cargo(["test", "--no-fail-fast", "--all-targets"]);
    if packages[0] != "-p" {
        command.args(TESTED);
    }
    Ok(match run_tests(command.args(packages)) {
        Passed(note) => {
            Passed(format!("{note}; with cargo test: for speed, cargo install cargo-nextest --locked"))
        }
        other => other,
    })
}

fn doctests() -> Result<Outcome> {
    Ok(run_tests(cargo(["test", "--no-fail-fast", "--doc"]).args(TESTED)))
}

fn examples() -> Result<Outcome> {
    let package = "framealloc-examples";
    let names = Metadata::read()?.targets(package, "example")?;
    let example = |name: &str, arguments: &[&str]| {
        run(cargo(["run", "--release", "-p", package, "--example", name, "--"]).args(arguments))
    };
    for name in &names {
        if name == "engine" {
            let snapshots = Metadata::read()?.target_folder()?.join("engine-snapshots");
            let snapshots = snapshots.to_str().context("the target folder's name is text")?;
            example(name, &["--frames", "60", "--verify", "--report", "--snapshots", snapshots])?;
        }
        example(name, &[])?;
    }
    Ok(Passed(names.join(" ")))
}

fn soak() -> Result<Outcome> {
    crate::soak::soak(400_000)?;
    Ok(Passed(String::new()))
}

fn corpus() -> Result<Outcome> {
    // What the tests have built is fast enough to look for panics.
    crate::corpus::lint(24, 60, "dev")?;
    Ok(Passed(String::new()))
}

fn fuzz() -> Result<Outcome> {
    if let Err(missing) = tools::nightly() {
        return Ok(Skipped(missing));
    }
    let target_folder = Metadata::read()?.target_folder()?;
    let fuzzer = match tools::subcommand("fuzz", &target_folder) {
        Ok(fuzzer) => fuzzer,
        Err(missing) => return Ok(Skipped(missing)),
    };
    // A new one each time: that of the last run would be replayed first.
    let corpus = target_folder.join("fuzz-corpus");
    if corpus.exists() {
        std::fs::remove_dir_all(&corpus)?;
    }
    std::fs::create_dir_all(&corpus)?;
    // The linter has no unsafe code: panics are looked for, and a sanitizer would only be slow.
    let mut command = nightly_program(fuzzer);
    command.args(["fuzz", "run", "--fuzz-dir", "cargo-fa/fuzz", "--sanitizer", "none", "--dev", "lint"]);
    command.arg(&corpus).args(["--", "-max_total_time=30", "-max_len=16384", "-timeout=60"]);
    run(command.env("CARGO_TARGET_DIR", target_folder.join("fuzz")))?;
    Ok(Passed("30 s".into()))
}

fn features() -> Result<Outcome> {
    let metadata = Metadata::read()?;
    let mut features = metadata.features("framealloc")?;
    // The stage of its own has it.
    features.retain(|feature| feature != NIGHTLY);
    let mut sets = vec![String::new()];
    sets.extend(features.iter().cloned());
    // All that go together: with `minimal`, and with `debug`, which it contradicts.
    for left_out in ["debug", "minimal"] {
        let others: Vec<&str> =
            features.iter().map(String::as_str).filter(|feature| *feature != left_out).collect();
        sets.push(others.join(","));
    }
    let mut tests = Tests::default();
    for set in &sets {
        let chosen = ["-p", "framealloc", "--no-default-features", "--features", set];
        run(cargo(["clippy", "--all-targets"]).args(chosen).args(["--", "-D", "warnings"]))?;
        tests.run(cargo(["test", "--lib"]).args(chosen));
    }
    Ok(match (tests.outcome(), pairs_of_features(&metadata)?) {
        (Passed(note), pairs) => Passed(format!("{note}; {pairs}")),
        (other, _) => other,
    })
}

/// Every two features together, which cargo-hack enumerates.
fn pairs_of_features(metadata: &Metadata) -> Result<String> {
    let hack = match tools::subcommand("hack", &metadata.target_folder()?) {
        Ok(hack) => hack,
        Err(missing) => return Ok(format!("not in pairs: {missing}")),
    };
    let mut command = program(hack);
    command.args(["hack", "check", "-p", "framealloc", "--feature-powerset", "--depth", "2"]);
    command.args(["--exclude-features", "default,nightly", "--mutually-exclusive-features", "debug,minimal"]);
    run(&mut command)?;
    Ok("and every two features together".into())
}

fn loom() -> Result<Outcome> {
    let mut command =
        cargo(["test", "--release", "-p", "framealloc", "--lib", "--target", HOST, "loom_tests"]);
    Ok(run_tests(command.env("RUSTFLAGS", "--cfg framealloc_loom").env("LOOM_MAX_PREEMPTIONS", "2")))
}

fn nightly() -> Result<Outcome> {
    if let Err(missing) = tools::nightly() {
        return Ok(Skipped(missing));
    }
    let mut tests = Tests::default();
    let test = ["test", "--no-fail-fast", "--features", NIGHTLY];
    tests.run(nightly_cargo(test).args(["-p", "framealloc", "--lib"]));
    tests.run(nightly_cargo(test).args(["-p", "framealloc-tests", "--test", "suite", "--test", "nightly"]));
    Ok(tests.outcome())
}

fn asan() -> Result<Outcome> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(Skipped("AddressSanitizer runs on x86-64 Linux".into()));
    }
    if let Err(missing) = tools::nightly() {
        return Ok(Skipped(missing));
    }
    // With the feature that tells the sanitizer which memory is in use.
    let mut command = nightly_cargo(["test", "--no-fail-fast", "--target", HOST, "--lib", "--tests"]);
    command.args(["--features", "debug"]);
    // Tests of leaks leak on purpose; the suite checks by count what must be freed.
    command.env("RUSTFLAGS", "-Zsanitizer=address").env("ASAN_OPTIONS", "detect_leaks=0");
    Ok(run_tests(command.args(LIBRARIES)))
}

fn memcheck() -> Result<Outcome> {
    if let Err(missing) = tools::valgrind() {
        return Ok(Skipped(missing));
    }
    // With the feature that tells valgrind which memory is in use.
    let mut build = cargo(["test", "--no-run", "--lib", "--test", "suite", "--features", "debug"]);
    let programs = workspace::built_programs(build.args(LIBRARIES))?;
    ensure!(!programs.is_empty(), "cargo built no test program");
    let mut tests = Tests::default();
    for (_, path) in &programs {
        let mut command = program("valgrind");
        command.args(["--quiet", "--error-exitcode=9", "--leak-check=no", "--fair-sched=yes"]).arg(path);
        // A fortieth of the speed: fewer random programs, one thread at a time, and no test that only does much.
        command.args(["--test-threads=1", "--quiet"]).args(LONG.iter().flat_map(|test| ["--skip", test]));
        tests.run(command.env("FRAMEALLOC_TEST_CASES", "8").env("PROPTEST_CASES", "8"));
    }
    Ok(tests.outcome())
}

fn miri() -> Result<Outcome> {
    if let Err(missing) = tools::miri() {
        return Ok(Skipped(missing));
    }
    // Tree Borrows: allocator-api2 narrows pointers in a way that Stacked Borrows forbids.
    let flags = "-Zmiri-tree-borrows -Zmiri-strict-provenance -Zmiri-disable-isolation";
    let mut command = nightly_cargo(["miri", "test", "--no-fail-fast", "-p", "framealloc-tests"]);
    Ok(run_tests(command.args(["--test", "suite", "aliasing"]).env("MIRIFLAGS", flags)))
}

fn instructions() -> Result<Outcome> {
    if let Err(missing) = tools::valgrind() {
        return Ok(Skipped(missing));
    }
    if !cfg!(target_arch = "x86_64") {
        return Ok(Skipped("the targets are instructions of x86-64".into()));
    }
    let report = bench::instructions::measure(&bench::instructions::Options::default())?;
    Ok(if report.missed.is_empty() { Passed(report.note) } else { Failed(report.note) })
}

fn benches() -> Result<Outcome> {
    if let Err(missing) = tools::c_compiler() {
        return Ok(Skipped(missing));
    }
    let package = ["-p", "framealloc-benches", "--features", "contenders,criterion"];
    run(cargo(["clippy", "--all-targets"]).args(package).args(["--", "-D", "warnings"]))?;
    Ok(Passed(String::new()))
}

fn deny() -> Result<Outcome> {
    if !works(&mut cargo(["deny", "--version"])) {
        return Ok(Skipped("cargo-deny is missing: cargo install cargo-deny --locked".into()));
    }
    run(&mut cargo(["deny", "--all-features", "check"]))?;
    Ok(Passed(String::new()))
}

/// Cargo of the nightly toolchain.
fn nightly_cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = nightly_program("cargo");
    command.args(arguments);
    command
}

/// A program that finds the nightly toolchain around it.
fn nightly_program(name: impl AsRef<OsStr>) -> Command {
    let mut command = program("rustup");
    // What the running cargo of the pinned toolchain set for its children does not hold for another one.
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").args(["run", "nightly"]).arg(name);
    command
}
