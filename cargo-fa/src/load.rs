//! From the crates of the input to trees: what is read, what is skipped, which file is which module.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use memchr::memmem;
use rayon::prelude::*;

use crate::api;
use crate::hir::{self, Item, Items, ParseError, When};
use crate::index::{Build, CrateId, ModId};
use crate::project::{Cfg, CrateInput, Dependency, Input, normal};
use crate::reach::Reach;
use crate::source::{FileId, SourceFile, Sources};

/// The word that a crate names somewhere when it uses framealloc.
const TRACE: &[u8] = b"framealloc";

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) sources: Sources,
    pub(crate) build: Build,
    /// What `cfg` is true for in each crate of the index.
    pub(crate) cfgs: Vec<Cfg>,
    /// Files of the selected crates.
    pub(crate) linted: Vec<FileId>,
    pub(crate) unparsed: Vec<(FileId, u32, String)>,
    pub(crate) lines: usize,
}

/// Text and tree of a file, by the package whose `cfg` it was lowered with.
struct Lowered {
    id: FileId,
    items: Items,
}

type Files = HashMap<(String, PathBuf), Lowered>;

/// Reads what the crates consist of. With `everything`, crates without a trace of framealloc are parsed too.
pub(crate) fn load(input: &Input, everything: bool, advance: &(dyn Fn() + Sync)) -> Loaded {
    let mut loaded = Loaded::default();
    let relevant = relevant(input, everything);
    if !relevant.contains(&true) {
        return loaded;
    }
    let mut reach = Reach::of(input, &relevant);
    let mut files = parse_all(input, &mut reach, &mut loaded, advance);
    let mut build = Build::default();
    add_framealloc(&mut build, &mut loaded.sources);
    let krates = input.crates.iter().zip(&relevant).filter(|(_, relevant)| **relevant);
    loaded.cfgs = std::iter::once(Cfg::default()).chain(krates.map(|(krate, _)| krate.cfg.clone())).collect();
    let ids: Vec<Option<CrateId>> = input
        .crates
        .iter()
        .zip(&relevant)
        .map(|(krate, relevant)| relevant.then(|| build.add_crate(&krate.name, krate.selected)))
        .collect();
    for ((krate, id), reached) in input.crates.iter().zip(&ids).zip(&reach.crates) {
        let Some(id) = *id else { continue };
        for (name, dependency) in &krate.dependencies {
            let target = match dependency {
                Dependency::Framealloc => Some(CrateId::FRAMEALLOC),
                Dependency::Crate(at) => ids.get(*at).copied().flatten(),
            };
            if let Some(target) = target {
                build.set_extern(id, name, target);
            }
        }
        let shared = input.crates.iter().filter(|other| other.package == krate.package).count() > 1;
        Tree { build: &mut build, files: &mut files, krate, shared, placed: BTreeSet::new() }
            .add_crate(id, reached);
    }
    loaded.build = build;
    loaded
}

fn paths(krate: &CrateInput) -> impl Iterator<Item = &Path> {
    std::iter::once(&krate.root).chain(&krate.others).map(PathBuf::as_path)
}

/// Each once, in some order. The order of paths themselves goes by their parts, which takes longer than reading them.
fn by_name<'i>(paths: impl Iterator<Item = &'i Path>) -> Vec<&'i Path> {
    let mut paths: Vec<&Path> = paths.collect();
    paths.sort_unstable_by_key(|path| path.as_os_str());
    paths.dedup_by_key(|path| path.as_os_str());
    paths
}

/// The files that name framealloc. Most texts are looked at once and forgotten: one buffer per thread holds them.
fn traced<'i>(all: &[&'i Path]) -> HashSet<&'i OsStr> {
    let finder = memmem::Finder::new(TRACE);
    let names_it = |buffer: &mut Vec<u8>, path: &Path| {
        buffer.clear();
        let read = File::open(path).and_then(|mut file| file.read_to_end(buffer));
        read.is_ok() && finder.find(buffer).is_some()
    };
    all.par_iter()
        .map_init(Vec::new, |buffer, path| names_it(buffer, path).then_some(path.as_os_str()))
        .flatten()
        .collect()
}

