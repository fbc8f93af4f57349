//! The rules: each a function from sources to a list of offences.

use std::collections::BTreeSet;

use crate::source::Source;

/// The areas of `framealloc/src`, lowest first. A file names its own area and areas of lower layers only.
const LAYERS: [&[&str]; 11] = [
    &["sys"],
    &["error"],
    &["diagnostics"],
    &["backend"],
    &["raw"],
    &["frame", "pool", "heap", "scratch", "group"],
    &["budget", "phase", "tag", "retention"],
    &["system"],
    &["threads"],
    &["stats", "report"],
    &["front"],
];
/// A leaf beside the layers, with what it may name; only the front may name it.
const LEAF: (&str, &[&str]) = ("tracking", &["sys", "diagnostics"]);
/// Files that put the areas together and may name all of them.
const ABOVE_ALL: [&str; 2] = ["lib", "__private"];
/// Areas that hold no unsafe code at all.
const SAFE: [&str; 9] =
    ["sys", "error", "diagnostics", "budget", "phase", "tag", "retention", "stats", "report"];

/// Lines of code in a file, tests and comments not counted.
pub(crate) const MAX_CODE_LINES: usize = 400;
/// How far above an unsafe block its comment may end: the first lines of a statement come between.
const SAFETY_REACH: usize = 4;

pub(crate) fn without_module_docs(sources: &[Source]) -> Vec<String> {
    let documented = |source: &Source| source.lines.first().is_some_and(|line| line.comment.starts_with('!'));
    let offenders = sources.iter().filter(|source| !source.is_test() && !documented(source));
    offenders.map(|source| source.at(1, "the file does not begin with `//!` documentation")).collect()
}

fn layer(area: &str) -> Option<usize> {
    LAYERS.iter().position(|areas| areas.contains(&area))
}

fn may_name(from: &str, to: &str) -> bool {
    if from == to || ABOVE_ALL.contains(&from) {
        return true;
    }
    if from == LEAF.0 {
        return LEAF.1.contains(&to);
    }
    match (layer(from), layer(to)) {
        (Some(from), Some(to)) => to < from,
        (Some(from), None) => to == LEAF.0 && from == LAYERS.len() - 1,
        _ => false,
    }
}

pub(crate) fn against_the_layers(sources: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for source in sources {
        let Some(area) = source.area() else { continue };
        if layer(area).is_none() && area != LEAF.0 && !ABOVE_ALL.contains(&area) {
            offences.push(source.at(1, format_args!("`{area}` is in no layer")));
        }
        for (line, named) in named_at_the_root(source) {
            if !may_name(area, &named) {
                offences.push(source.at(line, format_args!("`{area}` may not name `{named}`")));
            }
        }
    }
    offences
}

/// What a file names directly below its crate's root, through `crate::` or enough `super::`, groups included.
fn named_at_the_root(source: &Source) -> Vec<(usize, String)> {
    let supers = "super::".repeat(source.depth());
    let mut named = Vec::new();
    // One text with the numbers of its lines, because a group may span several.
    let code: Vec<(usize, char)> =
        source.code().flat_map(|(line, code)| code.chars().chain([' ']).map(move |c| (line, c))).collect();
    let text: String = code.iter().map(|(_, character)| character).collect();
    let lines: Vec<usize> =
        code.iter().flat_map(|(line, c)| std::iter::repeat_n(*line, c.len_utf8())).collect();
    for prefix in ["crate::", &supers] {
        for (start, _) in text.match_indices(prefix) {
            let continues = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$';
            if text[..start].chars().next_back().is_some_and(continues) {
                continue;
            }
            let rest = &text[start + prefix.len()..];
            named.extend(names_of(rest).into_iter().map(|name| (lines[start], name)));
        }
    }
    named
}

