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
fn list_shows_levels_in_force() {
    let project = Project::new("");
    let line = |text: &str, code: &str| text.lines().find(|line| line.contains(code)).unwrap().to_owned();
    let out = project.fa(&["list"]).code(0).out;
    assert!(line(&out, "FA521").starts_with("  FA521  warn   configuration  unused_suppression "), "{out}");
    assert_eq!(line(&out, "FA310"), "  FA310  soft budget threshold passed");
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
        "use framealloc::{SmartAlloc, frame_system};\n\n#[frame_system(tag = \"physics/step\")]\npub fn step(_alloc: &SmartAlloc) {}\n\npub fn config() -> framealloc::AllocConfig {\n    framealloc::AllocConfig::default().with_budgets([(\"audio\", framealloc::Budget::bytes(1))])\n}\n",
    );
    let ran = project.fa(&["init"]).code(0);
    assert_eq!(ran.err, "       Wrote [ROOT]/.fa.toml (2 tags, 1 modules)\n");
    let text = project.read(".fa.toml");
    assert!(text.contains("known = [\n    \"audio\",\n    \"physics/step\",\n]\n"), "{text}");
    assert!(text.contains("[tags.modules]\n\"crate::physics\" = \"physics\"\n"), "{text}");
    project.fa(&[]).code(0);
    let ran = project.fa(&["init"]).code(2);
    assert!(ran.err.starts_with("error: `[ROOT]/.fa.toml` exists already"), "{ran:?}");
    assert_eq!(project.read(".fa.toml"), text);
}