/// Which crates can use framealloc: those of packages that name it, and those that depend on one that does.
fn relevant(input: &Input, everything: bool) -> Vec<bool> {
    if everything {
        return vec![true; input.crates.len()];
    }
    let traced = traced(&by_name(input.crates.iter().flat_map(paths)));
    let is_traced = |path: &Path| traced.contains(path.as_os_str());
    // Which target of a package a file belongs to is not known yet.
    let packages: HashSet<&OsStr> = match traced.is_empty() {
        true => HashSet::new(),
        false => input.crates.iter().filter(|one| paths(one).any(is_traced)).map(manifest).collect(),
    };
    let mut relevant: Vec<bool> = input.crates.iter().map(|one| packages.contains(manifest(one))).collect();
    loop {
        let depends = |krate: &CrateInput| {
            krate.dependencies.values().any(|dependency| match dependency {
                Dependency::Crate(at) => relevant[*at],
                // A manifest that names it is not enough: the code has to.
                Dependency::Framealloc => false,
            })
        };
        let next: Vec<bool> =
            input.crates.iter().zip(&relevant).map(|(krate, known)| *known || depends(krate)).collect();
        if next == relevant {
            return relevant;
        }
        relevant = next;
    }
}

fn manifest(krate: &CrateInput) -> &OsStr {
    krate.cargo.manifest.as_os_str()
}

/// Takes the texts out of `reach`.
fn parse_all(input: &Input, reach: &mut Reach, loaded: &mut Loaded, advance: &(dyn Fn() + Sync)) -> Files {
    let Reach { crates, texts, included } = reach;
    let of_crates = || input.crates.iter().zip(&*crates);
    let wanted: BTreeSet<(&str, &Path)> = of_crates()
        .flat_map(|(krate, files)| files.iter().map(|path| (krate.package.as_str(), path.as_path())))
        .collect();
    // One number per file, whatever the number of packages that it belongs to.
    let mut ids: HashMap<&Path, FileId> = HashMap::new();
    let mut unread: HashMap<FileId, String> = HashMap::new();
    for (_, path) in &wanted {
        ids.entry(path).or_insert_with(|| {
            let text = texts.remove(*path).expect("every file was looked at");
            let (text, failed) = match text {
                Ok(text) => (text, None),
                Err(message) => (String::new(), Some(message)),
            };
            let file = SourceFile::new(&input.root, path.to_path_buf(), text);
            loaded.lines += file.lines();
            let id = loaded.sources.add(file);
            unread.extend(failed.map(|message| (id, message)));
            id
        });
    }
    let selected = of_crates().filter(|(krate, _)| krate.selected).flat_map(|(_, files)| files);
    loaded.linted = selected.map(|path| ids[path.as_path()]).collect();
    loaded.linted.sort();
    loaded.linted.dedup();
    let cfg_of: HashMap<&str, _> =
        input.crates.iter().map(|krate| (krate.package.as_str(), &krate.cfg)).collect();
    let failed = Mutex::new(Vec::new());
    let files = wanted.par_iter().map(|(package, path)| {
        let id = ids[path];
        let items = match unread.get(&id) {
            Some(message) => Err(ParseError { offset: 0, message: message.clone() }),
            None => parse(id, &loaded.sources.get(id).text, cfg_of[package]),
        };
        let items = items.unwrap_or_else(|error| {
            failed.lock().expect("nothing panics with it").push((id, error.offset, error.message));
            Items::default()
        });
        advance();
        (((*package).to_owned(), path.to_path_buf()), Lowered { id, items })
    });
    let files = files.collect();
    loaded.unparsed = failed.into_inner().expect("nothing panics with it");
    // What is included may be an expression.
    let is_piece = |id: &FileId| included.contains(&loaded.sources.get(*id).absolute);
    let (pieces, unparsed): (Vec<_>, Vec<_>) =
        std::mem::take(&mut loaded.unparsed).into_iter().partition(|(id, ..)| is_piece(id));
    loaded.linted.retain(|id| !pieces.iter().any(|(piece, ..)| piece == id));
    loaded.unparsed = unparsed;
    files
}

