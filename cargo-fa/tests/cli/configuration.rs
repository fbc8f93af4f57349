//! `.fa.toml`: where it is found, and each key's effect.

use crate::support::{OPEN_FRAME, Project};

fn with(configuration: &str) -> Project {
    let project = Project::with_a_finding();
    project.write(".fa.toml", configuration);
    project
}

#[test]
fn levels() {
    let level = |configuration: &str| with(configuration).fa(&["--format", "compact"]).out;
    assert!(level("[lints]\nFA603 = \"deny\"\n").contains("error[FA603]"));
    assert!(level("[lints]\nopen_frame = \"deny\"\n").contains("error[FA603]"));
    assert!(level("[lints]\ndirtymem = \"deny\"\nall = \"allow\"\n").contains("error[FA603]"));
    assert_eq!(level("[lints]\nall = \"allow\"\n"), "");
    let ran = with("[lints]\nall = \"allow\"\n").fa(&["-W", "FA603", "--format", "compact"]);
    assert!(ran.out.contains("warning[FA603]"), "the command line goes last: {ran:?}");
}

#[test]
fn format() {
    assert!(with("format = \"github\"\n").fa(&[]).out.starts_with("::warning file="));
    assert!(with("format = \"github\"\n").fa(&["--format", "human"]).out.starts_with("warning["));
}

#[test]
fn exclude() {
    with("exclude = [\"game/\"]\n").fa(&[]).code(0);
    with("exclude = [\"*.rs\"]\n").fa(&[]).code(0);
    with("exclude = [\"engine/**\"]\n").fa(&[]).code(1);
    let ran = with("exclude = [\"[z-a]\"]\n").fa(&[]).code(2);
    assert!(ran.err.contains("`[z-a]` in `exclude` is not a glob"), "{ran:?}");
}

#[test]
fn it_is_found_upwards_or_given() {
    let project = with("[lints]\nFA603 = \"allow\"\n");
    project.fa(&[]).code(0);
    project.fa_in("game/src", &[], &[]).code(0);
    project.write("other.toml", "[lints]\nFA603 = \"deny\"\n");
    project.fa(&["--config", "other.toml"]).code(1);
    let ran = project.fa(&["--config", "none.toml"]).code(2);
    assert!(ran.err.starts_with("error: the configuration `none.toml` cannot be read: "), "{ran:?}");
    let ran = project.fa(&["--verbose"]).code(0);
    assert!(ran.err.contains("     Reading [ROOT]/.fa.toml\n"), "{ran:?}");
}

#[test]
fn every_mistake_is_shown_where_it_is() {
    let ran = with("exlude = []\n\n[budgets.tags]\nphysics = \"8mb\"\n").fa(&[]).code(2);
    snapbox::assert_data_eq!(
        ran.err,
        snapbox::str![[r#"
error: unknown key `exlude`; did you mean `exclude`? (known: baseline, budgets, exclude, format, lints, min-confidence, tags, thresholds)
 --> [ROOT]/.fa.toml:1:1
  |
1 | exlude = []
  | ^^^^^^

error: unknown unit `mb`; did you mean "8MB"? (units are B, KB, MB, GB; 1KB is 1024 bytes)
 --> [ROOT]/.fa.toml:4:11
  |
4 | physics = "8mb"
  |           ^^^^^

"#]]
    );
    assert_eq!(ran.out, "");
}

#[test]
fn the_configuration_of_a_folder_without_cargo_is_its_own() {
    let project = Project::new("");
    project.write("plain/a.rs", OPEN_FRAME);
    project.write("plain/.fa.toml", "[lints]\nFA603 = \"deny\"\n");
    let ran = project.fa(&["--path", "plain", "--format", "compact"]).code(1);
    assert!(ran.out.starts_with("a.rs:6:16: error[FA603]"), "{ran:?}");
}

/// The fixture has findings of high and of medium confidence.
#[test]
fn confidence() {
    let project =
        Project::new(include_str!("../../src/lints/fa204_unbounded_deferred_queue/fixtures/bad_growing.rs"));
    let count =
        |arguments: &[&str]| project.fa(&[&["--format", "compact"], arguments].concat()).out.lines().count();
    let [low, medium, high] = ["low", "medium", "high"].map(|least| count(&["--min-confidence", least]));
    assert!(low >= medium && medium > high && high > 0, "{low} {medium} {high}");
    assert_eq!(count(&[]), medium);
    project.write(".fa.toml", "min-confidence = \"high\"\n");
    assert_eq!(count(&[]), high);
    assert_eq!(count(&["--min-confidence", "low"]), low);
    let shown = project.fa(&["show", "game/src/lib.rs"]).code(1);
    assert_eq!(
        shown.out.matches("warning[FA204]").count(),
        low,
        "a file is shown with all of them: {shown:?}"
    );
}

/// The findings of a program under a configuration, as codes.
fn codes(program: &str, configuration: &str) -> Vec<String> {
    let project = Project::new("");
    project.write("plain/a.rs", program);
    project.write("plain/.fa.toml", configuration);
    let ran = project.fa(&["--path", "plain", "--format", "compact"]);
    let code = |line: &str| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned());
    ran.out.lines().filter_map(code).collect()
}

#[test]
fn known_tags() {
    let program = "pub fn f(a: &framealloc::SmartAlloc) { let _tag = a.tag_scope(\"phsyics\"); }";
    assert_eq!(codes(program, ""), [] as [&str; 0]);
    assert_eq!(codes(program, "[tags]\nknown = [\"physics\"]\n"), ["FA802"]);
    assert_eq!(codes(program, "[tags]\nknown = [\"phsyics\"]\n"), [] as [&str; 0]);
}

#[test]
fn tags_of_modules() {
    let program = "pub mod physics {\n    #[framealloc::frame_system(tag = \"audio\", budget = \"1KB\")]\n    \
                   pub fn step(alloc: &framealloc::SmartAlloc) {}\n}";
    assert_eq!(codes(program, ""), [] as [&str; 0]);
    assert_eq!(codes(program, "[tags.modules]\n\"crate::physics\" = \"physics\"\n"), ["FA801"]);
    assert_eq!(codes(program, "[tags.modules]\n\"crate::physics\" = \"audio\"\n"), [] as [&str; 0]);
}

#[test]
fn required_budgets() {
    let program =
        "#[framealloc::frame_system(tag = \"audio\")]\npub fn mix(alloc: &framealloc::SmartAlloc) {}";
    assert_eq!(codes(program, ""), [] as [&str; 0]);
    assert_eq!(codes(program, "[budgets]\nrequired = true\n"), ["FA302"]);
}

#[test]
fn budgets_of_tags() {
    let program = "#[framealloc::frame_system(tag = \"audio\", budget = \"2MB\")]\n\
                   pub fn mix(alloc: &framealloc::SmartAlloc) {}";
    assert_eq!(codes(program, "[budgets.tags]\naudio = \"2MB\"\n"), [] as [&str; 0]);
    assert_eq!(codes(program, "[budgets.tags]\naudio = \"1MB\"\n"), ["FA303"]);
}

#[test]
fn small_loops() {
    let program = "pub fn f(a: &framealloc::SmartAlloc) -> usize {\n    let mut all = Vec::new();\n    \
                   for n in 0..12_u32 {\n        all.push(a.frame_box(n));\n    }\n    all.len()\n}";
    assert_eq!(codes(program, ""), [] as [&str; 0]);
    assert_eq!(codes(program, "[thresholds]\nsmall-loop = 4\n"), ["FA602"]);
}
