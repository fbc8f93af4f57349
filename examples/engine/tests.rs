//! The whole program, as a user runs it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::failure::Failure;
use crate::program;

/// Set for a process that is to be the program; its arguments, separated by `|`.
const ARGUMENTS: &str = "ENGINE_TEST_ARGUMENTS";

/// Runs the program in this process.
fn run(arguments: &str) -> (Result<(), Failure>, String) {
    let mut out = Vec::new();
    let result = program::run(arguments.split_whitespace().map(OsString::from), &mut out);
    (result, String::from_utf8(out).unwrap())
}

/// Runs the program in a process of its own: this test binary, told to be the program by [`ARGUMENTS`].
fn spawn(arguments: &[&str]) -> Output {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "tests::be_the_program", "--nocapture", "--test-threads", "1"])
        .env(ARGUMENTS, arguments.join("|"))
        .output()
        .unwrap()
}

#[test]
fn be_the_program() {
    if let Ok(arguments) = env::var(ARGUMENTS) {
        let result = program::run(arguments.split('|').map(OsString::from), &mut std::io::stdout().lock());
        if let Err(failure) = &result {
            eprintln!("{failure}");
        }
        std::process::exit(result.map_or_else(|failure| i32::from(failure.exit_code()), |()| 0));
    }
}

/// A folder of its own for each test, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("engine-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind in the temporary folder does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn everything_is_proved_on_the_embedded_level() {
    let (result, text) = run("--frames 90 --bodies 300 --verify");
    assert_eq!(result, Ok(()), "{text}");
    let proofs = text.lines().filter(|line| line.starts_with("ok ")).count();
    assert_eq!(proofs, 12, "{text}");
    for system in [
        "broad_phase",
        "narrow_phase",
        "solve",
        "find_path",
        "start_voices",
        "mix",
        "visibility",
        "build_lods",
    ] {
        assert!(text.contains(&format!("\n{system} ")), "{system} is missing in\n{text}");
    }
    assert!(text.contains("allocations served by: frame"), "{text}");
}

#[test]
fn a_real_mesh_runs() {
    let spot = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/spot.obj");
    if !spot.exists() {
        eprintln!("skipped: {} does not exist", spot.display());
        return;
    }
    let (result, text) = run(&format!("{} --frames 70 --bodies 200 --verify", spot.display()));
    assert_eq!(result, Ok(()), "{text}");
    assert!(text.starts_with("level spot.obj: 5,856 triangles"), "{text}");
}

#[test]
fn every_number_of_threads_and_both_allocators_give_the_same_file() {
    let folder = Folder::new("same");
    let mut digests = Vec::new();
    let cases = [
        "--threads 0",
        "--threads 1 --allocator framealloc",
        "--threads 2 --allocator std",
        "--threads 3 --allocator std",
        "--threads 4",
    ];
    for options in cases {
        let path = folder.0.join("report.json");
        let (result, text) = run(&format!("--frames 40 --bodies 200 {options} --json {}", path.display()));
        assert_eq!(result, Ok(()), "{text}");
        let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(report["level"]["name"], "embedded");
        for run in report["runs"].as_array().unwrap() {
            digests.push(run["digests"].clone());
            assert!(run["counts"]["contacts"].as_u64().unwrap() > 0);
            assert!(run["frame_time_ms"]["p50"].as_f64().unwrap() > 0.0);
            assert!(run["system_time_us"]["solve"].as_f64().unwrap() > 0.0);
        }
    }
    assert_eq!(digests.len(), 7);
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{digests:#?}");
    assert_eq!(folder.names(), ["report.json"], "nothing else is left behind");
}

#[test]
fn the_report_names_what_every_system_declared() {
    let folder = Folder::new("systems");
    let path = folder.0.join("report.json");
    let (result, text) =
        run(&format!("--frames 30 --bodies 300 --allocator framealloc --json {}", path.display()));
    assert_eq!(result, Ok(()), "{text}");
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let systems = report["systems"].as_array().unwrap();
    assert_eq!(systems.len(), 8, "{systems:#?}");
    for system in systems {
        let number = |field: &str| system[field].as_u64().unwrap_or_else(|| panic!("{field} of {system:#?}"));
        assert!(number("runs") >= 30, "{system:#?}");
        assert!(number("allocations") > 0, "{system:#?}");
        assert!(number("peak_bytes") > 0 && number("peak_bytes") <= number("budget_bytes"), "{system:#?}");
        assert_eq!(number("headroom_bytes"), number("budget_bytes") - number("peak_bytes"), "{system:#?}");
        assert!(number("p50_bytes_per_frame") <= number("p99_bytes_per_frame"), "{system:#?}");
        assert_eq!(number("promotions") > 0, system["system"] == "build_lods", "{system:#?}");
    }
    let shares = &report["shares"];
    assert!(["frame", "pool", "heap"].iter().all(|part| shares[part].as_u64().unwrap() > 0), "{shares:#?}");
}

#[test]
fn bad_input_ends_with_one_line_and_code_2() {
    let folder = Folder::new("bad");
    let broken = folder.file("broken.obj", "v 0 0 0\nv 1 0 zero\n");
    let points = folder.file("points.obj", "v 0 0 0\nv 1 0 0\nv 0 0 1\n");
    let json = folder.0.join("report.json").display().to_string();
    let no_folder = folder.0.join("missing/report.json").display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["/no/such/level.obj"], "/no/such/level.obj"),
        (&[&broken, "--json", &json], "position parse error in line 2"),
        (&[&points, "--json", &json], "no triangles"),
        (&["--frames", "0"], "--frames 0"),
        (&["--budget", "physics/solve=lots"], "the unit"),
        (&["--budget", "physics/solv=1MB"], "physics/solve"),
        (&["--budget", "physics/solve=1KB", "--frames", "3", "--json", &json], "physics/solve"),
        (
            &["--budget", "physics/narrow_phase=100B", "--frames", "3", "--json", &json],
            "physics/narrow_phase",
        ),
        (&["--budget", "ai/path=1KB", "--frames", "3", "--json", &json], "ai/path"),
        (&["--memory-limit", "64KB", "--frames", "3", "--json", &json], "memory"),
        (&["--json", &no_folder], "the folder does not exist"),
        (&["--json", folder.0.to_str().unwrap()], "is a folder"),
        #[cfg(unix)]
        (&["--json", "/dev/null"], "is not a regular file"),
        (&["--snapshots", &broken, "--json", &json], "broken.obj: "),
        (&["--snapshots", &format!("{broken}/shots"), "--json", &json], "broken.obj/shots: "),
        (&["--speed", "9"], "--speed"),
    ];
    for (arguments, expected) in cases {
        let output = spawn(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert_eq!(errors.lines().count(), 1, "{arguments:?}: {errors}");
        assert!(errors.starts_with("error: ") && errors.contains(expected), "{arguments:?}: {errors}");
    }
    assert_eq!(folder.names(), ["broken.obj", "points.obj"], "nothing is half-written");
}

