//! `explain`, `show`, `list`, `init`.

use crate::support::{OPEN_FRAME, Project};

#[test]
fn explain_prints_pages() {
    let project = Project::new("");
    let page = project.fa(&["explain", "FA521"]).code(0).out;
    assert!(page.starts_with("# FA521: unused suppression\n\n## What it does\n"), "{page}");
    assert_eq!(project.fa(&["explain", "unused_suppression"]).code(0).out, page);
    assert_eq!(project.fa(&["explain", "fa521"]).code(0).out, page);
    let runtime = project.fa(&["explain", "FA310"]).code(0).out;
    assert_eq!(runtime.trim_end(), framealloc::diagnostics::FA310.page.trim_end());
    let reserved = project.fa(&["explain", "FA403"]).code(0).out;
    assert!(reserved.contains("reserved for lints about the GPU integration"), "{reserved}");
    let ran = project.fa(&["explain", "unused_supression"]).code(2);
    assert_eq!(
        ran.err,
        "error: no code and no lint is called `unused_supression`; did you mean `unused_suppression`?\n"
    );
}

#[test]
fn help_offers_what_has_an_effect() {
    let help = Project::new("").fa(&["--help"]).code(0).out;
    assert!(help.contains("--dirtymem") && help.contains("--architecture"), "{help}");
    for reserved in ["--gpu", "--rapier", "--async-safety"] {
        assert!(!help.contains(reserved), "{help}");
    }
}

#[test]
fn list_shows_levels_in_force() {
    let project = Project::new("");
    let line = |text: &str, code: &str| text.lines().find(|line| line.contains(code)).unwrap().to_owned();
    let out = project.fa(&["list"]).code(0).out;
    assert!(line(&out, "FA521").starts_with("  FA521  warn   configuration  unused_suppression "), "{out}");
    assert_eq!(line(&out, "FA310"), "  FA310  soft budget threshold passed");
    let (lints, reserved) =
        out.split_once("\nReserved for integrations, reported by nothing yet:\n").unwrap();
    assert!(!lints.contains("FA4") && reserved.contains("  FA401  "), "{out}");
    project.write(".fa.toml", "[lints]\nFA521 = \"deny\"\n");
    let out = project.fa_in("game", &["list"], &[]).code(0).out;
    assert!(line(&out, "FA521").starts_with("  FA521  deny "), "{out}");
    let out = project.fa(&["list", "-A", "FA521"]).code(0).out;
    assert!(line(&out, "FA521").starts_with("  FA521  allow "), "{out}");
}

#[test]
fn list_is_json_on_request() {
    let project = Project::new("");
    let all: serde_json::Value =
        serde_json::from_str(&project.fa(&["list", "--format", "json"]).code(0).out).unwrap();
    let of = |code: &str| all.as_array().unwrap().iter().find(|entry| entry["code"] == code).unwrap();
    assert_eq!(of("FA521")["level"], "warn");
    assert_eq!(of("FA521")["source"], "linter");
    assert_eq!(of("FA310")["source"], "runtime");
    assert_eq!(of("FA403")["source"], "reserved");
    assert!(of("FA403")["level"].is_null());
}

#[test]
fn show_prints_one_file() {
    let project = Project::with_a_finding();
    project.write("engine/src/lib.rs", OPEN_FRAME);
    let ran = project.fa(&["show", "game/src/lib.rs"]).code(1);
    assert!(ran.out.contains(" --> game/src/lib.rs:6:16\n"), "{ran:?}");
    assert!(!ran.out.contains("engine"), "{ran:?}");
    assert_eq!(ran.err, "    Finished 1 finding in game/src/lib.rs\n");
    let ran = project.fa_in("game", &["show", "src/lib.rs", "-A", "FA603"], &[]).code(0);
    assert_eq!(ran.out, "");
    let ran = project.fa(&["show", "tool/src/lib.rs"]).code(2);
    assert_eq!(ran.err, "error: `tool/src/lib.rs` belongs to no linted crate; `cargo fa -v` lists them\n");
    project.fa(&["show", "nowhere.rs"]).code(2);
}

#[test]
fn init_writes_what_fits_the_workspace() {
    let project = Project::new("mod physics;\n");
    project.write(
        "game/src/physics.rs",
        "use framealloc::{SmartAlloc, frame_system};\n\n#[frame_system(tag = \"physics/step\")]\npub fn step(_alloc: &SmartAlloc) {}\n",
    );
    let ran = project.fa(&["init"]).code(0);
    assert_eq!(ran.err, "       Wrote [ROOT]/.fa.toml (1 tags, 1 modules)\n");
    let text = project.read(".fa.toml");
    assert!(text.contains("known = [\n    \"physics/step\",\n]\n"), "{text}");
    assert!(text.contains("[tags.modules]\n\"crate::physics\" = \"physics\"\n"), "{text}");
    project.fa(&[]).code(0);
    let ran = project.fa(&["init"]).code(2);
    assert!(ran.err.starts_with("error: `[ROOT]/.fa.toml` exists already"), "{ran:?}");
    assert_eq!(project.read(".fa.toml"), text);
}

#[test]
fn init_leaves_out_tags_that_are_likely_misspelt() {
    let project = Project::new(
        "use framealloc::{Budget, SmartAlloc, frame_system};\n\n\
         #[frame_system(tag = \"render/cull\")]\npub fn cull(_alloc: &SmartAlloc) {}\n\n\
         #[frame_system(tag = \"render/opaque\")]\npub fn draw(_alloc: &SmartAlloc) {}\n\n\
         #[frame_system(tag = \"rendr/shadows\")]\npub fn shadows(_alloc: &SmartAlloc) {}\n\n\
         pub fn start(alloc: &SmartAlloc) {\n    alloc.set_tag_budget(\"render/cul\", Budget::bytes(1024));\n}\n",
    );
    let blamed = ["game/src/lib.rs:9:16: warning[FA802]", "game/src/lib.rs:13:26: warning[FA802]"];
    project.fa(&["--format", "compact"]).code(1).found(&blamed);
    let ran = project.fa(&["init"]).code(0);
    let doubts = [
        "the tag \"render/cul\" is not among `known`: no system and no scope has the tag `render/cul`, and one has \
         `render/cull` (game/src/lib.rs:13)",
        "the tag \"rendr/shadows\" is not among `known`: `rendr` occurs once, and is spelt almost like `render` \
         (game/src/lib.rs:9)",
    ];
    for doubt in doubts {
        assert!(ran.err.contains(doubt), "{ran:?}");
    }
    let text = project.read(".fa.toml");
    let known: Vec<&str> =
        text.lines().skip_while(|line| *line != "known = [").take_while(|line| *line != "]").collect();
    assert_eq!(
        known[1],
        "    # \"render/cul\", left out: no system and no scope has the tag `render/cul`, and one has `render/cull` (game/src/lib.rs:13)"
    );
    assert_eq!(known[2], "    \"render/cull\",");
    assert!(known[4].starts_with("    # \"rendr/shadows\", left out: "), "{text}");
    // What was left out stays a mistake.
    project.fa(&["--format", "compact"]).code(1).found(&blamed);
}
