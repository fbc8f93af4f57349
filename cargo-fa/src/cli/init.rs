//! `cargo fa init`: a commented configuration that fits the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use anyhow::{Context as _, Result, bail};

use super::level_flags::LevelFlags;
use super::options::Common;
use super::session::Session;
use super::{CLEAN, terminal};
use crate::config::FILE_NAME;
use crate::driver::Linted;
use crate::finding::Finding;
use crate::lints::UNKNOWN_TAG;
use crate::source::{Sources, Span};
use crate::workspace::Selection;

pub(super) fn run(common: &Common, selection: &Selection) -> Result<u8> {
    let session = Session::new(common, selection, &LevelFlags::default())?;
    let linted = session.lint();
    let tags = tags(&linted);
    let known: Vec<&str> = tags.iter().filter(|tag| tag.doubt.is_none()).map(|tag| tag.text).collect();
    let modules = modules(&linted.sources, &known);
    let path = session.input.root.join(FILE_NAME);
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("`{}` exists already; remove it first if it shall be written anew", path.display())
        }
        file => file.with_context(|| format!("`{}` cannot be written", path.display()))?,
    };
    file.write_all(text(&tags, &modules).as_bytes())?;
    if !common.quiet {
        for tag in &tags {
            if let Some(doubt) = &tag.doubt {
                terminal::warning(&format!("the tag {:?} is not among `known`: {doubt}", tag.text));
            }
        }
        let (tags, modules) = (known.len(), modules.len());
        terminal::status("Wrote", &format!("{} ({tags} tags, {modules} modules)", path.display()));
    }
    Ok(CLEAN)
}

/// A tag that the code names, and why it may not be meant so.
struct NamedTag<'a> {
    text: &'a str,
    doubt: Option<String>,
}

/// All tags; those that FA802 blames wherever they are named are in doubt.
fn tags(linted: &Linted) -> Vec<NamedTag<'_>> {
    let blamed = |span: &Span| {
        let is_here =
            |finding: &Finding| finding.lint.code == UNKNOWN_TAG.code && finding.primary.span == *span;
        let finding = linted.all.iter().map(|known| &known.finding).find(|finding| is_here(finding))?;
        let file = linted.sources.get(span.file);
        Some(format!("{} ({}:{})", finding.message, file.path, file.position(span.start).line))
    };
    let doubt = |spans: &[Span]| {
        let doubts: Option<Vec<String>> = spans.iter().map(blamed).collect();
        doubts?.into_iter().next()
    };
    linted.tags.iter().map(|(text, spans)| NamedTag { text, doubt: doubt(spans) }).collect()
}

/// Modules that are called as a tag is, or as the first part of one.
fn modules(sources: &Sources, tags: &[&str]) -> BTreeMap<String, String> {
    let tops: BTreeSet<&str> = tags.iter().filter_map(|tag| tag.split('/').next()).collect();
    let paths = sources.iter().filter_map(|(_, file)| module_of(&file.path));
    let named = paths.filter_map(|module| {
        let last = module.rsplit("::").next()?.to_owned();
        let tag = tops.iter().find(|tag| **tag == last)?;
        Some((module, (*tag).to_owned()))
    });
    named.collect()
}

/// `game/src/physics/mod.rs` is `crate::physics`.
fn module_of(path: &str) -> Option<String> {
    let inside = path.rsplit_once("src/").map(|(_, inside)| inside)?.strip_suffix(".rs")?;
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    let nested = !matches!(inside, "lib" | "main" | "mod") && !inside.starts_with("bin/");
    nested.then(|| format!("crate::{}", inside.replace('/', "::")))
}

fn text(tags: &[NamedTag<'_>], modules: &BTreeMap<String, String>) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let line = |tag: &NamedTag<'_>| match &tag.doubt {
        Some(doubt) => format!("    # {}, left out: {}\n", quoted(tag.text), doubt.replace('\n', " ")),
        None => format!("    {},\n", quoted(tag.text)),
    };
    let known: String = tags.iter().map(line).collect();
    let known = if tags.is_empty() {
        "# known = [\"physics\", \"render\"]".to_owned()
    } else {
        format!("known = [\n{known}]")
    };
    let map: String =
        modules.iter().map(|(module, tag)| format!("{} = {}\n", quoted(module), quoted(tag))).collect();
    let map = if map.is_empty() { "# \"crate::physics\" = \"physics\"\n".to_owned() } else { map };
    format!(
        "# Configuration of `cargo fa`, the linter for programs that use framealloc.\n\
         # `cargo fa list` shows the lints, `cargo fa explain CODE` the page of one.\n\
         \n\
         # Findings less certain than this are not shown: \"low\", \"medium\" or \"high\".\n\
         min-confidence = \"medium\"\n\
         \n\
         # Files that are not linted, as in .gitignore, from the workspace's root.\n\
         exclude = []\n\
         \n\
         # How findings are written unless --format says so: \"human\", \"json\", \"sarif\", ...\n\
         # format = \"human\"\n\
         \n\
         # Findings listed there are not shown; `cargo fa --write-baseline` makes the file.\n\
         # baseline = \".fa-baseline.json\"\n\
         \n\
         # \"allow\", \"warn\" or \"deny\" for a code, a lint's name, a category or \"all\"; the narrower key wins.\n\
         [lints]\n\
         # all = \"warn\"\n\
         # threading = \"deny\"\n\
         # FA521 = \"allow\"\n\
         \n\
         [tags]\n\
         # The tags of the program: others are typing mistakes. Without the list, tags are compared with each other.\n\
         {known}\n\
         \n\
         # Which tag the systems of a module and of the modules in it have.\n\
         [tags.modules]\n\
         {map}\
         \n\
         [budgets]\n\
         # Whether every system has to declare a budget.\n\
         required = false\n\
         \n\
         # What the systems of a tag may use together: a size, or a number of bytes.\n\
         [budgets.tags]\n\
         # physics = \"8MB\"\n\
         \n\
         [thresholds]\n\
         # A loop over a constant range of at most this many rounds is not called hot or unbounded.\n\
         small-loop = 16\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{KEYS, read};

    #[test]
    fn what_is_written_can_be_read_and_names_every_key() {
        let modules = BTreeMap::from([("crate::physics".to_owned(), "physics".to_owned())]);
        let tag = |text, doubt: Option<&str>| NamedTag { text, doubt: doubt.map(str::to_owned) };
        let doubt = Some("no system has it\nat all");
        let text = text(&[tag("physics", None), tag("phsyics", doubt), tag("a \"b\"", None)], &modules);
        let config = read(".fa.toml", &text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(config.tags.known, ["physics", "a \"b\""]);
        assert_eq!(config.tags.modules["crate::physics"], "physics");
        for (_, key, _) in KEYS {
            assert!(text.contains(key), "{key}");
        }
        let empty = read(".fa.toml", &super::text(&[], &BTreeMap::new()));
        assert!(empty.is_ok());
    }

    #[test]
    fn modules_are_read_from_paths() {
        for (path, module) in [
            ("game/src/physics/mod.rs", Some("crate::physics")),
            ("src/physics/broad.rs", Some("crate::physics::broad")),
            ("src/lib.rs", None),
            ("src/bin/tool.rs", None),
            ("examples/engine.rs", None),
        ] {
            assert_eq!(module_of(path).as_deref(), module, "{path}");
        }
    }
}
