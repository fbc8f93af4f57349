//! Which files a crate consists of: from its root along `mod` and `include!`, as the compiler finds them.
//!
//! | file | role |
//! |---|---|
//! | `named` | what a text says about other files, without parsing it |
//!
//! Conditions are not looked at: a module under `#[cfg(windows)]` belongs to the crate, and so does one that a macro is
//! given, as `cfg_if!` is. Names that a macro of the same file puts together (`mod $name;`) are guessed: files beside it
//! that are called as a word in it. A module that is declared and has no file is the compiler's to report.

mod named;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::project::{CrateInput, Input, normal};
use named::{Module, Named};

/// The files of some crates.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Of each crate of the input: its root, and the rest by name; nothing for one that is not wanted.
    pub(crate) crates: Vec<Vec<PathBuf>>,
    /// What is read, or why it cannot be.
    pub(crate) texts: HashMap<PathBuf, Result<String, String>>,
    /// Files that only `include!` leads to: they may be expressions.
    pub(crate) included: HashSet<PathBuf>,
}

/// A file on the way.
struct Visit {
    krate: usize,
    path: PathBuf,
    /// Where its own modules are.
    folder: PathBuf,
    included: bool,
}

impl Reach {
    /// Reads what belongs to the crates of `input` that are `wanted`.
    pub(crate) fn of(input: &Input, wanted: &[bool]) -> Self {
        let mut reach = Self { crates: vec![Vec::new(); input.crates.len()], ..Self::default() };
        let mut named: HashMap<PathBuf, Named> = HashMap::new();
        let mut seen: HashSet<(usize, PathBuf)> = HashSet::new();
        let mut modules: HashSet<PathBuf> = HashSet::new();
        let crates = input.crates.iter().enumerate().filter(|(index, _)| wanted[*index]);
        let mut next: Vec<Visit> = crates.flat_map(|(index, krate)| roots(index, krate)).collect();
        while !next.is_empty() {
            let mut new: Vec<(&Path, bool)> = next
                .iter()
                .map(|visit| (visit.path.as_path(), input.crates[visit.krate].whole))
                .filter(|(path, _)| !reach.texts.contains_key(*path))
                .collect();
            // The order of paths themselves goes by their parts, which takes long.
            new.sort_unstable_by_key(|(path, whole)| (path.as_os_str(), *whole));
            new.dedup_by_key(|(path, _)| *path);
            let read = new.par_iter().map(|(path, whole)| {
                let text = read(path);
                let leads = text.as_deref().ok().filter(|_| !whole).map(Named::of);
                (path.to_path_buf(), text, leads.unwrap_or_default())
            });
            for (path, text, leads) in read.collect::<Vec<_>>() {
                named.insert(path.clone(), leads);
                reach.texts.insert(path, text);
            }
            let mut after = Vec::new();
            for visit in next {
                if !visit.included {
                    modules.insert(visit.path.clone());
                }
                if !seen.insert((visit.krate, visit.path.clone())) {
                    continue;
                }
                after.extend(named.get(&visit.path).into_iter().flat_map(|named| children(&visit, named)));
                reach.crates[visit.krate].push(visit.path);
            }
            next = after;
        }
        for files in reach.crates.iter_mut().filter(|files| !files.is_empty()) {
            files[1..].sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        }
        reach.included = reach.texts.keys().filter(|path| !modules.contains(*path)).cloned().collect();
        reach
    }
}

/// Where a crate begins; all of its files for one that is taken whole.
fn roots(index: usize, krate: &CrateInput) -> impl Iterator<Item = Visit> {
    let others: &[PathBuf] = if krate.whole { &krate.others } else { &[] };
    std::iter::once(&krate.root).chain(others).map(move |path| Visit {
        krate: index,
        folder: parent(path).to_owned(),
        path: path.clone(),
        included: false,
    })
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
}

/// The files that the one of `visit` leads to.
fn children(visit: &Visit, named: &Named) -> Vec<Visit> {
    let krate = visit.krate;
    let modules = named.modules.iter().flat_map(|module| files_of(visit, module));
    let modules = modules.map(|(path, folder)| Visit { krate, path, folder, included: false });
    let included = named.included.iter().map(|path| normal(&parent(&visit.path).join(path)));
    let included = included.filter(|path| path.is_file());
    let included =
        included.map(|path| Visit { krate, folder: parent(&path).to_owned(), path, included: true });
    modules.chain(included).collect()
}

