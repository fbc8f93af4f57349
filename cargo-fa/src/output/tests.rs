//! Each format over the same three findings, and over none.

#[path = "schema_tests.rs"]
mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::finding::{Confidence, Edit, Fix};
use crate::lints::PROBE;
use crate::project::{CargoTarget, Cfg, CrateInput};
use crate::source::{FileId, SourceFile};

const PHYSICS: &str = "fn step(alloc: &SmartAlloc) {\n    for body in bodies {\n        let c = alloc.frame_box(body);\n        äöü(c, \"<&>\");\n    }\n}\n";
const RENDER: &str = "fn draw(c: FrameBox<Contact>) {\n\tdrop(c);\n}\n";

fn input() -> Input {
    Input {
        root: PathBuf::from("/w"),
        crates: vec![CrateInput {
            name: "my_game".to_owned(),
            package: "my-game".to_owned(),
            root: PathBuf::from("/w/src/lib.rs"),
            others: Vec::new(),
            whole: true,
            dependencies: BTreeMap::new(),
            cfg: Cfg::default(),
            selected: true,
            cargo: CargoTarget {
                package_id: "path+file:///w#my-game@0.1.0".to_owned(),
                ..CargoTarget::of_folder(Path::new("/w"), "my-game")
            },
        }],
    }
}

fn span(file: FileId, text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap() as u32;
    Span { file, start, end: start + part.len() as u32 }
}

fn findings(sources: &mut Sources) -> Vec<Finding> {
    let mut add = |path: &str, text: &str| {
        sources.add(SourceFile::new(Path::new("/w"), PathBuf::from(path), text.to_owned()))
    };
    let physics = add("/w/src/physics, 2%.rs", PHYSICS);
    let render = add("/w/src/render.rs", RENDER);
    let mut first =
        Finding::new(&PROBE, span(physics, PHYSICS, "alloc.frame_box(body)"), "one allocation per round")
            .label("allocates `bodies.len()` times")
            .also(span(physics, PHYSICS, "for body in bodies"), "this loop has no bound")
            .also(span(render, RENDER, "drop(c)"), "and is freed here")
            .note("each is 24 bytes")
            .help("allocate all of them at once")
            .fix(Fix {
                title: "use a frame slice".to_owned(),
                edits: vec![Edit {
                    span: span(physics, PHYSICS, "frame_box(body)"),
                    replacement: "frame_slice(bodies)".to_owned(),
                }],
                machine_applicable: true,
            });
    first.item = "my_game::physics::step".to_owned();
    let mut second =
        Finding::new(&PROBE, span(physics, PHYSICS, "c, \"<&>\""), "`<&>` is 50% odd\nin two lines");
    second.level = Level::Deny;
    let third = Finding::new(&PROBE, span(render, RENDER, "drop(c)"), "perhaps").confidence(Confidence::Low);
    vec![first, second, third]
}

fn written(format: Format, some: bool) -> String {
    let mut sources = Sources::default();
    let mut findings = findings(&mut sources);
    if !some {
        findings.clear();
    }
    let fingerprints = Fingerprint::of_all(&sources, &findings);
    let input = input();
    let counts = Counts { crates: 1, files: 2, lines: 9, suppressed: 3, baseline: 4 };
    let report =
        Report { input: &input, sources: &sources, findings: &findings, fingerprints: &fingerprints, counts };
    let mut out = Vec::new();
    write(&report, format, false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn human() {
    insta::assert_snapshot!(written(Format::Human, true));
    assert_eq!(written(Format::Human, false), "");
}

#[test]
fn compact() {
    insta::assert_snapshot!(written(Format::Compact, true));
    assert_eq!(written(Format::Compact, false), "");
}

#[test]
fn github() {
    insta::assert_snapshot!(written(Format::Github, true));
    assert_eq!(written(Format::Github, false), "");
}

#[test]
fn checkstyle() {
    insta::assert_snapshot!(written(Format::Checkstyle, true));
    insta::assert_snapshot!(written(Format::Checkstyle, false));
}

#[test]
fn junit() {
    insta::assert_snapshot!(written(Format::Junit, true));
    insta::assert_snapshot!(written(Format::Junit, false));
}

#[test]
fn junit_is_as_its_schema_says() {
    let schema = schema::Schema::read(include_str!("../../tests/schemas/junit.xsd"));
    assert_eq!(schema.mistakes(&written(Format::Junit, true)), [] as [String; 0]);
    assert_eq!(schema.mistakes(&written(Format::Junit, false)), [] as [String; 0]);
    let wrong =
        "<testsuites skipped=\"0\"><testsuite name=\"a\"><failure/><testcase/></testsuite></testsuites>";
    assert_eq!(
        schema.mistakes(wrong),
        [
            "<testsuites> has an attribute `skipped`",
            "<testsuite> has no attribute `tests`",
            "<failure> in <testsuite>",
            "<testcase> has no attribute `name`",
        ]
    );
}

#[test]
fn xml_holds_no_control_characters() {
    assert_eq!(xml_text("a\u{1b}[1m\0\tb\u{fffe}ä\u{1f600}"), "a[1m\tbä\u{1f600}");
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = include_str!("../../schema/findings.schema.json");
    assert_valid(schema, &written(Format::Json, true));
    assert_valid(schema, &written(Format::Json, false));
    insta::assert_snapshot!(written(Format::Json, true));
}

#[test]
fn the_schema_of_json_is_strict() {
    let schema = include_str!("../../schema/findings.schema.json");
    let mut document: serde_json::Value = serde_json::from_str(&written(Format::Json, true)).unwrap();
    document["findings"][0]["surprise"] = true.into();
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    assert!(!validator.is_valid(&document));
}

#[test]
fn sarif_is_as_its_schema_says() {
    // A pattern of the schema has a bracket too many, which ECMAScript takes as itself and other engines refuse.
    let schema = include_str!("../../tests/schemas/sarif-2.1.0.json").replace("{2}]?$", "{2}?$");
    let text = written(Format::Sarif, true);
    assert_valid(&schema, &text);
    assert_valid(&schema, &written(Format::Sarif, false));
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&log["runs"][0]["results"]).unwrap());
}

