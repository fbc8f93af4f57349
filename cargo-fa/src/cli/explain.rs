//! `cargo fa explain CODE`: the page of a code.

use std::io::Write as _;

use anyhow::{Result, bail};

use super::CLEAN;
use crate::catalogue;
use crate::suggest::did_you_mean;

pub(super) fn run(code: &str) -> Result<u8> {
    let Some(entry) = catalogue::find(code) else {
        let all = catalogue::all();
        let names = all.iter().flat_map(|entry| [Some(entry.code), entry.lint().map(|lint| lint.name)]);
        bail!("no code and no lint is called `{code}`{}", did_you_mean(code, names.flatten()));
    };
    let mut out = anstream::stdout();
    let heading = clap_cargo::style::HEADER;
    let mut in_code = false;
    for line in entry.page().trim_end().lines() {
        in_code ^= line.starts_with("```");
        if line.starts_with('#') && !in_code {
            writeln!(out, "{heading}{line}{heading:#}")?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(CLEAN)
}
