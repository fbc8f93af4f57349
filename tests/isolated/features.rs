//! What the features of the library bring with them.

use std::collections::BTreeSet;
use std::process::Command;

fn cargo(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    // Flags of a sanitizer are for the tests, not for what they build.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.args(arguments).output().expect("cargo runs")
}

/// The packages that the library is linked with, itself included.
fn packages(features: &[&str]) -> BTreeSet<String> {
    let mut arguments = vec!["tree", "-p", "framealloc", "-e", "no-proc-macro,normal"];
    arguments.extend(["--prefix", "none", "--format", "{p}"]);
    arguments.extend(features);
    let output = cargo(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names are text");
    text.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
}

#[test]
fn the_default_features_bring_what_is_needed_and_no_more() {
    let needed = ["allocator-api2", "foldhash", "framealloc", "hashbrown", "inventory", "libc"];
    let expected: BTreeSet<String> = needed.map(str::to_owned).into();
    assert_eq!(packages(&[]), expected);
}

#[test]
fn optional_packages_come_with_their_features() {
    for (feature, package) in [("serde", "serde"), ("parking_lot", "parking_lot")] {
        assert!(packages(&["--features", feature]).contains(package), "{feature}");
    }
    let plain = packages(&[]);
    for feature in ["debug", "minimal"] {
        assert_eq!(packages(&["--features", feature]), plain, "{feature} brings no package");
    }
}

/// Every feature of the manifest has a line in the table of the crate's documentation, and no other one has.
#[test]
fn every_feature_is_documented() {
    let manifest = include_str!("../../framealloc/Cargo.toml");
    let section = manifest.split("[features]\n").nth(1).and_then(|rest| rest.split("\n[").next());
    let names = section.expect("there are features").lines().filter_map(|line| line.split_once(" = "));
    let declared: BTreeSet<&str> = names.map(|(name, _)| name).filter(|name| *name != "default").collect();
    let docs = include_str!("../../framealloc/src/lib.rs");
    let table = docs.split("//! | feature | adds |\n").nth(1).expect("there is a table");
    let rows = table.lines().take_while(|line| line.starts_with("//! | ") || line.starts_with("//! |-"));
    let documented = rows.filter_map(|row| row.strip_prefix("//! | `")?.split('`').next());
    assert_eq!(documented.collect::<BTreeSet<_>>(), declared);
}

/// Features that contradict each other stop the build with a sentence that says which, why, and what to do.
#[test]
fn contradicting_features_explain_themselves() {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder");
    let folder = folder.to_str().expect("the folder's name is text");
    // A build, and in the folder of this one, so that what it needs is there.
    let output = cargo(&["build", "-p", "framealloc", "--features", "minimal,debug", "--target-dir", folder]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(
        text.contains("`minimal` and `debug` contradict each other") && text.contains("cargo tree"),
        "{text}"
    );
    assert_eq!(
        text.matches("error:").count(),
        2,
        "the sentence, and cargo's that it could not compile: {text}"
    );
}
