//! What is linted: packages, features, targets, folders.

use crate::support::{OPEN_FRAME, Project};

const GAME: &str = "game/src/lib.rs:6:16: warning[FA603]";
const ENGINE: &str = "engine/src/lib.rs:6:16: warning[FA603]";

fn compact<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--format", "compact"], arguments].concat()
}

fn both() -> Project {
    let project = Project::with_a_finding();
    project.write("engine/src/lib.rs", OPEN_FRAME);
    project.write("tool/src/lib.rs", OPEN_FRAME);
    project
}

#[test]
fn without_a_word_the_users_of_framealloc_are_linted() {
    both().fa(&compact(&[])).found(&[ENGINE, GAME]);
}

#[test]
fn packages_are_chosen_as_in_cargo() {
    let project = both();
    project.fa(&compact(&["-p", "game"])).found(&[GAME]);
    project.fa(&compact(&["--package", "game", "-p", "engine"])).found(&[ENGINE, GAME]);
    project.fa(&compact(&["--workspace", "--exclude", "game"])).found(&[ENGINE]);
    project.fa_in("game", &compact(&[]), &[]).found(&[GAME]);
    project.fa_in("game", &compact(&["--workspace"]), &[]).found(&[ENGINE, GAME]);
    let manifest = project.path("engine/Cargo.toml");
    project.fa_in("game", &compact(&["--manifest-path", manifest.to_str().unwrap()]), &[]).found(&[ENGINE]);
    let ran = project.fa(&["-p", "gmae"]).code(2);
    assert_eq!(ran.err, "error: the workspace has no package `gmae`; did you mean `game`?\n");
}

#[test]
fn a_package_without_framealloc_is_no_mistake() {
    let ran = both().fa(&["-p", "tool"]).code(0);
    assert!(
        ran.err.starts_with("warning: nothing to lint: no selected package depends on framealloc\n"),
        "{ran:?}"
    );
}

#[test]
fn features_decide_what_is_compiled() {
    let project = Project::new(&OPEN_FRAME.replace("pub fn", "#[cfg(feature = \"extra\")]\npub fn"));
    let found = ["game/src/lib.rs:7:16: warning[FA603]"];
    project.fa(&compact(&[])).code(0);
    project.fa(&compact(&["-p", "game", "--features", "extra"])).found(&found);
    project.fa(&compact(&["-p", "game", "-F", "extra"])).found(&found);
    project.fa(&compact(&["--all-features"])).found(&found);
    let manifest = project.read("game/Cargo.toml").replace("extra = []", "default = [\"extra\"]\nextra = []");
    project.write("game/Cargo.toml", &manifest);
    project.fa(&compact(&[])).found(&found);
    project.fa(&compact(&["--no-default-features"])).code(0);
}

#[test]
fn the_target_decides_what_is_compiled() {
    let project = Project::new(&OPEN_FRAME.replace("pub fn", "#[cfg(windows)]\npub fn"));
    project.fa(&compact(&["--target", "x86_64-unknown-linux-gnu"])).code(0);
    let found = ["game/src/lib.rs:7:16: warning[FA603]"];
    project.fa(&compact(&["--target", "x86_64-pc-windows-msvc"])).found(&found);
    project.fa(&["--target", "nowhere"]).code(2);
}

#[test]
fn a_folder_or_file_is_linted_without_cargo() {
    let project = both();
    std::fs::remove_file(project.path("game/Cargo.toml")).unwrap();
    project.fa(&compact(&["--path", "game"])).found(&["src/lib.rs:6:16: warning[FA603]"]);
    project.fa(&compact(&["--path", "engine/src/lib.rs"])).found(&["lib.rs:6:16: warning[FA603]"]);
    project.fa(&["--path", "nowhere"]).code(2);
}

#[test]
fn what_the_targets_of_a_package_lead_to_is_linted() {
    let project =
        Project::new("#[path = \"../../shared/io.rs\"]\nmod io;\nmod macros { cfg_if! { mod deep; } }\n");
    let files = [
        "shared/io.rs",
        "game/src/macros/deep.rs",
        "game/tests/suite/main.rs",
        "game/tests/suite/part/mod.rs",
        "game/examples/demo.rs",
    ];
    for file in files {
        project.write(file, OPEN_FRAME);
    }
    let main = format!(
        "{OPEN_FRAME}mod part;\ninclude!(\"cases.rs\");\nconst SIZES: [u8; 2] = include!(\"sizes.rs\");\n"
    );
    project.write("game/tests/suite/main.rs", &main);
    project.write("game/tests/suite/cases.rs", OPEN_FRAME);
    project.write("game/tests/suite/sizes.rs", "[1, 2]");
    let found = [
        "game/examples/demo.rs:6:16: warning[FA603]",
        "game/src/macros/deep.rs:6:16: warning[FA603]",
        "game/tests/suite/cases.rs:6:16: warning[FA603]",
        "game/tests/suite/main.rs:6:16: warning[FA603]",
        "game/tests/suite/part/mod.rs:6:16: warning[FA603]",
        "shared/io.rs:6:16: warning[FA603]",
    ];
    project.fa(&compact(&[])).code(1).found(&found);
}

