//! `--format`, `--output`, `--color`, `-q`, `-v`.

use cargo_metadata::Message;

use crate::support::Project;

fn out(format: &str) -> String {
    Project::with_a_finding().fa(&["--format", format]).code(1).out
}

#[test]
fn the_terminal_looks_like_rustcs() {
    let ran = Project::with_a_finding().fa(&[]).code(1);
    snapbox::assert_data_eq!(
        ran.out,
        snapbox::str![[r#"
warning[FA603]: `?` returns while a frame is open
 --> game/src/lib.rs:6:16
  |
5 |     alloc.begin_frame();
  |     ------------------- begun here
6 |     let read = source.read(&mut block)?;
  |                ^^^^^^^^^^^^^^^^^^^^^^^^ the frame is still open here
  |
  = help: end the frame before leaving, or let `alloc.frame()` end it: its frame ends when the value is dropped
  = note: `cargo fa explain FA603` says more about `open_frame`


"#]]
    );
    snapbox::assert_data_eq!(
        ran.err,
        snapbox::str![[r#"
    Finished 1 warning in 2 crates, 1 file, 9 lines, [..]s

"#]]
    );
}

#[test]
fn every_format_is_written() {
    let json: serde_json::Value = serde_json::from_str(&out("json")).unwrap();
    assert_eq!(json["findings"][0]["code"], "FA603");
    assert_eq!(json["summary"]["warnings"], 1);
    let sarif: serde_json::Value = serde_json::from_str(&out("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "FA603");
    assert!(out("junit").contains("<testcase name=\"FA603 game/src/lib.rs:6:16\" classname=\"open_frame\">"));
    assert!(out("github").starts_with("::warning file=game/src/lib.rs,line=6,"));
    assert!(out("checkstyle").contains("<error line=\"6\" column=\"16\" severity=\"warning\""));
    assert!(out("compact").starts_with("game/src/lib.rs:6:16: warning[FA603]: "));
    assert!(out("human").starts_with("warning[FA603]: "));
}

#[test]
fn editors_get_cargos_messages() {
    let out = out("rustc-json");
    let messages: Vec<_> = Message::parse_stream(out.as_bytes()).map(Result::unwrap).collect();
    let [Message::CompilerMessage(message), Message::BuildFinished(_)] = &messages[..] else {
        panic!("{messages:?}")
    };
    assert_eq!(message.target.name, "game");
    assert!(message.package_id.repr.ends_with("/game#0.1.0"), "{}", message.package_id);
    assert_eq!(message.message.spans[0].file_name, "game/src/lib.rs");
}

#[test]
fn a_file_is_written_whole() {
    let project = Project::with_a_finding();
    project.write("report.sarif", "old");
    let ran = project.fa(&["--format", "sarif", "--output", "report.sarif"]).code(1);
    assert_eq!(ran.out, "");
    let report: serde_json::Value = serde_json::from_str(&project.read("report.sarif")).unwrap();
    assert_eq!(report["version"], "2.1.0");
    let mut names: Vec<_> =
        std::fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(".cargo-fa")), "{names:?}");
    let ran = project.fa(&["--output", "no/such/folder/report"]).code(2);
    assert!(ran.err.starts_with("error: `no/such/folder/report` cannot be written: "), "{ran:?}");
}

#[test]
fn colours_are_as_cargos() {
    let project = Project::with_a_finding();
    let styled = |arguments: &[&str], variables: &[(&str, &str)]| {
        let ran = project.fa_in("", arguments, variables).code(1);
        (ran.out.contains('\x1b'), ran.err.contains('\x1b'))
    };
    assert_eq!(styled(&[], &[]), (false, false), "neither is a terminal");
    assert_eq!(styled(&["--color", "always"], &[]), (true, true));
    assert_eq!(styled(&["--color", "never"], &[("CARGO_TERM_COLOR", "always")]), (false, false));
    assert_eq!(styled(&[], &[("CARGO_TERM_COLOR", "always")]), (true, true));
    assert!(!styled(&["--color", "always", "--format", "compact"], &[]).0);
}

#[test]
fn quiet_and_verbose() {
    let project = Project::with_a_finding();
    assert_eq!(project.fa(&["--quiet"]).code(1).err, "");
    assert!(project.fa(&["-q"]).code(1).out.starts_with("warning[FA603]"));
    let ran = project.fa(&["-v"]).code(1);
    assert!(ran.err.contains("     Linting game lib `game` (game/src/lib.rs)\n"), "{ran:?}");
    project.fa(&["-q", "-v"]).code(2);
}

#[test]
fn summaries_count() {
    let ran = Project::new("").fa(&[]).code(0);
    assert!(ran.err.starts_with("    Finished no findings in 2 crates, "), "{ran:?}");
    let ran = Project::with_a_finding().fa(&["-D", "all"]).code(1);
    assert!(ran.err.starts_with("    Finished 1 error in 2 crates, "), "{ran:?}");
}
