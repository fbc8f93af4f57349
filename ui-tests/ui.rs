//! The wall of compile errors.
//!
//! `fail/` holds one mistake per file and the error a user sees for it; `pass/` what has to build. The wording is the
//! compiler's, so it is compared on the pinned toolchain only. Bless with `TRYBUILD=overwrite cargo test -p
//! framealloc-ui-tests --test ui`, then read every changed `.stderr` as a user would.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The toolchain of `rust-toolchain.toml`, whose messages are checked in.
const PINNED: &str = "1.95.";

#[test]
fn errors_read_as_checked_in() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(&format!("rustc {PINNED}")) {
        println!("skipped: the messages are those of rustc {PINNED}x, this is {version}");
        return;
    }
    let cases = trybuild::TestCases::new();
    // Constants that fail show only when something is built, which a `pass` case makes trybuild do.
    cases.pass("pass/**/*.rs");
    cases.compile_fail("fail/**/*.rs");
}

#[test]
fn every_case_has_its_message_and_no_message_is_left_over() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let with = |extension: &str| -> BTreeSet<PathBuf> {
        files(&root.join("fail"))
            .into_iter()
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .map(|path| path.with_extension(""))
            .collect()
    };
    let (cases, messages) = (with("rs"), with("stderr"));
    assert!(cases.len() >= 40, "only {} fail cases", cases.len());
    assert_eq!(
        cases.difference(&messages).collect::<Vec<_>>(),
        Vec::<&PathBuf>::new(),
        "cases without .stderr"
    );
    assert_eq!(
        messages.difference(&cases).collect::<Vec<_>>(),
        Vec::<&PathBuf>::new(),
        ".stderr without a case"
    );
    assert!(files(&root.join("pass")).len() >= 25, "too few pass cases");
}

#[test]
fn messages_show_nothing_of_the_macros_inside() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in
        files(&root.join("fail")).into_iter().filter(|path| path.extension().is_some_and(|e| e == "stderr"))
    {
        let text = fs::read_to_string(&path).unwrap();
        // The compiler names the function whose bound it is, and there is only one.
        for line in text.lines().filter(|line| !line.starts_with("note: required by a bound in")) {
            for inside in ["__framealloc", "__FRAMEALLOC", "__private", "macro-backtrace", "macro expansion"]
            {
                assert!(!line.contains(inside), "{}: {line}", path.display());
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
