//! What the linter knows of framealloc's signatures is what framealloc's sources say.
//!
//! `FRAMEALLOC_BLESS=1 cargo test -p cargo-fa --test api` writes the file anew. Then read the difference, and add what
//! is new to the facts in `src/api`.

mod flatten;
mod krate;
mod macros;
mod prune;
mod public;

use std::fs;
use std::path::Path;

const HEADER: &str = "\
// The public API of framealloc: signatures, public fields, and the traits by which methods are found.
// Written by the test `api` of cargo-fa from framealloc's sources.
";

#[test]
fn the_signatures_are_those_of_the_sources() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let krate = krate::Crate::read(&here.join("../framealloc/src"));
    let found = format!("{HEADER}\n{}", prettyplease::unparse(&flatten::flatten(&krate)));
    let path = here.join("src/api/framealloc.rs.txt");
    if std::env::var_os("FRAMEALLOC_BLESS").is_some() {
        fs::write(&path, &found).expect("the signatures are writable");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let first = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "framealloc's API differs from {} from line {} on; `FRAMEALLOC_BLESS=1 cargo test -p cargo-fa --test api` \
         writes it anew",
        path.display(),
        first.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1
    );
}
