//! What cargo knows about this workspace: folders, features, targets, built programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{self, cargo};

/// The folder of the workspace's manifest.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of the workspace")
}

/// What `cargo metadata` says about the packages of the workspace.
pub struct Metadata(Value);

impl Metadata {
    /// Asks cargo.
    pub fn read() -> Result<Metadata> {
        let text = process::output(&mut cargo(["metadata", "--format-version", "1", "--no-deps"]))?;
        Ok(Metadata(serde_json::from_str(&text)?))
    }

    /// Where cargo builds.
    pub fn target_folder(&self) -> Result<PathBuf> {
        let folder = self.0["target_directory"].as_str().context("cargo metadata names no target folder")?;
        Ok(folder.into())
    }

    /// The features of a package, without `default`, sorted.
    pub fn features(&self, package: &str) -> Result<Vec<String>> {
        let features = self.package(package)?["features"].as_object().context("features are a table")?;
        let mut names: Vec<String> = features.keys().filter(|name| *name != "default").cloned().collect();
        names.sort();
        Ok(names)
    }

    /// The names of a package's targets of one kind that need no feature.
    pub fn targets(&self, package: &str, kind: &str) -> Result<Vec<String>> {
        let targets = self.package(package)?["targets"].as_array().context("targets are a list")?;
        let of_kind = targets.iter().filter(|target| {
            let kinds = target["kind"].as_array();
            let needs = target["required-features"].as_array();
            kinds.is_some_and(|kinds| kinds.iter().any(|k| k == kind)) && needs.is_none_or(Vec::is_empty)
        });
        Ok(of_kind.filter_map(|target| Some(target["name"].as_str()?.to_owned())).collect())
    }

    fn package(&self, name: &str) -> Result<&Value> {
        let packages = self.0["packages"].as_array().context("packages are a list")?;
        packages.iter().find(|package| package["name"] == name).with_context(|| format!("no package {name}"))
    }
}

/// Runs a building `cargo` command and returns the programs it built, as (target's name, path).
pub fn built_programs(command: &mut Command) -> Result<Vec<(String, PathBuf)>> {
    command.args(["--message-format", "json-render-diagnostics"]);
    let messages = process::output(command)?;
    let programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let program = message["executable"].as_str()?;
        Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(program)))
    });
    Ok(programs.collect())
}