#[test]
fn snapshots_are_written_between_the_frames_of_framealloc() {
    let folder = Folder::new("snapshots");
    let shots = folder.0.join("new/shots");
    fs::create_dir_all(&shots).unwrap();
    let stale = |number: u32| shots.join(format!("snapshot-{number:016}-0000000001-0000000001.json"));
    (0..30).for_each(|number| fs::write(stale(number), "{}").unwrap());
    fs::write(shots.join("notes.txt"), "mine").unwrap();
    for choice in ["both", "framealloc"] {
        let allocator = if choice == "both" { "" } else { "--allocator framealloc" };
        let json = folder.0.join("report.json");
        let options = format!("--snapshots {} --json {}", shots.display(), json.display());
        let (result, text) = run(&format!("--frames 20 --bodies 200 {allocator} {options}"));
        assert_eq!(result, Ok(()), "{text}");
        let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
        let written = report["snapshots"].as_u64().unwrap();
        assert!(written >= 2 && text.contains(&format!("snapshots written: {written}")), "{text}");
    }
    let mut names: Vec<PathBuf> = fs::read_dir(&shots).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.remove(0), shots.join("notes.txt"));
    assert_eq!(names.len(), crate::snapshots::MOST, "the oldest ones went");
    let newest = fs::read_to_string(names.last().unwrap()).unwrap();
    let snapshot = framealloc::Snapshot::from_json(&newest).unwrap();
    assert_eq!(snapshot.frame, 20, "{newest}");
    assert_eq!(snapshot.systems.len(), 8, "{newest}");
    assert!(snapshot.systems.iter().all(|system| system.runs >= 20), "{newest}");
}

#[test]
fn the_report_of_framealloc_is_printed_on_demand() {
    let (result, text) = run("--frames 20 --bodies 200 --report");
    assert_eq!(result, Ok(()), "{text}");
    let (_, report) = text.split_once("\nframealloc's report after frame 20\n").expect(&text);
    let rows: Vec<&str> = report.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    for system in crate::game::SYSTEM_NAMES {
        assert!(rows.contains(&system), "{system} is missing in\n{report}");
    }
    assert!(!run("--frames 20 --bodies 200").1.contains("framealloc's report"));
}

#[test]
fn a_report_that_cannot_be_finished_leaves_the_old_one() {
    let folder = Folder::new("old");
    let old = folder.file("report.json", "the old report");
    let (result, _) = run(&format!("--frames 3 --bodies 200 --budget physics/solve=1KB --json {old}"));
    assert!(result.is_err());
    assert_eq!(fs::read_to_string(&old).unwrap(), "the old report");
    assert_eq!(folder.names(), ["report.json"]);
}

#[test]
fn the_level_can_be_written() {
    let folder = Folder::new("level");
    let path = folder.0.join("level.obj");
    assert_eq!(run(&format!("--write-level {}", path.display())).0, Ok(()));
    assert!(fs::read_to_string(path).unwrap() == include_str!("assets/level.obj"));
    let failure = run(&format!("--write-level {}", folder.0.display())).0.unwrap_err();
    assert_eq!(failure.exit_code(), 2);
}

#[test]
fn help_is_printed() {
    let (result, text) = run("--help");
    assert_eq!(result, Ok(()));
    for option in ["--memory-limit", "--snapshots DIR", "--report"] {
        assert!(text.contains("usage:") && text.contains(option), "{option}");
    }
    assert!(text.contains(&format!("the last {} of them", crate::snapshots::MOST)), "{text}");
}