/// Where a module lies, and where the modules in it do.
fn files_of(visit: &Visit, module: &Module) -> Vec<(PathBuf, PathBuf)> {
    let inside = module.inside.iter().fold(visit.folder.clone(), |folder, part| folder.join(part));
    let base = if module.inside.is_empty() { parent(&visit.path) } else { &inside };
    let given = module.paths.iter().map(|path| normal(&base.join(path)));
    let mut files: Vec<_> = given.map(|path| (path.clone(), parent(&path).to_owned())).collect();
    if !module.elsewhere {
        let folder = inside.join(&module.name);
        let (flat, nested) = (inside.join(format!("{}.rs", module.name)), folder.join("mod.rs"));
        files.push((if flat.is_file() { flat } else { nested }, folder));
    }
    files.retain(|(path, _)| path.is_file());
    files
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::project::{CargoTarget, Cfg};

    /// What of `files` the first one leads to, and which of it by `include!` only.
    fn reached(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let krate = CrateInput {
            name: "game".to_owned(),
            package: "game".to_owned(),
            root: folder.path().join(files[0].0),
            others: Vec::new(),
            whole: false,
            dependencies: BTreeMap::new(),
            cfg: Cfg::default(),
            selected: true,
            cargo: CargoTarget::of_folder(folder.path(), "game"),
        };
        let input = Input { root: folder.path().to_owned(), crates: vec![krate] };
        let reach = Reach::of(&input, &[true]);
        let short = |path: &PathBuf| {
            path.strip_prefix(folder.path())
                .unwrap()
                .to_string_lossy()
                .replace(std::path::MAIN_SEPARATOR, "/")
        };
        (reach.crates[0].iter().map(short).collect(), reach.included.iter().map(short).collect())
    }

    #[test]
    fn modules_lie_where_the_compiler_looks() {
        let (files, included) = reached(&[
            ("src/lib.rs", "mod a;\nmod b;\nmod inside { mod c; #[path = \"d.rs\"] mod d; }\nmod missing;"),
            ("src/a.rs", "mod deep; #[path = \"beside.rs\"] mod other;"),
            ("src/a/deep.rs", ""),
            ("src/beside.rs", "mod own;"),
            ("src/own.rs", ""),
            ("src/b/mod.rs", "mod deep;"),
            ("src/b/deep.rs", "#[path = \"../../shared/x.rs\"] mod x;"),
            ("src/inside/c.rs", ""),
            ("src/inside/d.rs", ""),
            ("shared/x.rs", "mod lib { mod c; }"),
            ("src/stray.rs", ""),
            ("templates/sys.rs", "fn {{name}}() {}"),
        ]);
        let expected = [
            "src/lib.rs",
            "shared/x.rs",
            "src/a.rs",
            "src/a/deep.rs",
            "src/b/deep.rs",
            "src/b/mod.rs",
            "src/beside.rs",
            "src/inside/c.rs",
            "src/inside/d.rs",
            "src/own.rs",
        ];
        assert_eq!(files, expected);
        assert!(included.is_empty());
    }

    #[test]
    fn conditions_and_macros_hide_nothing() {
        let (files, included) = reached(&[
            (
                "tests/suite.rs",
                "cfg_if! { if #[cfg(unix)] { mod unix; } else { mod other; } }\n\
                 #[cfg_attr(windows, path = \"win.rs\")] #[cfg(any())] pub(crate) mod sys;\n\
                 macro_rules! all { ($($name:ident)*) => { $(mod $name;)* } }\nall!(one two);\n\
                 include!(\"tables.rs\"); include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n",
            ),
            ("tests/unix.rs", ""),
            ("tests/other.rs", ""),
            ("tests/win.rs", ""),
            ("tests/sys.rs", "mod tables_too {}"),
            ("tests/one.rs", "mod suite;"),
            ("tests/two/mod.rs", ""),
            ("tests/three.rs", ""),
            ("tests/tables.rs", "[1, 2, 3]"),
            ("tests/made.rs", ""),
        ]);
        let expected = [
            "tests/suite.rs",
            "tests/one.rs",
            "tests/other.rs",
            "tests/sys.rs",
            "tests/tables.rs",
            "tests/two/mod.rs",
            "tests/unix.rs",
            "tests/win.rs",
        ];
        assert_eq!(files, expected);
        assert_eq!(included, ["tests/tables.rs"]);
    }
}