#[test]
fn sarif_has_every_lint_with_its_page() {
    let log: serde_json::Value = serde_json::from_str(&written(Format::Sarif, false)).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), crate::lints::ALL.len());
    for (rule, lint) in rules.iter().zip(crate::lints::ALL) {
        assert_eq!(rule["id"], lint.code);
        assert_eq!(rule["help"]["markdown"], crate::catalogue::find(lint.code).unwrap().page());
        assert!(rule["helpUri"].as_str().unwrap().ends_with(&format!("codes/constant.{}.html", lint.code)));
    }
}

#[test]
fn the_stream_is_one_that_cargo_could_have_written() {
    use cargo_metadata::Message;
    use cargo_metadata::diagnostic::{Applicability, DiagnosticLevel};

    let text = written(Format::RustcJson, true);
    let messages: Vec<_> = Message::parse_stream(text.as_bytes()).map(Result::unwrap).collect();
    let [
        Message::CompilerMessage(first),
        Message::CompilerMessage(second),
        Message::CompilerMessage(_),
        Message::BuildFinished(end),
    ] = &messages[..]
    else {
        panic!("{messages:#?}")
    };
    assert!(!end.success, "one is an error");
    assert_eq!(first.package_id.repr, "path+file:///w#my-game@0.1.0");
    assert_eq!(first.target.name, "my_game");
    let message = &first.message;
    assert_eq!(message.level, DiagnosticLevel::Warning);
    assert_eq!(message.code.as_ref().unwrap().code, "FA699");
    assert_eq!(message.spans.len(), 3);
    assert_eq!(message.spans[0].file_name, "src/physics, 2%.rs");
    assert_eq!((message.spans[0].line_start, message.spans[0].column_start), (3, 17));
    assert_eq!(message.spans[0].text[0].text, "        let c = alloc.frame_box(body);");
    let suggestion = &message.children[2].spans[0];
    assert_eq!(suggestion.suggested_replacement.as_deref(), Some("frame_slice(bodies)"));
    assert_eq!(suggestion.suggestion_applicability, Some(Applicability::MachineApplicable));
    assert!(message.rendered.as_ref().unwrap().starts_with("warning[FA699]: one allocation per round\n"));
    assert_eq!(second.message.level, DiagnosticLevel::Error);
    assert_eq!(written(Format::RustcJson, false), "{\"reason\":\"build-finished\",\"success\":true}\n");
}

#[test]
fn awkward_places_are_written_by_every_format() {
    for text in ["", "\n", "a", "a\n", "a\r\nb\r\n", "\u{feff}ä\tö", "\u{1f600}\n\n\u{1b}[0m"] {
        let ends: Vec<_> = (0..=text.len()).filter(|&end| text.is_char_boundary(end)).collect();
        for (&start, &end) in ends.iter().flat_map(|start| ends.iter().map(move |end| (start, end))) {
            if start > end {
                continue;
            }
            let mut sources = Sources::default();
            let file = SourceFile::new(Path::new("/w"), PathBuf::from("/w/a.rs"), text.to_owned());
            let span = Span { file: sources.add(file), start: start as u32, end: end as u32 };
            let fix = Fix {
                title: "remove it".to_owned(),
                edits: vec![Edit { span, replacement: String::new() }],
                machine_applicable: true,
            };
            let findings = [Finding::new(&PROBE, span, "bad").label("here").also(span, "there").fix(fix)];
            let fingerprints = Fingerprint::of_all(&sources, &findings);
            let input = input();
            let counts = Counts::default();
            let report = Report {
                input: &input,
                sources: &sources,
                findings: &findings,
                fingerprints: &fingerprints,
                counts,
            };
            for (_, format) in Format::NAMES {
                let mut out = Vec::new();
                write(&report, format, false, &mut out).unwrap();
                assert!(!out.is_empty());
            }
        }
    }
}

fn assert_valid(schema: &str, document: &str) {
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let document = serde_json::from_str(document).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