#[test]
fn what_no_target_leads_to_is_not_looked_at() {
    let project = Project::with_a_finding();
    for path in ["game/my_main.rs", "game/snippets/a.rs", "game/src/forgotten.rs"] {
        project.write(path, OPEN_FRAME);
    }
    for path in ["game/templates/sys.rs", "game/src/template.rs"] {
        project.write(path, "// framealloc\nfn {{name}}() {}");
    }
    let ran = project.fa(&compact(&[]));
    ran.found(&[GAME]);
    assert!(ran.err.contains("1 warning in 2 crates, 1 file, "), "{ran:?}");
    let ran = project.fa(&["show", "game/my_main.rs"]).code(2);
    assert!(ran.err.contains("`game/my_main.rs` belongs to no linted crate"), "{ran:?}");
}

#[test]
fn a_package_is_looked_at_when_a_module_of_one_target_names_framealloc() {
    let project = Project::new("");
    project.write("engine/src/bin/a.rs", "fn main() {}");
    project.write("engine/src/bin/b.rs", "#[path = \"../part.rs\"] mod part; fn main() {}");
    std::fs::remove_file(project.path("engine/src/lib.rs")).unwrap();
    project.write("engine/src/part.rs", OPEN_FRAME);
    project.fa(&compact(&[])).found(&["engine/src/part.rs:6:16: warning[FA603]"]);
}

#[test]
fn a_file_that_does_not_parse_stops_nothing() {
    let project = Project::new(&format!("{OPEN_FRAME}mod broken;\n"));
    project.write("game/src/broken.rs", "fn f( {");
    let ran = project.fa(&compact(&[])).code(1);
    ran.found(&["game/src/broken.rs:1:7: warning[FA523]", GAME]);
    project.write("game/src/broken.rs", "");
    std::fs::write(project.path("game/src/broken.rs"), b"// \xff").unwrap();
    project.fa(&compact(&[])).found(&["game/src/broken.rs:1:1: warning[FA523]", GAME]);
}

#[test]
fn only_changed_lines_are_shown_since_a_revision() {
    let project = both();
    project.commit();
    project.fa(&compact(&["--since", "HEAD"])).code(0).found(&[]);
    // A line above moves the finding, and does not change its line.
    project.write("engine/src/lib.rs", &format!("\n{OPEN_FRAME}"));
    project.write("game/src/lib.rs", &OPEN_FRAME.replace("?;", " ?;"));
    project.fa(&compact(&["--since", "HEAD"])).found(&["game/src/lib.rs:6:16: warning[FA603]"]);
    project.write("game/src/lib.rs", &format!("{}mod new;\n", OPEN_FRAME.replace("?;", " ?;")));
    project.write("game/src/new.rs", OPEN_FRAME);
    let all = ["game/src/lib.rs:6:16: warning[FA603]", "game/src/new.rs:6:16: warning[FA603]"];
    project.fa(&compact(&["--since", "HEAD"])).found(&all);
    let ran = project.fa(&["--since", "nowhere"]).code(2);
    assert!(ran.err.starts_with("error: `nowhere` names no commit of the repository at "), "{ran:?}");
    Project::new("").fa(&["--since", "HEAD"]).code(2);
}

#[test]
fn crates_without_a_trace_of_framealloc_are_skipped_unless_asked_for() {
    let project = Project::new("fn f( {");
    project.fa(&compact(&[])).code(0);
    project.fa(&compact(&["--everything"])).code(1).found(&["game/src/lib.rs:1:7: warning[FA523]"]);
}

#[test]
fn cargo_is_told_what_it_may_change_and_fetch() {
    let project = Project::new("");
    let ran = project.fa(&["--locked"]).code(2);
    assert!(ran.err.contains("--locked"), "{ran:?}");
    project.fa(&[]).code(0);
    project.fa(&["--locked"]).code(0);
    let manifest = project.read("tool/Cargo.toml") + "[dependencies]\nno-such-package-anywhere = \"1\"\n";
    project.write("tool/Cargo.toml", &manifest);
    let ran = project.fa_in("", &["--offline"], &[("CARGO_NET_OFFLINE", "false")]).code(2);
    assert!(ran.err.contains("offline mode"), "{ran:?}");
}
