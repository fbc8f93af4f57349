//! What the tests of robustness and the fuzz target share: sources, mutations of them, and a run of all lints that must
//! end well. It is no part of the interface.

mod mutate;

#[cfg(test)]
pub(crate) use mutate::gently;
pub use mutate::{Random, mutated};

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysis::{Analysis, analyze};
use crate::config::{self, Config};
use crate::driver;
use crate::finding::Confidence;
use crate::project::Input;
use crate::workspace::plain;

/// The settings under which every lint speaks.
const SETTINGS: &str = r#"
[lints]
all = "warn"

[tags]
known = ["ai", "physics", "physics/broad", "render"]

[tags.modules]
crate = "physics"

[budgets]
required = true

[budgets.tags]
physics = "1MB"
"#;

/// The fixtures of all lints and the seeded engine, sorted by their paths; `package` is the folder of this package.
///
/// # Panics
/// When a file cannot be read.
pub fn sources(package: &Path) -> Vec<String> {
    let folders =
        ignore::WalkBuilder::new(package.join("src/lints")).add(package.join("tests/seeded/src")).build();
    let is_one = |path: &PathBuf| {
        let folder =
            path.parent().is_some_and(|folder| folder.ends_with("fixtures") || folder.ends_with("src"));
        folder && path.extension().is_some_and(|extension| extension == "rs")
    };
    let mut paths: Vec<PathBuf> =
        folders.map(|entry| entry.expect("can be read").into_path()).filter(is_one).collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).expect("can be read")).collect()
}

/// Lints files that are the modules of one crate; how many of them were parsed.
///
/// # Panics
/// When the linter fails at something, or points to where no text is.
pub fn lint(files: &[impl AsRef<[u8]>]) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    for (at, text) in files.iter().enumerate() {
        fs::write(folder.path().join(format!("m{at}.rs")), text).expect("a file");
    }
    let input = plain(folder.path(), &[]).expect("the folder can be read");
    let analysis = lint_input(&input);
    assert_sound(&analysis);
    files.len() - analysis.unparsed.len()
}

/// All lints, and findings of every confidence.
pub(crate) fn settings() -> Config {
    let config = config::read(".fa.toml", SETTINGS).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    Config { min_confidence: Confidence::Low, ..config }
}

fn lint_input(input: &Input) -> Analysis {
    let mut analysis = analyze(input, &settings(), true, &|| {});
    driver::finish(&mut analysis);
    analysis
}

fn assert_sound(analysis: &Analysis) {
    assert!(analysis.gave_up.is_empty(), "not lowered: {:?}", analysis.gave_up);
    let wrong = analysis.unparsed.iter().filter(|(_, _, reason)| reason.contains("gave up"));
    let wrong: Vec<&str> = wrong.map(|(file, ..)| analysis.sources.get(*file).text.as_str()).collect();
    assert!(wrong.is_empty(), "not parsed: {wrong:#?}");
    for finding in &analysis.findings {
        for label in finding.secondary.iter().chain([&finding.primary]) {
            let file = analysis.sources.get(label.span.file);
            assert!(file.text.get(label.span.range()).is_some(), "{}: {label:?}", finding.lint.code);
        }
    }
}
