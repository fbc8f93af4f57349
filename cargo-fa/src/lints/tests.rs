//! Every lint over every fixture, every page's examples, and the seeded engine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{ALL, Lint};
use crate::analysis::{Analysis, analyze};
use crate::config::Config;
use crate::driver;
use crate::finding::{Finding, Level};
use crate::project::{CargoTarget, Cfg, CrateInput, Dependency, Input};

/// The folder of the lints' folders.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lints")
}

fn folder_of(lint: &Lint) -> PathBuf {
    folder().join(format!("{}_{}", lint.code.to_lowercase(), lint.name))
}

/// Lints one crate with this root; other files are its modules.
pub(crate) fn lint_crate(root: &Path, others: Vec<PathBuf>, config: &Config) -> Analysis {
    let mut analysis = analyze(&one_crate(root, others), config, true, &|| {});
    driver::finish(&mut analysis);
    analysis
}

pub(crate) fn one_crate(root: &Path, others: Vec<PathBuf>) -> Input {
    Input {
        root: root.parent().expect("a file is in a folder").to_owned(),
        crates: vec![CrateInput {
            name: "fixture".into(),
            package: "fixture".into(),
            root: root.to_owned(),
            others,
            whole: true,
            dependencies: [("framealloc".to_owned(), Dependency::Framealloc)].into(),
            cfg: Cfg::default(),
            selected: true,
            cargo: CargoTarget::of_folder(root, "fixture"),
        }],
    }
}

/// Findings of lints that are off are shown only when the configuration turns them on.
pub(super) fn shown<'a>(analysis: &'a Analysis, config: &'a Config) -> impl Iterator<Item = &'a Finding> {
    analysis.findings.iter().filter(|finding| config.levels.of(finding.lint) != Level::Allow)
}

/// `file:line CODE` for every finding.
pub(super) fn found(analysis: &Analysis, config: &Config) -> BTreeSet<String> {
    let place = |finding: &Finding| {
        let file = analysis.sources.get(finding.primary.span.file);
        let line = file.position(finding.primary.span.start).line;
        format!("{}:{line} {}", file.path, finding.lint.code)
    };
    shown(analysis, config).map(place).collect()
}

/// `file:line CODE` for every marker `//~ CODE`, which may name several codes, on the line that it is on. `//~ ok CODE`
/// is a place that looks like a mistake.
pub(super) fn expected(analysis: &Analysis) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for &id in &analysis.linted {
        let file = analysis.sources.get(id);
        for (at, line) in file.text.lines().enumerate() {
            let Some((_, marker)) = line.split_once("//~ ") else { continue };
            if marker.starts_with("ok ") {
                continue;
            }
            expected.extend(marker.split_whitespace().map(|code| format!("{}:{} {code}", file.path, at + 1)));
        }
    }
    expected
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("can be read").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    files.sort();
    files
}

/// The configuration that a fixture asks for: lines `//@ key = value` of TOML at its start.
fn config_of(text: &str) -> Config {
    let lines = text.lines().map_while(|line| line.strip_prefix("//@ "));
    let toml: String = lines.flat_map(|line| [line, "\n"]).collect();
    config_from(&toml)
}

