//! `probe` is found at each `BAD`.

use std::path::{Path, PathBuf};

use super::*;
use crate::lints::PROBE;

fn outcome(text: &str) -> (Sources, Outcome) {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new(Path::new("/w"), PathBuf::from("/w/src/lib.rs"), text.to_owned()));
    let findings = text.match_indices("BAD").map(|(at, bad)| {
        let span = Span { file, start: at as u32, end: (at + bad.len()) as u32 };
        Finding::new(&PROBE, span, "bad")
    });
    let findings = findings.collect();
    let outcome = apply(&sources, &[file], findings);
    (sources, outcome)
}

/// `code line: message` of what is left.
fn left(text: &str) -> Vec<String> {
    let (sources, outcome) = outcome(text);
    let mut findings = outcome.findings;
    findings.sort_by_key(|finding| finding.primary.span);
    let shown = findings.iter().map(|finding| {
        let line = sources.get(finding.primary.span.file).position(finding.primary.span.start).line;
        format!("{} {line}: {}", finding.lint.code, finding.message)
    });
    shown.collect()
}

#[test]
fn each_form_covers_what_it_should() {
    for text in [
        "fn f() { BAD; } // fa:allow(FA699): why",
        "fn f() { BAD /* fa:allow(FA699): why */ ; }",
        "// fa:allow(probe): why\nfn f() {\n    g();\n    BAD;\n}",
        "// fa:allow(fa699): why\n#[inline]\n/// doc\nfn f() {\n    BAD;\n}",
        "fn f() {\n    // fa:allow(FA699): why\n    let a =\n        g(BAD);\n}",
        "struct S {\n    // fa:allow(FA699): why\n    a: BAD,\n}",
        "impl S {\n    // fa:allow(FA699): why\n    fn f() {\n        BAD;\n    }\n}",
        "// fa:allow(FA699): why\nmod m {\n    fn f() { BAD; }\n}",
        "#[cfg_attr(false, fa::allow(FA699, reason = \"why\"))]\nfn f() { BAD; }",
        "#![cfg_attr(any(), fa::allow(probe, reason = \"why\"))]\nfn f() { BAD; }",
        "fn f( {\n// fa:allow(FA699): a file that does not parse\nBAD",
    ] {
        assert_eq!(left(text), [] as [&str; 0], "{text}");
        assert_eq!(outcome(text).1.suppressed, 1, "{text}");
    }
}

#[test]
fn what_is_not_covered_stays() {
    let text = "// fa:allow(FA699): why\nfn f() { BAD; }\nfn g() { BAD; }";
    assert_eq!(left(text), ["FA699 3: bad"]);
    let text = "fn g() {\n    f(); // fa:allow(FA699): why\n    BAD;\n}";
    assert_eq!(left(text), ["FA521 2: nothing here needs the suppression of FA699", "FA699 3: bad"]);
    let text = "fn g() {\n    f(\"// fa:allow(FA699): why\", BAD);\n}";
    assert_eq!(left(text), ["FA699 2: bad"]);
}

#[test]
fn nested_suppressions_are_all_in_use() {
    let text = "// fa:allow(FA699): one\nfn f() {\n    // fa:allow(FA699): two\n    BAD;\n}";
    assert_eq!(left(text), [] as [&str; 0]);
}

#[test]
fn documentation_may_stand_between() {
    let text = "// fa:allow(FA699): one\n/// What it does.\n#[inline]\nfn f() {\n    BAD;\n}";
    assert_eq!(left(text), [] as [&str; 0]);
}

#[test]
fn a_reason_is_required_but_the_suppression_works() {
    let text = "// fa:allow(FA699)\nfn f() { BAD; }\n#[cfg_attr(false, fa::allow(FA699))]\nfn g() { BAD; }";
    assert_eq!(
        left(text),
        ["FA520 1: this suppression does not say why", "FA520 3: this suppression does not say why"]
    );
}

#[test]
fn what_cannot_be_suppressed_is_said() {
    let text =
        "// fa:allow(FA521, FA310, FA403, FA69, nonsense): why\nfn f() {}\n// fa:alow(FA699): why\nfn g() {}";
    insta::assert_debug_snapshot!(left(text), @r#"
    [
        "FA522 1: the code FA521 is about the linter's own work and cannot be suppressed here",
        "FA522 1: the code FA310 cannot be suppressed here: the runtime reports it, while the program runs",
        "FA522 1: the code FA403 cannot be suppressed here: it is reserved for lints about the GPU integration",
        "FA522 1: no lint is called `FA69`",
        "FA522 1: no lint is called `nonsense`",
        "FA522 3: `fa:alow` is no directive of this linter",
    ]
    "#);
}

#[test]
fn code_that_this_run_may_not_see_keeps_its_suppressions() {
    let text = "#[cfg(windows)]\nfn f() {\n    // fa:allow(FA699): why\n    g();\n}\n// fa:allow(FA699): why\n#[cfg(windows)]\nfn h() {}";
    assert_eq!(left(text), [] as [&str; 0]);
}

/// The text after all fixes of FA521 that do not overlap.
fn fixed(text: &str) -> String {
    let (_, outcome) = outcome(text);
    let fixes = outcome.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let mut edits: Vec<_> = fixes.flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    edits.dedup();
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

#[test]
fn fixes_remove_what_is_unused_and_nothing_else() {
    for (text, expected) in [
        ("a!();\n    // fa:allow(FA699): why\nb!();\n", "a!();\nb!();\n"),
        ("a!(); // fa:allow(FA699): why\nb!();\n", "a!();\nb!();\n"),
        ("// fa:allow(FA699): why\r\nb!();\r\n", "b!();\r\n"),
        ("a!(/* fa:allow(FA699): why */);\n", "a!();\n"),
        ("b!();\n// fa:allow(FA699): why", "b!();\n"),
    ] {
        assert_eq!(fixed(text), expected, "{text:?}");
    }
}

#[test]
fn a_file_in_two_crates_is_one_file() {
    let mut sources = Sources::default();
    let text = "// fa:allow(FA699): only the second crate is at fault\nfn f() { BAD; }\n";
    let mut add = || sources.add(SourceFile::new(Path::new("/w"), PathBuf::from("/w/a.rs"), text.to_owned()));
    let (first, second) = (add(), add());
    let start = text.find("BAD").unwrap() as u32;
    let finding = Finding::new(&PROBE, Span { file: second, start, end: start + 3 }, "bad");
    let outcome = apply(&sources, &[first, second], vec![finding]);
    assert_eq!((outcome.findings.len(), outcome.suppressed), (0, 1));
}
