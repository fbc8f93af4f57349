//! Sources that nobody would write: mutations of the fixtures, and files that nest for ever.

use std::path::Path;

use crate::fuzzing::{Random, lint, mutated, sources};

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
