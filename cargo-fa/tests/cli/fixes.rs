//! `--fix`, `--diff`, suppressions.

use crate::support::{OPEN_FRAME, Project};

const UNUSED: &str =
    "use framealloc as _;\n\npub fn f() {\n    g(); // fa:allow(FA603): it was so once\n}\nfn g() {}\n";
const CLEAN: &str = "use framealloc as _;\n\npub fn f() {\n    g();\n}\nfn g() {}\n";

#[test]
fn fixes_are_written() {
    let project = Project::new(UNUSED);
    project.fa(&[]).code(1);
    project.commit();
    let ran = project.fa(&["--fix"]).code(0);
    assert!(ran.err.contains("       Fixed 1 finding\n"), "{ran:?}");
    assert_eq!(project.read("game/src/lib.rs"), CLEAN);
}

#[test]
fn a_dirty_tree_is_left_alone() {
    let project = Project::new(UNUSED);
    let ran = project.fa(&["--fix"]).code(2);
    assert!(ran.err.starts_with("error: the workspace is in no git repository"), "{ran:?}");
    project.fa(&[]).code(1);
    project.commit();
    project.write("game/src/new.rs", "");
    let ran = project.fa(&["--fix"]).code(2);
    assert!(
        ran.err.starts_with("error: the working tree has uncommitted changes: game/src/new.rs\n"),
        "{ran:?}"
    );
    assert_eq!(project.read("game/src/lib.rs"), UNUSED);
    project.fa(&["--fix", "--allow-dirty"]).code(0);
    assert_eq!(project.read("game/src/lib.rs"), CLEAN);
}

#[test]
fn overlapping_fixes_take_several_rounds() {
    let text = "use framealloc as _;\n\npub fn f() {\n    g(); // fa:allow(FA603, FA603, open_frame): it was so once\n}\nfn g() {}\n";
    let project = Project::new(text);
    project.fa(&["--fix", "--allow-dirty"]).code(0);
    assert_eq!(project.read("game/src/lib.rs"), CLEAN);
}

#[test]
fn a_diff_changes_nothing_and_can_be_applied() {
    let project = Project::new(UNUSED);
    project.commit();
    let ran = project.fa(&["--diff"]).code(1);
    assert_eq!(
        ran.out,
        "--- a/game/src/lib.rs\n+++ b/game/src/lib.rs\n@@ -1,6 +1,6 @@\n use framealloc as _;\n \n pub fn f() {\n\
         -    g(); // fa:allow(FA603): it was so once\n+    g();\n }\n fn g() {}\n"
    );
    assert_eq!(project.read("game/src/lib.rs"), UNUSED);
    project.fa(&["--diff", "--output", "fix.patch"]).code(1);
    let applied =
        std::process::Command::new("git").current_dir(project.path("")).args(["apply", "fix.patch"]).status();
    assert!(applied.unwrap().success());
    assert_eq!(project.read("game/src/lib.rs"), CLEAN);
    assert_eq!(project.fa(&["--diff"]).code(0).out, "");
}

#[test]
fn what_is_suppressed_is_counted() {
    let project = Project::new(&format!(
        "// fa:allow(FA603): the caller ends it\n{}",
        &OPEN_FRAME[OPEN_FRAME.find("pub").unwrap()..]
    ));
    project.write(
        "game/src/lib.rs",
        &OPEN_FRAME.replace("pub fn", "// fa:allow(FA603): the caller ends it\npub fn"),
    );
    let ran = project.fa(&[]).code(0);
    assert!(ran.err.contains("Finished no findings (1 suppressed) in "), "{ran:?}");
    let attribute = "#[cfg_attr(false, fa::allow(FA603, reason = \"the caller ends it\"))]\npub fn";
    project.write("game/src/lib.rs", &OPEN_FRAME.replace("pub fn", attribute));
    project.fa(&[]).code(0);
}

#[test]
fn suppressions_need_a_reason_and_a_lint() {
    let project =
        Project::new(&OPEN_FRAME.replace("pub fn", "// fa:allow(FA603)\n// fa:allow(FA60): why\npub fn"));
    let ran = project.fa(&["--format", "compact"]).code(1);
    assert_eq!(
        ran.out,
        "game/src/lib.rs:3:1: warning[FA520]: this suppression does not say why\n\
         game/src/lib.rs:4:13: warning[FA522]: no lint is called `FA60`\n"
    );
}

#[test]
fn a_suppression_of_a_lint_that_is_off_is_in_use() {
    let project = Project::new(&OPEN_FRAME.replace("pub fn", "// fa:allow(FA603): why\npub fn"));
    project.fa(&["-A", "FA603"]).code(0);
    project.fa(&["--threading", "--configuration"]).code(0);
    project.fa(&["--min-confidence", "high"]).code(0);
}

#[test]
fn a_fix_that_changes_a_type_says_so() {
    let project = Project::new(
        "use framealloc::{FrameBox, SmartAlloc};\n\n\
         pub fn f(alloc: &SmartAlloc, sizes: &[u32]) -> usize {\n    \
         let mut all: Vec<FrameBox<'_, u32>> = Vec::new();\n    \
         for &size in sizes {\n        all.push(alloc.frame_box(size));\n    }\n    all.len()\n}\n",
    );
    let out = project.fa(&[]).code(1).out;
    let help =
        "help: put the value itself into `all`, whose type has `u32` then in place of `FrameBox<u32>`\n";
    assert!(out.contains(help) && out.contains("+         all.push(size);\n"), "{out}");
}