pub(super) fn config_from(toml: &str) -> Config {
    crate::config::read(".fa.toml", toml).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn every_lint_finds_what_fixtures_mark_and_nothing_else() {
    let mut wrong = Vec::new();
    for lint in ALL {
        for path in rust_files(&folder_of(lint).join("fixtures")) {
            let text = fs::read_to_string(&path).expect("can be read");
            let config = config_of(&text);
            let analysis = lint_crate(&path, Vec::new(), &config);
            let (found, expected) = (found(&analysis, &config), expected(&analysis));
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            if name.starts_with("good_") != expected.is_empty() {
                wrong.push(format!("{name}: a `bad_` fixture has marks, a `good_` one has none"));
            }
            wrong.extend(found.difference(&expected).map(|place| format!("{name}: blamed {place}")));
            wrong.extend(expected.difference(&found).map(|place| format!("{name}: not found {place}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_lint_has_a_bad_and_a_good_fixture() {
    for lint in ALL {
        for kind in ["bad_", "good_"] {
            let files = rust_files(&folder_of(lint).join("fixtures"));
            let has = files
                .iter()
                .any(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind)));
            assert!(has, "{} has no fixture {kind}*.rs", lint.code);
        }
    }
}

#[test]
fn folders_and_the_table_agree() {
    let folders: BTreeSet<String> = fs::read_dir(folder())
        .expect("can be read")
        .map(|entry| entry.expect("can be read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let named: BTreeSet<String> =
        ALL.iter().map(|lint| format!("{}_{}", lint.code.to_lowercase(), lint.name)).collect();
    assert_eq!(folders, named);
    assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code), "the table is not sorted");
}

#[test]
fn the_readme_lists_every_lint() {
    let readme = include_str!("../../README.md");
    for lint in ALL {
        let row = format!("| {} | `{}` | {}", lint.code, lint.name, lint.summary);
        assert!(readme.contains(&row), "README.md lacks `{row}`");
    }
}

#[test]
fn pages_have_their_parts() {
    for lint in ALL {
        let title = format!("# {}: ", lint.code);
        assert!(lint.page.starts_with(&title), "{} does not begin with `{title}`", lint.code);
        for part in ["What it does", "Why it matters", "Example", "Use instead", "Configuration"] {
            assert!(lint.page.contains(&format!("\n## {part}\n")), "{} has no part `{part}`", lint.code);
        }
    }
}

#[test]
fn examples_of_pages_are_found_and_what_to_use_instead_is_not() {
    let folder = std::env::temp_dir().join(format!("cargo-fa-pages-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the examples");
    let mut wrong = Vec::new();
    for lint in ALL {
        for (part, blamed) in [("Example", true), ("Use instead", false)] {
            let code = code_of(lint.page, part);
            assert!(!code.is_empty(), "{}: `{part}` has no code", lint.code);
            let path = folder.join(format!("{}_{}.rs", lint.code, blamed));
            let whole = format!("fn main() {{\n{code}\n}}");
            // What parses neither way is meant not to.
            let is_body = syn::parse_file(&code).is_err() && syn::parse_file(&whole).is_ok();
            let code = if is_body { whole } else { code };
            fs::write(&path, &code).expect("an example");
            let config = config_of(&code);
            let analysis = lint_crate(&path, Vec::new(), &config);
            let found: Vec<&str> = shown(&analysis, &config).map(|finding| finding.lint.code).collect();
            let as_said = if blamed { found == [lint.code] } else { found.is_empty() };
            if !as_said {
                wrong.push(format!("{}: `{part}` gives {found:?}", lint.code));
            }
        }
    }
    fs::remove_dir_all(&folder).expect("the folder goes");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first block of Rust below a heading, with the lines that rustdoc hides.
fn code_of(page: &str, part: &str) -> String {
    let Some((_, after)) = page.split_once(&format!("\n## {part}\n")) else { return String::new() };
    let after = after.split("\n## ").next().unwrap_or(after);
    let Some((_, block)) = after.split_once("```rust") else { return String::new() };
    let block = block.split_once('\n').map_or("", |(_, rest)| rest);
    let block = block.split("```").next().unwrap_or("");
    let shown = |line: &str| line.strip_prefix("# ").map(str::to_owned).unwrap_or_else(|| line.to_owned());
    block.lines().filter(|line| *line != "#").map(|line| shown(line) + "\n").collect()
}

#[test]
fn messages_are_phrases() {
    let mut wrong = Vec::new();
    for lint in ALL {
        for path in rust_files(&folder_of(lint).join("fixtures")) {
            let text = fs::read_to_string(&path).expect("can be read");
            for finding in lint_crate(&path, Vec::new(), &config_of(&text)).findings {
                let message = &finding.message;
                if message.ends_with('.') || message.starts_with(|c: char| c.is_uppercase()) {
                    wrong.push(format!("{}: `{message}`", lint.code));
                }
                if finding.helps.is_empty() && finding.fix.is_none() {
                    wrong.push(format!("{}: says no way out: `{message}`", lint.code));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The engine with thirty mistakes and thirty look-alikes, which was written before the lints.
#[test]
fn the_seeded_engine() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeded");
    let toml = fs::read_to_string(folder.join(".fa.toml")).expect("can be read");
    let others = rust_files(&folder.join("src"));
    let root = folder.join("src/lib.rs");
    let config = config_from(&toml);
    let analysis = lint_crate(&root, others, &config);
    let (found, expected) = (found(&analysis, &config), expected(&analysis));
    assert_eq!(expected.len(), 30);
    let blamed: Vec<&String> = found.difference(&expected).collect();
    let missed: Vec<&String> = expected.difference(&found).collect();
    assert!(blamed.is_empty(), "blamed: {blamed:#?}");
    assert!(missed.is_empty(), "not found: {missed:#?}");
}