/// Parses a file; what goes wrong inside the parser is an error like any other.
fn parse(id: FileId, text: &str, cfg: &Cfg) -> Result<Items, ParseError> {
    catch_unwind(AssertUnwindSafe(|| hir::lower_file(id, text, cfg))).unwrap_or_else(|_| {
        Err(ParseError { offset: 0, message: "the parser gave up on the file".to_owned() })
    })
}

/// The signatures of framealloc are crate 0.
fn add_framealloc(build: &mut Build, sources: &mut Sources) {
    let text = api::SIGNATURES;
    let file = SourceFile::new(Path::new(""), PathBuf::from("framealloc.rs"), text.to_owned());
    let id = sources.add(file);
    let krate = build.add_crate("framealloc", false);
    let items = hir::lower_file(id, text, &Cfg::default());
    build.add_items(build.root(krate), items.expect("the signatures parse, as a test shows"));
}

/// Puts the files of a crate into the tree of its modules.
struct Tree<'a> {
    build: &'a mut Build,
    files: &'a mut Files,
    krate: &'a CrateInput,
    /// Other crates are made of the same files.
    shared: bool,
    placed: BTreeSet<PathBuf>,
}

impl Tree<'_> {
    fn add_crate(&mut self, id: CrateId, reached: &[PathBuf]) {
        let root = self.build.root(id);
        let folder = self.krate.root.parent().unwrap_or(Path::new("")).to_owned();
        let test = matches!(self.krate.cargo.kind.as_str(), "test" | "bench");
        self.build.set_when(root, When { test, conditional: false });
        self.add_file(root, &self.krate.root.clone(), folder);
        // What is included, or declared where the tree does not show it, is linted as a module of the root.
        for path in reached {
            if !self.placed.contains(path) {
                let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                let module = self.build.add_module(root, &name.unwrap_or_default());
                if let Some(file) = self.files.get(&(self.krate.package.clone(), path.clone())) {
                    self.build.set_orphan(module, file.id);
                }
                let folder = path.with_extension("");
                self.add_file(module, path, folder);
            }
        }
    }

    /// `folder` is where the file's own modules are.
    fn add_file(&mut self, module: ModId, path: &Path, folder: PathBuf) {
        if !self.placed.insert(path.to_owned()) {
            return;
        }
        let key = (self.krate.package.clone(), path.to_owned());
        let Some(file) = self.files.get_mut(&key) else { return };
        let items = if self.shared { file.items.clone() } else { std::mem::take(&mut file.items) };
        self.add_items(module, items, path, &folder);
    }

    fn add_items(&mut self, module: ModId, items: Items, path: &Path, folder: &Path) {
        let mut plain = Items::default();
        for item in items.items {
            match item {
                Item::Mod(inside) => {
                    let child = self.build.add_module(module, &inside.name);
                    self.build.set_when(child, inside.when);
                    match inside.items {
                        Some(items) => {
                            self.add_items(child, items, path, &folder.join(&inside.name));
                        }
                        None => self.add_child(child, &inside.name, inside.path.as_deref(), path, folder),
                    }
                }
                other => plain.items.push(other),
            }
        }
        self.build.add_items(module, plain);
    }

    /// `mod name;`
    fn add_child(&mut self, module: ModId, name: &str, given: Option<&str>, path: &Path, folder: &Path) {
        if let Some(given) = given {
            let file = path.parent().unwrap_or(Path::new("")).join(given);
            let inside = file.parent().unwrap_or(Path::new("")).to_owned();
            return self.add_file(module, &normal(&file), inside);
        }
        let flat = folder.join(format!("{name}.rs"));
        let nested = folder.join(name).join("mod.rs");
        let known = |path: &PathBuf| self.files.contains_key(&(self.krate.package.clone(), path.clone()));
        let file = if known(&flat) { flat } else { nested };
        self.add_file(module, &file, folder.join(name));
    }
}
