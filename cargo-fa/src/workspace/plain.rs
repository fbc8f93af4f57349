//! A file or a folder without cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ignore::WalkBuilder;

use super::files::{Exclude, below};
use crate::project::{CargoTarget, Cfg, CrateInput, Dependency, Input};

/// Every folder with a `Cargo.toml`, and the rest of `path`, is a crate that calls framealloc `framealloc`.
pub(crate) fn plain(path: &Path, exclude: &[String]) -> Result<Input> {
    let path = fs::canonicalize(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    if path.is_file() {
        let root = path.parent().unwrap_or(&path).to_path_buf();
        return Ok(Input { crates: vec![one(&root, vec![path])], root });
    }
    let exclude = Exclude::new(&path, exclude)?;
    let walk = WalkBuilder::new(&path).standard_filters(false).sort_by_file_path(Path::cmp).build();
    let folders: BTreeSet<PathBuf> = walk
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "Cargo.toml")
        .filter_map(|entry| entry.path().parent().map(Path::to_path_buf))
        .chain([path.clone()])
        .collect();
    let crates = folders.iter().map(|folder| (folder, below(folder, &exclude, &BTreeSet::new(), false)));
    let crates = crates.filter(|(_, files)| !files.is_empty()).map(|(folder, files)| one(folder, files));
    Ok(Input { crates: crates.collect(), root: path })
}

fn one(folder: &Path, mut files: Vec<PathBuf>) -> CrateInput {
    let package = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let likely = ["src/lib.rs", "src/main.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    let at = likely.iter().find_map(|root| files.iter().position(|file| file == root)).unwrap_or(0);
    let root = files.remove(at);
    CrateInput {
        name: package.replace(['-', '.'], "_"),
        cargo: CargoTarget::of_folder(folder, &package),
        package,
        root,
        others: files,
        whole: true,
        dependencies: BTreeMap::from([("framealloc".to_owned(), Dependency::Framealloc)]),
        cfg: Cfg::default(),
        selected: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_manifest_makes_a_crate() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for path in [
            "a/Cargo.toml",
            "a/src/lib.rs",
            "a/src/x.rs",
            "b/Cargo.toml",
            "b/src/main.rs",
            "loose.rs",
            ".hidden/also.rs",
            "note.md",
        ] {
            write(path);
        }
        let input = plain(folder.path(), &[]).unwrap();
        let names: Vec<_> = input.crates.iter().map(|one| (one.root.clone(), one.others.len())).collect();
        let at = |path: &str| input.root.join(path);
        assert_eq!(names, [(at(".hidden/also.rs"), 1), (at("a/src/lib.rs"), 1), (at("b/src/main.rs"), 0)]);
        let input = plain(folder.path(), &["a/".to_owned()]).unwrap();
        assert_eq!(input.crates.len(), 2);
    }
}
