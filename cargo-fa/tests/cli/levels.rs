//! `-A`, `-W`, `-D`, `--deny-warnings`, categories, confidence, exit codes.

use crate::support::Project;

const PLACE: &str = "game/src/lib.rs:6:16: ";

fn found(arguments: &[&str]) -> (i32, String) {
    let ran = Project::with_a_finding().fa(&[&["--format", "compact"], arguments].concat());
    let levels: Vec<_> = ran.out.lines().map(|line| line.strip_prefix(PLACE).unwrap_or(line)).collect();
    let levels = levels.iter().map(|line| line.split(": ").next().unwrap());
    (ran.code, levels.collect::<Vec<_>>().join(" "))
}

#[test]
fn the_last_level_wins() {
    let warning = || (1, "warning[FA603]".to_owned());
    let error = || (1, "error[FA603]".to_owned());
    let nothing = || (0, String::new());
    assert_eq!(found(&[]), warning());
    assert_eq!(found(&["-A", "FA603"]), nothing());
    assert_eq!(found(&["-A", "all"]), nothing());
    assert_eq!(found(&["-A", "threading"]), warning());
    assert_eq!(found(&["-A", "dirtymem"]), nothing());
    assert_eq!(found(&["-D", "open_frame"]), error());
    assert_eq!(found(&["-D", "fa603", "-A", "dirtymem"]), nothing());
    assert_eq!(found(&["-A", "dirtymem", "-D", "FA603"]), error());
    assert_eq!(found(&["-A", "all", "-W", "FA521,FA603"]), warning());
    assert_eq!(found(&["--allow", "all", "--warn", "all", "--deny", "all"]), error());
    assert_eq!(found(&["--deny-warnings"]), error());
    assert_eq!(found(&["--deny-warnings", "-A", "FA603"]), nothing());
}

#[test]
fn categories_narrow_the_findings() {
    let some = (1, "warning[FA603]".to_owned());
    let none = (0, String::new());
    assert_eq!(found(&["--dirtymem"]), some);
    assert_eq!(found(&["--all"]), some);
    assert_eq!(found(&["--threading", "--dirtymem"]), some);
    assert_eq!(found(&["--threading", "--all"]), some);
    for other in [
        "--threading",
        "--budgets",
        "--async-safety",
        "--architecture",
        "--gpu",
        "--rapier",
        "--configuration",
    ] {
        assert_eq!(found(&[other]), none, "{other}");
    }
}

#[test]
fn a_category_without_lints_is_mentioned() {
    let ran = Project::new("").fa(&["--rapier"]).code(0);
    assert!(ran.err.starts_with("note: no lint of the category `rapier` exists yet\n"), "{ran:?}");
    assert!(!Project::new("").fa(&[]).err.contains("exists yet"));
}

#[test]
fn exit_codes_tell_findings_from_mistakes() {
    let project = Project::with_a_finding();
    project.fa(&[]).code(1);
    project.fa(&["check"]).code(1);
    project.fa(&["--exit-zero"]).code(0);
    project.fa(&["-A", "FA603"]).code(0);
    project.fa(&["-A", "FA60"]).code(2);
    project.fa(&["--no-such-option"]).code(2);
    project.fa(&["--format", "xml"]).code(2);
    project.fa(&["--help"]).code(0);
    project.fa(&["--version"]).code(0);
}

#[test]
fn wrong_names_are_corrected() {
    let project = Project::new("");
    for (name, hint) in [
        ("dirtymen", "no lint and no category is called `dirtymen`; did you mean `dirtymem`?"),
        ("open_frames", "did you mean `open_frame`?"),
        ("FA310", "FA310 is not a lint: the runtime reports it, while the program runs"),
        ("FA403", "FA403 is not a lint: it is reserved for lints about the GPU integration"),
    ] {
        let ran = project.fa(&["-D", name]).code(2);
        assert!(ran.err.contains(hint), "{ran:?}");
    }
}
