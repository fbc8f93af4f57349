//! Sources that nobody would write: mutations of the fixtures, and files that nest for ever.

use std::fs;
use std::path::Path;

use crate::analysis::analyze_with;
use crate::demand::{reach, reach_all};
use crate::fuzzing::{Random, gently, lint, mutated, settings, sources};
use crate::lints::tests::one_crate;

/// Files per analysis, as the modules of one crate.
const TOGETHER: usize = 60;
const ANALYSES: usize = 25;

#[test]
fn mutated_sources_are_linted_without_a_panic() {
    let sources = sources(Path::new(env!("CARGO_MANIFEST_DIR")));
    let mut random = Random::new(42);
    let mut parsed = 0;
    for _ in 0..ANALYSES {
        let mut file = || {
            let (one, other) = (random.below(sources.len()), random.below(sources.len()));
            mutated(&mut random, &sources[one], &sources[other])
        };
        let files: Vec<String> = (0..TOGETHER).map(|_| file()).collect();
        parsed += lint(&files);
    }
    assert!(parsed * 4 > TOGETHER * ANALYSES, "too few mutants get past the parser: {parsed}");
}

/// Of a few files together, so that much of them has nothing to do with framealloc.
#[test]
fn nothing_is_lost_by_not_reading_everything() {
    const CRATES: usize = 80;
    let sources = sources(Path::new(env!("CARGO_MANIFEST_DIR")));
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings();
    let mut random = Random::new(7);
    let mut findings = 0;
    for _ in 0..CRATES {
        let mut paths = Vec::new();
        for at in 0..3 {
            let (one, other) = (random.below(sources.len()), random.below(sources.len()));
            let path = folder.path().join(format!("m{at}.rs"));
            // Without the imports of some, names lead elsewhere or nowhere.
            let text = gently(&mut random, &sources[one], &sources[other]);
            let text = if at == 1 { text.replace("use framealloc", "use elsewhere") } else { text };
            fs::write(&path, text).expect("a file");
            paths.push(path);
        }
        let input = one_crate(&paths.remove(0), paths);
        let [reached, all] =
            [reach, reach_all].map(|reach| analyze_with(&input, &config, true, &|| {}, reach));
        assert_eq!(format!("{:#?}", reached.findings), format!("{:#?}", all.findings));
        findings += all.findings.len();
    }
    assert!(findings > CRATES, "{findings} findings");
}

#[test]
fn what_nests_for_ever_is_an_error_or_a_result() {
    const DEEP: usize = 10_000;
    let around = |open: &str, inside: &str, close: &str| {
        format!("fn f() {{ let x = {}{inside}{}; }}", open.repeat(DEEP), close.repeat(DEEP))
    };
    let files = [
        around("(", "1", ")"),
        around("{", "1", "}"),
        around("[", "1", "]"),
        around("vec![", "1", "]"),
        around("f(", "1", ")"),
        around("|| {", "1", "}"),
        around("if a {", "1", "}"),
        around("Some(", "1", ")"),
        around("!", "true", ""),
        around("-", "1", ""),
        around("&", "x", ""),
        around("1 + ", "1", ""),
        around("a = ", "1", ""),
        around("", "a", ".b()"),
        around("", "a", ".b"),
        around("", "a", "?"),
        around("", "a", "[0]"),
        around("", "if a { 1 }", " else if b { 2 }"),
        around("", "a", " as u8"),
        format!("mod m {{ {}{} }}", "mod m {".repeat(DEEP), "}".repeat(DEEP)),
        format!("fn f() {{ {} {} }}", "loop { if a { break; }".repeat(DEEP), "}".repeat(DEEP)),
        format!("fn f(x: {}u8{}) {{}}", "Vec<".repeat(300), ">".repeat(300)),
        format!("use a::{}b{};", "{c::".repeat(DEEP), "}".repeat(DEEP)),
        format!("fn f() {{ match x {{ {}y => 1 }} }}", "y | ".repeat(DEEP)),
        format!("fn f() {{ let {}x{} = y; }}", "(".repeat(DEEP), ")".repeat(DEEP)),
        "(".repeat(DEEP * 100),
        "fn f() { ".repeat(DEEP),
    ];
    for text in &files {
        lint(&[text]);
    }
}
