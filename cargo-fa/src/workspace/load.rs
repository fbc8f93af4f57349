//! `cargo metadata` to crates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use cargo_metadata::{
    DependencyKind, Metadata, MetadataCommand, Node, Package, PackageId, Target, TargetKind,
};

use super::cfg;
use super::files::{Exclude, below};
use super::select::Selection;
use crate::project::{CargoTarget, Cfg, CrateInput, Dependency, Input, normal};
use crate::suggest::did_you_mean;

/// The library whose users are linted.
const FRAMEALLOC: &str = "framealloc";

/// A workspace that cargo described; its crates are made later, when the configuration in its root is known.
#[derive(Debug)]
pub(crate) struct Workspace {
    metadata: Metadata,
    selection: Selection,
}

/// Asks cargo for the workspace of the current folder, or of `--manifest-path`.
pub(crate) fn load(selection: &Selection) -> Result<Workspace> {
    let mut command = MetadataCommand::new();
    if let Some(path) = &selection.manifest_path {
        if !path.is_file() {
            bail!("the manifest `{}` does not exist", path.display());
        }
        command.manifest_path(path);
    }
    selection.features.forward_metadata(&mut command);
    let mut options = Vec::new();
    options.extend(selection.locked.then(|| "--locked".to_owned()));
    options.extend(selection.offline.then(|| "--offline".to_owned()));
    if let Some(target) = &selection.target {
        options.extend(["--filter-platform".to_owned(), target.clone()]);
    }
    let metadata = match command.other_options(options).exec() {
        Ok(metadata) => metadata,
        Err(cargo_metadata::Error::CargoMetadata { stderr }) => {
            let text = stderr.trim().trim_start_matches("error: ").to_owned();
            bail!("cargo cannot describe the workspace: {text}");
        }
        Err(error) => bail!("cargo cannot describe the workspace: {error}"),
    };
    Ok(Workspace { metadata, selection: selection.clone() })
}

impl Workspace {
    /// Where its manifest lies.
    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// The crates of all members that use framealloc, and which of them are selected.
    pub(crate) fn input(&self, exclude: &Exclude) -> Result<Input> {
        let selected = self.selected()?;
        let users = self.users();
        let target = cfg::of_target(self.root(), self.selection.target.as_deref())?;
        let mut crates = Vec::new();
        for package in self.metadata.workspace_packages() {
            if users.contains(&package.id) && package.name != FRAMEALLOC {
                let cfg = Cfg { features: self.features(&package.id), target: target.clone() };
                crates.extend(self.targets(package, &cfg, selected.contains(&package.id), exclude));
            }
        }
        // Names of dependencies are indices of crates, which are known only now.
        let libraries: BTreeMap<String, usize> = crates
            .iter()
            .enumerate()
            .filter(|(_, input)| is_library(&input.cargo.kind))
            .map(|(index, input)| (input.cargo.package_id.clone(), index))
            .collect();
        for (index, input) in crates.iter_mut().enumerate() {
            input.dependencies = self.dependencies(input, index, &libraries);
        }
        Ok(Input { root: self.root().to_path_buf(), crates: needed(crates) })
    }

    /// The members that the command line asks for; without a word, the default members.
    fn selected(&self) -> Result<BTreeSet<PackageId>> {
        let members = self.metadata.workspace_packages();
        for name in self.selection.package.iter().chain(&self.selection.exclude) {
            if !members.iter().any(|package| package.name == *name) {
                let names = members.iter().map(|package| package.name.as_str());
                bail!("the workspace has no package `{name}`{}", did_you_mean(name, names));
            }
        }
        let (selected, _) = self.selection.packages().partition_packages(&self.metadata);
        Ok(selected.into_iter().map(|package| package.id.clone()).collect())
    }

