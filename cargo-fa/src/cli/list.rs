//! `cargo fa list`: all codes, with the levels that are in force.

use std::io::Write as _;

use anyhow::Result;
use serde_json::json;

use super::CLEAN;
use super::options::{Common, List};
use crate::catalogue::{self, Entry, Source};
use crate::config::{self, Levels};
use crate::workspace::{self, Selection};

pub(super) fn run(common: &Common, options: &List) -> Result<u8> {
    let mut levels = configured(common, options)?;
    options.levels.add_to(&mut levels);
    let all = catalogue::all();
    let mut out = anstream::stdout();
    if options.format == "json" {
        let entries: Vec<_> = all.iter().map(|entry| as_json(entry, &levels)).collect();
        serde_json::to_writer_pretty(&mut out, &entries)?;
        writeln!(out)?;
        return Ok(CLEAN);
    }
    let heading = clap_cargo::style::HEADER;
    let literal = clap_cargo::style::LITERAL;
    let mut section = |title: &str, wanted: &dyn Fn(Source) -> bool| -> Result<()> {
        writeln!(out, "{heading}{title}:{heading:#}")?;
        for entry in all.iter().filter(|entry| wanted(entry.source)) {
            let code = entry.code;
            match entry.lint() {
                Some(lint) => writeln!(
                    out,
                    "  {literal}{code}{literal:#}  {:<5}  {:<13}  {:<27}  {}",
                    levels.of(lint).name(),
                    lint.category.name(),
                    lint.name,
                    lint.summary
                )?,
                None => writeln!(out, "  {literal}{code}{literal:#}  {}", entry.title)?,
            }
        }
        Ok(())
    };
    section("Lints", &|source| matches!(source, Source::Linter(_) | Source::Both(..)))?;
    section("\nReported by the runtime only", &|source| matches!(source, Source::Runtime(_)))?;
    section("\nReserved for integrations, reported by nothing yet", &|source| {
        matches!(source, Source::Reserved { .. })
    })?;
    Ok(CLEAN)
}

/// The workspace's levels; the defaults outside of one.
fn configured(common: &Common, options: &List) -> Result<Levels> {
    let selection = Selection { manifest_path: options.manifest_path.clone(), ..Selection::default() };
    let root = match workspace::load(&selection) {
        Ok(workspace) => workspace.root().to_path_buf(),
        Err(error) if options.manifest_path.is_some() => return Err(error),
        Err(_) => std::env::current_dir()?,
    };
    Ok(config::load(&root, common.config.as_deref())?.0.levels)
}

fn as_json(entry: &Entry, levels: &Levels) -> serde_json::Value {
    let lint = entry.lint();
    json!({
        "code": entry.code,
        "source": entry.source.name(),
        "title": entry.title,
        "name": lint.map(|lint| lint.name),
        "category": lint.map(|lint| lint.category.name()),
        "level": lint.map(|lint| levels.of(lint)),
        "default_level": lint.map(|lint| lint.level),
    })
}