/// The first names of a path or of a group of paths.
fn names_of(path: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let mut depth = 1;
    let mut names = vec![word(group.trim_start())];
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(word(group[index + 1..].trim_start())),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The invariants that front pages number: `//! * **F1** ...` in a `mod.rs`.
fn invariants(sources: &[Source]) -> BTreeSet<String> {
    let pages = sources.iter().filter(|source| source.path.ends_with("/mod.rs"));
    let items = pages.flat_map(|page| &page.lines).filter_map(|line| {
        let item = line.comment.strip_prefix('!')?.trim_start().trim_start_matches(['*', '-', '|', ' ']);
        let inside = line.comment.contains("**").then(|| item.split("**").next()).flatten()?;
        is_invariant(inside).then(|| inside.to_owned())
    });
    items.collect()
}

/// A capital letter and a number.
fn is_invariant(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
    (1..=2).contains(&(word.len() - digits.len()))
        && !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
}

/// Whether a line of code has this word.
fn has_word(code: &str, word: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

pub(crate) fn without_a_cited_invariant(sources: &[Source]) -> Vec<String> {
    let known = invariants(sources);
    let mut offences = Vec::new();
    for source in sources {
        for (line, code) in source.code() {
            let is_block = code.contains("unsafe {")
                || code.contains("unsafe impl")
                || code.trim_end().ends_with("unsafe");
            if !is_block {
                continue;
            }
            let Some(comment) = safety_comment(source, line - 1) else {
                offences.push(source.at(line, "unsafe without a `// SAFETY:` comment above it"));
                continue;
            };
            let words = comment.split(|c: char| !c.is_alphanumeric()).filter(|word| is_invariant(word));
            let cited: Vec<&str> = words.collect();
            // Inside an unsafe function the argument may be what its `# Safety` section asks of the caller.
            if cited.is_empty() && !comment.contains("caller") {
                offences
                    .push(source.at(line, "the SAFETY comment cites neither an invariant nor the caller"));
            }
            for unknown in cited.iter().filter(|word| !known.contains(**word)) {
                offences.push(source.at(line, format_args!("no front page has an invariant {unknown}")));
            }
        }
    }
    offences
}

/// The SAFETY comment on the line or above it, whole.
fn safety_comment(source: &Source, index: usize) -> Option<String> {
    let lines = &source.lines;
    let start = (index.saturating_sub(SAFETY_REACH)..=index).rev().find(|&i| !lines[i].comment.is_empty())?;
    let first = (0..=start).rev().take_while(|&i| !lines[i].comment.is_empty()).last()?;
    let block: Vec<&str> = lines[first..=start].iter().map(|line| line.comment.as_str()).collect();
    let text = block.join("\n");
    text.find("SAFETY:").map(|at| text[at..].to_owned())
}

/// A file with unsafe code says why, or the front page of its area does; then the area's other files forbid it.
pub(crate) fn without_a_reason_for_unsafe(sources: &[Source]) -> Vec<String> {
    let says = |source: &Source, what: &str| {
        source.code().any(|(_, code)| code.starts_with("#![") && code.contains(what))
    };
    // A macro's own file has no unsafe code that the compiler sees; the files that use it have.
    let defines = |source: &Source| source.code().any(|(_, code)| code.starts_with("macro_rules!"));
    let expects = |source: &Source| {
        says(source, "expect(unsafe_code, reason =")
            || defines(source) && says(source, "allow(unsafe_code, reason =")
    };
    let folder = |source: &Source| source.path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let pages = sources.iter().filter(|source| source.path.ends_with("/mod.rs") && expects(source));
    let folders: BTreeSet<_> = pages.map(folder).collect();
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        let has_unsafe =
            source.code().any(|(_, code)| has_word(code, "unsafe") || code.starts_with("owning_box!"));
        let in_expecting_area = folders.contains(&folder(source)) && !source.path.ends_with("/mod.rs");
        if has_unsafe && source.area().is_some_and(|area| SAFE.contains(&area)) {
            offences.push(source.at(1, "this area holds no unsafe code"));
        } else if has_unsafe && !expects(source) && !in_expecting_area {
            offences.push(source.at(1, "unsafe code without `#![expect(unsafe_code, reason = ..)]`"));
        } else if !has_unsafe && in_expecting_area && !says(source, "forbid(unsafe_code)") {
            offences.push(source.at(1, "safe code in an unsafe area without `#![forbid(unsafe_code)]`"));
        }
    }
    offences
}

pub(crate) fn too_long(sources: &[Source]) -> Vec<String> {
    let length = |source: &Source| source.code().filter(|(_, code)| !code.trim().is_empty()).count();
    let long =
        sources.iter().map(|source| (source, length(source))).filter(|(_, count)| *count > MAX_CODE_LINES);
    long.map(|(source, count)| source.at(1, format_args!("{count} lines of code: is it one idea?"))).collect()
}

pub(crate) fn unfinished(sources: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for source in sources {
        for (index, line) in source.lines.iter().enumerate() {
            let note = ["TODO", "FIXME"].into_iter().find(|word| has_word(&line.comment, word));
            // A full path is what a macro emits, not what somebody left behind.
            let calls =
                |call: &&str| line.code.match_indices(*call).any(|(at, _)| !line.code[..at].ends_with("::"));
            let call = ["todo!", "unimplemented!", "dbg!"].into_iter().find(calls);
            offences.extend(note.or(call).map(|word| source.at(index + 1, format_args!("`{word}`"))));
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offences(rule: fn(&[Source]) -> Vec<String>, path: &str, text: &str) -> usize {
        let page = Source::new("framealloc/src/raw/mod.rs", "//! * **F1** One.\n//! * **F2** Two.");
        rule(&[page, Source::new(path, text)]).len()
    }

    #[test]
    fn layers_are_seen_through_every_form_of_path() {
        let count = |path, text| offences(against_the_layers, path, text);
        assert_eq!(
            count("framealloc/src/frame/boxed.rs", "use crate::raw::core::Core; use super::vec::FrameVec;"),
            0
        );
        assert_eq!(count("framealloc/src/raw/core.rs", "use crate::frame::Frame;"), 1);
        assert_eq!(
            count(
                "framealloc/src/raw/core.rs",
                "use crate::{sys::align,\n    budget::{Budget, Lease},\n front};"
            ),
            2
        );
        assert_eq!(count("framealloc/src/raw/core.rs", "fn f() { super::super::frame::open(); }"), 1);
        assert_eq!(count("framealloc/src/pool/mod.rs", "fn f() { super::tag::current(); }"), 1);
        assert_eq!(count("framealloc/src/pool/mod.rs", "fn f() { crate::heap::open(); }"), 1);
        assert_eq!(count("framealloc/src/tracking/mod.rs", "use crate::sys::ids; use crate::raw::tls;"), 1);
        assert_eq!(count("framealloc/src/new/mod.rs", ""), 1);
        let hidden = "// use crate::front::Front;\n#[cfg(test)]\nmod tests {\n use crate::front::Front;\n}\n";
        assert_eq!(count("framealloc/src/raw/core.rs", hidden), 0);
    }

    #[test]
    fn unsafe_is_seen_with_and_without_its_comment() {
        let count = |text| offences(without_a_cited_invariant, "framealloc/src/raw/core.rs", text);
        assert_eq!(count("// SAFETY: F1: alone.\nunsafe { f() }"), 0);
        assert_eq!(count("// SAFETY: two lines,\n// by F2.\nlet x =\n    unsafe { f() };"), 0);
        assert_eq!(count("unsafe { f() }"), 1);
        assert_eq!(count("// SAFETY: it is fine.\nunsafe { f() }"), 1);
        assert_eq!(count("// SAFETY: as the caller promises.\nunsafe { f() }"), 0);
        assert_eq!(count("// SAFETY: F9.\nunsafe impl Send for X {}"), 1);
        assert_eq!(count("let text = \"unsafe { f() }\"; // unsafe { f() }"), 0);
    }

    #[test]
    fn the_other_rules_find_what_they_look_for() {
        let path = "framealloc/src/raw/core.rs";
        assert_eq!(offences(without_module_docs, path, "use x;"), 1);
        assert_eq!(offences(without_a_reason_for_unsafe, path, "unsafe fn f() {}"), 1);
        assert_eq!(offences(without_a_reason_for_unsafe, "framealloc/src/tag/mod.rs", "unsafe fn f() {}"), 1);
        let page =
            Source::new("framealloc/src/pool/mod.rs", "//! Docs.\n#![expect(unsafe_code, reason = \"raw\")]");
        let files =
            [("a.rs", "unsafe fn f() {}"), ("b.rs", "#![forbid(unsafe_code)]"), ("c.rs", "fn f() {}")];
        let area = files.map(|(name, text)| Source::new(format!("framealloc/src/pool/{name}"), text));
        let area: Vec<Source> = area.into_iter().chain([page]).collect();
        assert_eq!(without_a_reason_for_unsafe(&area).len(), 1);
        assert_eq!(offences(unfinished, path, "fn f() { todo!() } // TODO\n// FIXME"), 2);
        assert_eq!(offences(too_long, path, &"f();\n".repeat(MAX_CODE_LINES + 1)), 1);
        assert_eq!(offences(too_long, path, &"// f();\n\n".repeat(MAX_CODE_LINES + 1)), 0);
        assert_eq!(
            offences(unfinished, path, "let a = 'x'; let b: &'static str = r#\"todo!() \"# ; /* /* */ */"),
            0
        );
    }
}
