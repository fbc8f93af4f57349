//! A mistake of each lint, typed into the example `engine`.
//!
//! `tests/engine_mistakes` has one file per code: what the programmer wants, and then what is typed, as in a diff without
//! numbers. `@@ FILE` begins a change; its lines that begin with a space or `-` are in the file once, those that begin with
//! a space or `+` take their place. A marker `//~ CODE` is on the line to be blamed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::tests::{config_from, expected, found, lint_crate, shown};
use super::{ALL, Lint};
use crate::config::Config;

type Files = BTreeMap<PathBuf, String>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine_mistakes")
}

fn config() -> Config {
    config_from(&fs::read_to_string(folder().join(".fa.toml")).expect("can be read"))
}

/// The sources of the example by their paths in its folder.
fn engine() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/engine");
    let paths =
        ignore::WalkBuilder::new(&folder).build().map(|entry| entry.expect("can be read").into_path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("can be read");
            (path.strip_prefix(&folder).expect("is below it").to_owned(), text)
        })
        .collect()
}

/// Writes what the file of `lint` says into `files`.
fn type_into(files: &mut Files, lint: &Lint) -> Result<(), String> {
    let path = folder().join(lint.code).with_extension("diff");
    let text = fs::read_to_string(&path).map_err(|_| format!("{}: no mistake is typed", lint.code))?;
    for change in text.split("@@ ").skip(1) {
        let (file, lines) = change.split_once('\n').expect("a change has lines");
        let side = |signs: [&str; 2]| -> String {
            let line = |line: &str| {
                let rest = signs.iter().find_map(|sign| line.strip_prefix(sign))?;
                Some(rest.to_owned())
            };
            lines.split_inclusive('\n').filter_map(line).collect()
        };
        let (before, after) = (side([" ", "-"]), side([" ", "+"]));
        let text = files.get_mut(Path::new(file)).ok_or_else(|| format!("{}: no file {file}", lint.code))?;
        if text.matches(&before).count() != 1 {
            return Err(format!("{}: {file} does not have this once:\n{before}", lint.code));
        }
        *text = text.replacen(&before, &after, 1);
    }
    Ok(())
}

/// Lints the files in a folder of their own; what is wrong with the findings, for `lint` or for the untouched engine.
fn wrong_findings(files: &Files, lint: Option<&Lint>, config: &Config) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut paths = Vec::new();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        paths.push(path);
    }
    let root = folder.path().join("main.rs");
    paths.retain(|path| *path != root);
    let analysis = lint_crate(&root, paths, config);
    let (found, expected) = (found(&analysis, config), expected(&analysis));
    let name = lint.map_or("the engine", |lint| lint.code);
    let mut wrong = Vec::new();
    if lint
        .is_some_and(|lint| expected.is_empty() || expected.iter().any(|place| !place.ends_with(lint.code)))
    {
        wrong
            .push(format!("{name}: what is typed is marked with this code, and with no other: {expected:?}"));
    }
    wrong.extend(found.difference(&expected).map(|place| format!("{name}: blamed {place}")));
    wrong.extend(expected.difference(&found).map(|place| format!("{name}: not found {place}")));
    for finding in
        shown(&analysis, config).filter(|finding| finding.helps.is_empty() && finding.fix.is_none())
    {
        wrong.push(format!("{name}: says not what to write instead: {}", finding.message));
    }
    wrong
}

#[test]
fn a_mistake_of_each_lint_is_found_in_the_engine() {
    let (engine, config) = (engine(), config());
    assert!(engine.len() > 30, "{}", engine.len());
    let mut wrong = wrong_findings(&engine, None, &config);
    let files = fs::read_dir(folder()).expect("can be read").map(|entry| entry.expect("can be read").path());
    let typed = files.filter(|path| path.extension().is_some_and(|extension| extension == "diff")).count();
    assert_eq!(typed, ALL.len(), "one mistake for each lint");
    let of_lint = |lint: &&Lint| {
        let mut files = engine.clone();
        match type_into(&mut files, lint) {
            Ok(()) => wrong_findings(&files, Some(lint), &config),
            Err(error) => vec![error],
        }
    };
    wrong.par_extend(ALL.par_iter().flat_map_iter(of_lint));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
