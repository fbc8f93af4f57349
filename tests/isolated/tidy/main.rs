//! The rules of the house that no compiler checks: layers, SAFETY comments, module docs, sizes, licence files.
//!
//! Each rule is a function from sources to a list of offences, and is tried on a small text that breaks it, so that a
//! rule which stopped looking is noticed.

mod rules;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::{
    against_the_layers, too_long, unfinished, without_a_cited_invariant, without_a_reason_for_unsafe,
    without_module_docs,
};
use source::Source;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of the workspace")
}

/// Folders that hold no sources: what cases under way produced, what macros are expected to produce, what is linted.
const NOT_SOURCES: [&str; 3] = ["wip", "snapshots", "fixtures"];

/// Every file with this extension below a folder of the workspace, build output and hidden folders left out.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir()
            && !name.starts_with('.')
            && !name.starts_with("target")
            && !NOT_SOURCES.contains(&name)
        {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let paths = folders.iter().flat_map(|folder| files(&root().join(folder), "rs"));
    let read = paths.map(|path| {
        let text = fs::read_to_string(&path).expect("sources are readable");
        let inside = path.strip_prefix(root()).expect("it was found below the root");
        Source::new(inside.to_string_lossy().replace('\\', "/"), &text)
    });
    let sources: Vec<Source> = read.collect();
    assert!(!sources.is_empty(), "no sources below {folders:?}");
    sources
}

#[track_caller]
fn expect_none(offences: Vec<String>) {
    assert!(offences.is_empty(), "{} offences:\n{}", offences.len(), offences.join("\n"));
}

const PUBLISHED: [&str; 3] = ["framealloc/src", "framealloc-macros/src", "cargo-fa/src"];
const ALL: [&str; 1] = [""];

#[test]
fn every_module_begins_with_documentation() {
    expect_none(without_module_docs(&sources(&PUBLISHED)));
}

#[test]
fn dependencies_point_downwards() {
    expect_none(against_the_layers(&sources(&["framealloc/src"])));
}

#[test]
fn unsafe_code_cites_its_invariants() {
    expect_none(without_a_cited_invariant(&sources(&PUBLISHED)));
}

#[test]
fn unsafe_modules_say_why() {
    expect_none(without_a_reason_for_unsafe(&sources(&PUBLISHED)));
}

#[test]
fn files_hold_one_idea() {
    expect_none(too_long(&sources(&ALL)));
}

#[test]
fn nothing_is_unfinished() {
    // A program of the wall may diverge with `todo!()`: whether that compiles is what it tests.
    let mut written = sources(&ALL);
    written.retain(|source| !source.path.starts_with("ui-tests/"));
    expect_none(unfinished(&written));
}

#[test]
fn every_failing_case_has_its_message() {
    let folder = root().join("ui-tests/fail");
    let stems = |extension| files(&folder, extension).into_iter().map(|path| path.with_extension(""));
    let (cases, messages): (BTreeSet<_>, BTreeSet<_>) = (stems("rs").collect(), stems("stderr").collect());
    assert!(!cases.is_empty(), "no cases below {}", folder.display());
    expect_none(cases.symmetric_difference(&messages).map(|path| path.display().to_string()).collect());
}

#[test]
fn published_packages_carry_their_licences() {
    let mut published = 0;
    for manifest in files(root(), "toml").iter().filter(|path| path.ends_with("Cargo.toml")) {
        let text = fs::read_to_string(manifest).expect("manifests are readable");
        if !text.contains("[package]") || text.contains("publish = false") {
            continue;
        }
        published += 1;
        for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
            let copy = read(&manifest.with_file_name(name));
            assert!(!copy.is_empty(), "{} has no {name} beside it", manifest.display());
            assert_eq!(copy, read(&root().join(name)), "{name} beside {} differs", manifest.display());
        }
    }
    assert!(published >= 3, "the libraries and the linter are published");
}
