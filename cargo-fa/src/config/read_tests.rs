//! Every key is read; every mistake names its key, its place and what to write.

use super::*;

fn ok(text: &str) -> Config {
    read(".fa.toml", text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(text: &str) -> Vec<String> {
    let all = read(".fa.toml", text).expect_err("it is wrong").mistakes;
    all.into_iter().map(|mistake| format!("{} @ {}", mistake.message, &text[mistake.span])).collect()
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = ok("");
    assert_eq!(config.min_confidence, Confidence::Medium);
    assert_eq!(config.format, Format::Human);
    assert_eq!(config.thresholds.small_loop, 16);
}

#[test]
fn every_key_is_read() {
    let config = ok(r#"
        format = "sarif"
        min-confidence = "low"
        exclude = ["vendor/**"]
        baseline = "fa-baseline.json"
        [lints]
        FA521 = "deny"
        [tags]
        known = ["physics", "render"]
        [tags.modules]
        "crate::physics" = "physics"
        [budgets]
        required = true
        [budgets.tags]
        physics = "8MB"
        "physics/broad" = 4096
        [thresholds]
        small-loop = 4
    "#);
    assert_eq!(config.format, Format::Sarif);
    assert_eq!(config.min_confidence, Confidence::Low);
    assert_eq!(config.exclude, ["vendor/**"]);
    assert_eq!(config.baseline, Some(PathBuf::from("fa-baseline.json")));
    assert_eq!(config.levels.of(&crate::lints::configuration::UNUSED_SUPPRESSION), Level::Deny);
    assert_eq!(config.tags.known, ["physics", "render"]);
    assert_eq!(config.tags.modules["crate::physics"], "physics");
    assert!(config.budgets.required);
    assert_eq!(config.budgets.tags["physics"], 8 << 20);
    assert_eq!(config.budgets.tags["physics/broad"], 4096);
    assert_eq!(config.thresholds.small_loop, 4);
}

#[test]
fn required_budgets_turn_their_lint_on() {
    let level = |text: &str| read(".fa.toml", text).unwrap().levels.of(&crate::lints::SYSTEM_WITHOUT_BUDGET);
    assert_eq!(level(""), Level::Allow);
    assert_eq!(level("[budgets]\nrequired = true\n"), Level::Warn);
    assert_eq!(level("[budgets]\nrequired = true\n[lints]\nFA302 = \"deny\"\n"), Level::Deny);
    assert_eq!(level("[budgets]\nrequired = true\n[lints]\nFA302 = \"allow\"\n"), Level::Allow);
}

#[test]
fn all_mistakes_are_listed_with_their_place() {
    let text = "exlude = []\nformat = \"sarf\"\n[tags]\nknwon = []\n[budgets]\nrequired = \"yes\"\n";
    insta::assert_debug_snapshot!(mistakes(text), @r#"
    [
        "unknown key `exlude`; did you mean `exclude`? (known: baseline, budgets, exclude, format, lints, min-confidence, tags, thresholds) @ exlude",
        "`sarf` is none of human, json, rustc-json, sarif, junit, github, checkstyle, compact; did you mean `sarif`? @ \"sarf\"",
        "unknown key `knwon` in [tags]; did you mean `known`? (known: known, modules) @ knwon",
        "expected true or false, found a value of type string @ \"yes\"",
    ]
    "#);
}

#[test]
fn wrong_values_are_explained() {
    for (text, expected) in [
        ("exclude = \"a\"", "expected a list of strings, found a value of type string @ \"a\""),
        ("exclude = [1]", "expected a string, found a value of type integer @ 1"),
        ("baseline = \"\"", "an empty string means nothing here; leave the key out @ \"\""),
        ("tags = 1", "expected a table, found a value of type integer @ 1"),
        (
            "tags.modules.physics = \"physics\"",
            "`physics` is not a module path; write one from the root, as in \"crate::physics\" @ physics",
        ),
        (
            "budgets.tags.physics = \"8\"",
            "`8` has no unit; write 8 without quotes for bytes, or a unit, as in \"8KB\" @ \"8\"",
        ),
        (
            "budgets.tags.physics = true",
            "expected a size such as \"8MB\", or a number of bytes, found a value of type boolean @ true",
        ),
        (
            "thresholds.small-loop = -1",
            "expected a whole number from 0 on, found a value of type integer @ -1",
        ),
        ("min-confidence = 3", "expected one of low, medium, high, found a value of type integer @ 3"),
        ("lints.FA521 = \"forbid\"", "`forbid` is none of allow, warn, deny @ \"forbid\""),
        ("lints.zzz = \"warn\"", "no lint and no category is called `zzz` @ zzz"),
        (
            "[lints]\nFA521 = \"warn\"\nunused_suppression = \"deny\"",
            "FA521 (unused_suppression) is given a level twice @ unused_suppression",
        ),
    ] {
        assert_eq!(mistakes(text), [expected], "{text}");
    }
}

#[test]
fn what_is_not_toml_is_a_mistake_with_a_place() {
    let all = mistakes("[tags\n");
    assert_eq!(all.len(), 1);
}

#[test]
fn half_a_file_is_a_mistake_that_can_be_shown() {
    let text = "exclude = [\"ä\"] # ü\n[tags.modules]\n\"crate::ö\" = 'x'\nknown = 1979-05-27\n[budgets]\ntags.a = 0x_ff\n";
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        if let Err(mistakes) = read(".fa.toml", &text[..end]) {
            assert!(mistakes.to_string().starts_with("error: "));
        }
    }
}

/// The table of keys and the parser agree: a key of the table is never unknown.
#[test]
fn the_table_of_keys_is_the_parsers() {
    for (table, key, _) in keys::KEYS {
        let path = if table.is_empty() { (*key).to_owned() } else { format!("{table}.{key}") };
        if let Err(all) = read(".fa.toml", &format!("{path} = 1e3")) {
            assert!(all.mistakes.iter().all(|one| one.message.starts_with("expected")), "{path}: {all}");
        } else {
            panic!("{path} takes anything");
        }
    }
}

fn schema() -> serde_json::Value {
    serde_json::from_str(include_str!("../../schema/fa.schema.json")).unwrap()
}

/// A key is in both or in neither.
#[test]
fn the_schema_has_the_keys_of_the_parser() {
    fn walk(table: &serde_json::Value, path: &str, found: &mut Vec<(String, String)>) {
        let properties = table["properties"].as_object().into_iter().flatten();
        for (key, value) in properties {
            found.push((path.to_owned(), key.clone()));
            walk(value, key, found);
        }
        if !path.is_empty() && table["properties"].is_object() {
            assert_eq!(table["additionalProperties"], false, "{path}");
        }
    }
    let mut found = Vec::new();
    walk(&schema(), "", &mut found);
    found.sort();
    let known: Vec<_> =
        keys::KEYS.iter().map(|(table, key, _)| ((*table).to_owned(), (*key).to_owned())).collect();
    assert_eq!(found, known);
}

/// The schema and the parser agree on values, good and bad ones.
#[test]
fn the_schema_accepts_what_the_parser_accepts() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (text, valid) in [
        ("", true),
        ("format = \"junit\"", true),
        ("format = \"xml\"", false),
        ("min-confidence = \"high\"", true),
        ("min-confidence = \"sure\"", false),
        ("exclude = [\"a\"]", true),
        ("exclude = \"a\"", false),
        ("baseline = \"b.json\"", true),
        ("baseline = \"\"", false),
        ("lints.all = \"deny\"", true),
        ("lints.all = \"error\"", false),
        ("tags.known = [\"physics\"]", true),
        ("tags.known = [1]", false),
        ("tags.modules.\"crate::a::b\" = \"a\"", true),
        ("tags.modules.crate = \"a\"", true),
        ("tags.modules.\"a::b\" = \"a\"", false),
        ("budgets.required = true", true),
        ("budgets.required = 1", false),
        ("budgets.tags.a = \"8 MiB\"", true),
        ("budgets.tags.a = 8", true),
        ("budgets.tags.a = \"8\"", false),
        ("budgets.tags.a = -8", false),
        ("thresholds.small-loop = 0", true),
        ("thresholds.small-loop = 0.5", false),
        ("surprise = 1", false),
        ("tags.surprise = 1", false),
    ] {
        let document: serde_json::Value = toml::from_str(text).unwrap();
        assert_eq!(read(".fa.toml", text).is_ok(), valid, "the parser: {text}");
        assert_eq!(validator.is_valid(&document), valid, "the schema: {text}");
    }
}

/// The README shows every key, and what it shows is valid.
#[test]
fn the_readme_is_right() {
    let readme = include_str!("../../README.md");
    let (_, after) = readme.split_once("```toml\n").unwrap();
    let (text, _) = after.split_once("```").unwrap();
    ok(text);
    for (_, key, _) in keys::KEYS {
        assert!(text.contains(key), "{key}");
    }
    for (name, _) in Format::NAMES {
        assert!(readme.contains(&format!("| `{name}` |")), "{name}");
    }
}
