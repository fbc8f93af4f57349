//! Sources that nobody would write: mutations of the fixtures, and files that nest for ever.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysis::{Analysis, analyze_with};
use crate::config::Config;
use crate::demand::{reach, reach_all};
use crate::finding::Confidence;
use crate::lints::tests::{lint_crate, one_crate};

/// Files per analysis, as the modules of one crate.
const TOGETHER: usize = 60;
const ANALYSES: usize = 25;

/// The settings under which most lints speak.
fn config() -> Config {
    let seeded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeded/.fa.toml");
    let text = fs::read_to_string(seeded).expect("can be read");
    let known = text.lines().filter(|line| !line.starts_with("FA")).map(|line| line.to_owned() + "\n");
    let config = crate::config::read(".fa.toml", &known.collect::<String>());
    let config = config.unwrap_or_else(|mistakes| panic!("{mistakes}"));
    Config { min_confidence: Confidence::Low, ..config }
}

fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = ignore::WalkBuilder::new(folder.join("src/lints"))
        .add(folder.join("tests/seeded/src"))
        .build()
        .map(|entry| entry.expect("can be read").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| {
            path.parent().is_some_and(|folder| folder.ends_with("fixtures") || folder.ends_with("src"))
        })
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).expect("can be read")).collect()
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    fn pick<'t>(&mut self, parts: &[&'t str]) -> &'t str {
        if parts.is_empty() { "" } else { parts[self.below(parts.len())] }
    }
}

/// Names, numbers, and single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end =
            if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

fn mutated(random: &mut Random, one: &str, other: &str) -> String {
    if random.below(3) > 0 { gently(random, one, other) } else { roughly(random, one, other) }
}

/// Statements and names change places: most of it still parses.
fn gently(random: &mut Random, one: &str, other: &str) -> String {
    let is_whole = |line: &&str| {
        let count = |brackets: &[char]| line.matches(brackets).count();
        line.trim_end().ends_with(';') && count(&['(', '[', '{']) == count(&[')', ']', '}'])
    };
    let is_name = |token: &&str| token.starts_with(|c: char| c.is_alphabetic());
    let (mut parts, others) = (lines(one), lines(other));
    let statements: Vec<&str> = others.into_iter().filter(is_whole).collect();
    let places: Vec<usize> = (0..parts.len()).filter(|at| is_whole(&parts[*at])).collect();
    for _ in 0..random.below(3) {
        let Some(&at) = places.get(random.below(places.len())) else { break };
        match random.below(4) {
            0 => parts[at] = "",
            1 => parts[at] = random.pick(&statements),
            2 => parts.swap(at, places[random.below(places.len())]),
            _ => {
                let line = parts[at];
                parts.insert(at, line);
            }
        }
    }
    let text = parts.concat();
    let mut parts = tokens(&text);
    let names: Vec<&str> = tokens(other).into_iter().filter(is_name).collect();
    let places: Vec<usize> = (0..parts.len()).filter(|at| is_name(&parts[*at])).collect();
    for _ in 0..random.below(3) {
        let Some(&at) = places.get(random.below(places.len())) else { break };
        parts[at] = random.pick(&names);
    }
    parts.concat()
}

/// Anything may be cut, doubled, swapped or spliced.
fn roughly(random: &mut Random, one: &str, other: &str) -> String {
    let by_line = random.below(2) == 0;
    let split = |text| if by_line { lines(text) } else { tokens(text) };
    let (mut parts, others) = (split(one), split(other));
    for _ in 0..=random.below(4) {
        let at = random.below(parts.len());
        let end = (at + 1 + random.below(3)).min(parts.len());
        match random.below(6) {
            0 => drop(parts.drain(at..end)),
            1 => {
                let copy = parts[at..end].to_vec();
                parts.splice(at..at, copy);
            }
            2 => {
                let from = random.below(others.len());
                let to = (from + 1 + random.below(12)).min(others.len());
                parts.splice(at..end, others[from..to].iter().copied());
            }
            3 => parts[at] = random.pick(&others),
            4 => {
                let to = random.below(parts.len());
                parts.swap(at, to);
            }
            _ => parts.truncate(end),
        }
        if parts.is_empty() {
            break;
        }
    }
    let mut text = parts.concat();
    if random.below(8) == 0 {
        // Somewhere within a token.
        let mut at = random.below(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert(at, ['{', ')', '"', '\u{e9}', '\0', '\'', '#'][random.below(7)]);
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn is_sound(analysis: &Analysis) {
    assert!(analysis.gave_up.is_empty(), "not lowered: {:?}", analysis.gave_up);
    let wrong = analysis.unparsed.iter().filter(|(_, _, reason)| reason.contains("gave up"));
    let wrong: Vec<&str> = wrong.map(|(file, ..)| analysis.sources.get(*file).text.as_str()).collect();
    assert!(wrong.is_empty(), "not parsed: {wrong:#?}");
    for finding in &analysis.findings {
        let labels = finding.secondary.iter().chain([&finding.primary]);
        for label in labels {
            let file = analysis.sources.get(label.span.file);
            assert!(file.text.get(label.span.range()).is_some(), "{}: {label:?}", finding.lint.code);
        }
    }
}

#[test]
fn mutated_sources_are_linted_without_a_panic() {
    let sources = sources();
    let folder = tempfile::tempdir().expect("a folder");
    let config = config();
    let mut random = Random(42);
    let mut parsed = 0;
    for _ in 0..ANALYSES {
        let mut paths = Vec::new();
        for at in 0..TOGETHER {
            let (one, other) = (random.below(sources.len()), random.below(sources.len()));
            let path = folder.path().join(format!("m{at}.rs"));
            fs::write(&path, mutated(&mut random, &sources[one], &sources[other])).expect("a file");
            paths.push(path);
        }
        let root = paths.remove(0);
        let analysis = lint_crate(&root, paths, &config);
        is_sound(&analysis);
        parsed += TOGETHER - analysis.unparsed.len();
    }
    assert!(parsed * 4 > TOGETHER * ANALYSES, "too few mutants get past the parser: {parsed}");
}

/// Of a few files together, so that much of them has nothing to do with framealloc.
#[test]
fn nothing_is_lost_by_not_reading_everything() {
    const CRATES: usize = 80;
    let sources = sources();
    let folder = tempfile::tempdir().expect("a folder");
    let config = config();
    let mut random = Random(7);
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
    let folder = tempfile::tempdir().expect("a folder");
    for (at, text) in files.iter().enumerate() {
        let path = folder.path().join(format!("deep{at}.rs"));
        fs::write(&path, text).expect("a file");
        let analysis = lint_crate(&path, Vec::new(), &config());
        is_sound(&analysis);
        assert!(analysis.unparsed.len() < 2);
    }
}