    /// The members that depend on framealloc, if through other members.
    fn users(&self) -> BTreeSet<PackageId> {
        let members: BTreeSet<_> = self.metadata.workspace_members.iter().collect();
        let mut users: BTreeSet<PackageId> = self
            .metadata
            .packages
            .iter()
            .filter(|package| package.name == FRAMEALLOC)
            .map(|package| package.id.clone())
            .collect();
        loop {
            let before = users.len();
            for node in self.nodes().filter(|node| members.contains(&node.id)) {
                if node.deps.iter().any(|dependency| users.contains(&dependency.pkg)) {
                    users.insert(node.id.clone());
                }
            }
            if users.len() == before {
                return users;
            }
        }
    }

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.metadata.resolve.iter().flat_map(|resolve| &resolve.nodes)
    }

    fn features(&self, package: &PackageId) -> Vec<String> {
        let node = self.nodes().find(|node| node.id == *package);
        node.map_or_else(Vec::new, |node| node.features.iter().map(ToString::to_string).collect())
    }

    fn targets(&self, package: &Package, cfg: &Cfg, selected: bool, exclude: &Exclude) -> Vec<CrateInput> {
        let mut crates: Vec<_> = package
            .targets
            .iter()
            .filter(|target| !target.is_custom_build())
            .map(|target| CrateInput {
                name: target.name.replace('-', "_"),
                package: package.name.to_string(),
                root: normal(target.src_path.as_std_path()),
                others: Vec::new(),
                whole: false,
                dependencies: BTreeMap::new(),
                cfg: cfg.clone(),
                selected,
                cargo: cargo_target(package, target),
            })
            .collect();
        let folder = package.manifest_path.parent().map_or(self.root(), |folder| folder.as_std_path());
        let mut without: BTreeSet<PathBuf> =
            package.targets.iter().map(|target| normal(target.src_path.as_std_path())).collect();
        without.insert(self.metadata.target_directory.clone().into_std_path_buf());
        // The library comes first in cargo's list.
        if let Some(first) = crates.first_mut() {
            first.others = below(folder, exclude, &without, true);
        }
        crates
    }

    /// What `input` calls framealloc and the libraries of other members.
    fn dependencies(
        &self,
        input: &CrateInput,
        index: usize,
        libraries: &BTreeMap<String, usize>,
    ) -> BTreeMap<String, Dependency> {
        let mut names = BTreeMap::new();
        let Some(node) = self.nodes().find(|node| node.id.repr == input.cargo.package_id) else {
            return names;
        };
        for dependency in &node.deps {
            let build_only = dependency.dep_kinds.iter().all(|kind| kind.kind == DependencyKind::Build);
            let is_ours = self
                .metadata
                .packages
                .iter()
                .any(|package| package.id == dependency.pkg && package.name == FRAMEALLOC);
            if build_only && !dependency.dep_kinds.is_empty() {
                continue;
            } else if is_ours {
                names.insert(dependency.name.clone(), Dependency::Framealloc);
            } else if let Some(&library) = libraries.get(&dependency.pkg.repr) {
                names.insert(dependency.name.clone(), Dependency::Crate(library));
            }
        }
        // Binaries, tests and examples see the library of their own package.
        if let Some(&own) = libraries.get(&input.cargo.package_id)
            && own != index
            && let Some(package) =
                self.metadata.packages.iter().find(|package| package.id.repr == input.cargo.package_id)
            && let Some(library) = package
                .targets
                .iter()
                .find(|target| target.kind.iter().any(|kind| is_library(&kind.to_string())))
        {
            names.insert(library.name.replace('-', "_"), Dependency::Crate(own));
        }
        names
    }
}

/// The selected crates, and what they depend on.
fn needed(crates: Vec<CrateInput>) -> Vec<CrateInput> {
    let mut waiting: Vec<usize> = (0..crates.len()).filter(|&index| crates[index].selected).collect();
    let mut needed = BTreeSet::new();
    while let Some(index) = waiting.pop() {
        if needed.insert(index) {
            waiting.extend(crates[index].dependencies.values().filter_map(|dependency| dependency.index()));
        }
    }
    let places: BTreeMap<usize, usize> = needed.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let kept = crates.into_iter().enumerate().filter(|(index, _)| needed.contains(index));
    let kept = kept.map(|(_, mut one)| {
        for dependency in one.dependencies.values_mut() {
            if let Dependency::Crate(index) = dependency {
                *index = places[index];
            }
        }
        one
    });
    kept.collect()
}

fn cargo_target(package: &Package, target: &Target) -> CargoTarget {
    let kind = target.kind.first().cloned().unwrap_or(TargetKind::Lib);
    CargoTarget {
        package_id: package.id.repr.clone(),
        manifest: package.manifest_path.clone().into_std_path_buf(),
        kind: kind.to_string(),
        crate_type: target.crate_types.first().map_or_else(|| "bin".to_owned(), ToString::to_string),
        edition: target.edition.to_string(),
    }
}

fn is_library(kind: &str) -> bool {
    matches!(kind, "lib" | "rlib" | "dylib" | "cdylib" | "staticlib" | "proc-macro")
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
