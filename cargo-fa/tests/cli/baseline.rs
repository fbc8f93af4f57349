//! `--baseline` and `--write-baseline`.

use crate::support::{OPEN_FRAME, Project};

#[test]
fn known_findings_are_hidden_and_new_ones_are_not() {
    let project = Project::with_a_finding();
    let baseline = ["--baseline", "known.json"];
    let ran = project.fa(&[&baseline[..], &["--write-baseline"]].concat()).code(0);
    assert_eq!(ran.err, "       Wrote 1 findings to known.json\n");
    assert_eq!(ran.out, "");
    let ran = project.fa(&baseline).code(0);
    assert!(ran.err.contains("Finished no findings (1 in the baseline) in "), "{ran:?}");
    // Lines that move keep their place in it.
    project.write("game/src/lib.rs", &format!("\n\n{OPEN_FRAME}"));
    project.fa(&baseline).code(0);
    project.write("engine/src/lib.rs", OPEN_FRAME);
    let ran = project.fa(&[&baseline[..], &["--format", "compact"]].concat()).code(1);
    ran.found(&["engine/src/lib.rs:6:16: warning[FA603]"]);
    // The same line twice is two findings.
    let twice = format!("{OPEN_FRAME}mod again {{\n{OPEN_FRAME}}}\n");
    project.write("engine/src/lib.rs", "");
    project.write("game/src/lib.rs", &twice);
    project
        .fa(&[&baseline[..], &["--format", "compact"]].concat())
        .found(&["game/src/lib.rs:16:16: warning[FA603]"]);
}

#[test]
fn entries_that_no_longer_occur_are_reported() {
    let project = Project::with_a_finding();
    let baseline = ["--baseline", "known.json"];
    project.fa(&[&baseline[..], &["--write-baseline"]].concat()).code(0);
    let ran = project.fa(&[&baseline[..], &["-p", "engine"]].concat()).code(0);
    assert!(!ran.err.contains("no longer occur"), "other packages were not looked at: {ran:?}");
    project.write("game/src/lib.rs", "");
    let ran = project.fa(&baseline).code(0);
    let note = "note: 1 entry of the baseline no longer occurs; --write-baseline drops it\n";
    assert!(ran.err.starts_with(note), "{ran:?}");
    let ran = project.fa(&[&baseline[..], &["--verbose"]].concat()).code(0);
    assert!(ran.err.contains("Gone FA603 game/src/lib.rs: let read = source.read(&mut block)?;"), "{ran:?}");
    assert_eq!(project.fa(&[&baseline[..], &["--quiet"]].concat()).code(0).err, "");
    project.fa(&[&baseline[..], &["--write-baseline"]].concat()).code(0);
    assert!(!project.fa(&baseline).code(0).err.contains("no longer occur"));
}

#[test]
fn what_is_hidden_otherwise_is_not_counted() {
    let project = Project::with_a_finding();
    let baseline = ["--baseline", "known.json"];
    project.fa(&[&baseline[..], &["--write-baseline"]].concat()).code(0);
    let ran = project.fa(&[&baseline[..], &["-A", "FA603"]].concat()).code(0);
    assert!(ran.err.starts_with("    Finished no findings in "), "{ran:?}");
}

#[test]
fn the_configuration_can_name_it() {
    let project = Project::with_a_finding();
    project.write(".fa.toml", "baseline = \"ci/known.json\"\n");
    let ran = project.fa(&["--write-baseline"]).code(2);
    assert_eq!(ran.err, "error: the folder of the baseline `[ROOT]/ci/known.json` does not exist\n");
    project.write("ci/note", "");
    project.fa_in("game", &["--write-baseline"], &[]).code(0);
    project.fa(&[]).code(0);
    assert!(project.path("ci/known.json").is_file());
}

#[test]
fn what_is_no_baseline_is_refused() {
    let project = Project::with_a_finding();
    let ran = project.fa(&["--write-baseline"]).code(2);
    assert!(ran.err.contains("--write-baseline needs a file"), "{ran:?}");
    let ran = project.fa(&["--baseline", "none.json"]).code(2);
    assert!(
        ran.err.contains("the baseline `none.json` cannot be read; `--write-baseline` makes one"),
        "{ran:?}"
    );
    project.write("known.json", "[]");
    let ran = project.fa(&["--baseline", "known.json"]).code(2);
    assert!(ran.err.contains("`known.json` is not a baseline"), "{ran:?}");
    project.write("known.json", "{\"version\":7,\"findings\":[]}");
    let ran = project.fa(&["--baseline", "known.json"]).code(2);
    assert!(ran.err.contains("has version 7; this linter knows version 1"), "{ran:?}");
}
