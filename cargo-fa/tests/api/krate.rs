//! The modules of a crate as syn reads them, macros expanded, names resolved.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::Item;

use crate::macros::Macros;

pub(crate) struct Crate {
    pub(crate) modules: Vec<Module>,
}

#[derive(Default)]
pub(crate) struct Module {
    pub(crate) parent: Option<usize>,
    pub(crate) public: bool,
    pub(crate) children: HashMap<String, usize>,
    /// Without modules, imports and macros.
    pub(crate) items: Vec<Item>,
    pub(crate) imports: Vec<Import>,
}

pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) name: String,
    pub(crate) public: bool,
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Found {
    Module(usize),
    /// An item of a module by name.
    Item(usize, String),
}

impl Crate {
    pub(crate) fn read(src: &Path) -> Self {
        let mut reader = Reader { macros: Macros::default(), modules: Vec::new() };
        reader.read_module(src.join("lib.rs"), None, true);
        reader.expand();
        Self { modules: reader.modules }
    }

    pub(crate) fn item(&self, module: usize, name: &str) -> Option<&Item> {
        self.modules[module].items.iter().find(|item| item_name(item).as_deref() == Some(name))
    }

    /// What a path that is written in `module` names, unless it is of another crate.
    pub(crate) fn resolve(&self, module: usize, path: &[String]) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Found::Module(0),
            "self" => Found::Module(module),
            "super" => Found::Module(self.modules[module].parent?),
            name => self.lookup(module, name)?,
        };
        rest.iter().try_fold(start, |found, name| match found {
            Found::Module(parent) if name == "super" => self.modules[parent].parent.map(Found::Module),
            Found::Module(parent) => self.lookup(parent, name),
            Found::Item(..) => None,
        })
    }

    fn lookup(&self, module: usize, name: &str) -> Option<Found> {
        let data = &self.modules[module];
        if self.item(module, name).is_some() {
            return Some(Found::Item(module, name.to_owned()));
        }
        if let Some(child) = data.children.get(name) {
            return Some(Found::Module(*child));
        }
        let import = data.imports.iter().find(|import| import.name == name)?;
        // `use error::AllocError` in the root names a module beside it; elsewhere it names a crate.
        let of_itself = import.path.len() == 1 && import.path[0] == name;
        if of_itself { None } else { self.resolve(module, &import.path) }
    }
}

pub(crate) fn item_name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Struct(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Const(item) => item.ident.to_string(),
        _ => return None,
    })
}

struct Reader {
    macros: Macros,
    modules: Vec<Module>,
}

impl Reader {
    fn read_module(&mut self, file: PathBuf, parent: Option<usize>, public: bool) -> usize {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let items =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items;
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "mod") => file.parent().expect("a file is in a folder").to_owned(),
            _ => file.with_extension(""),
        };
        self.add_module(items, &folder, parent, public)
    }

    fn add_module(&mut self, items: Vec<Item>, folder: &Path, parent: Option<usize>, public: bool) -> usize {
        let id = self.modules.len();
        self.modules.push(Module { parent, public, ..Module::default() });
        for item in items {
            if attrs(&item).iter().any(for_tests) {
                continue;
            }
            match item {
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let public = matches!(module.vis, syn::Visibility::Public(_)) && name != "__private";
                    let below = folder.join(&name);
                    let child = match module.content {
                        Some((_, items)) => self.add_module(items, &below, Some(id), public),
                        None if below.is_dir() && below.join("mod.rs").exists() => {
                            self.read_module(below.join("mod.rs"), Some(id), public)
                        }
                        None => self.read_module(below.with_extension("rs"), Some(id), public),
                    };
                    self.modules[id].children.insert(name, child);
                }
                Item::Use(item) => {
                    let public = matches!(item.vis, syn::Visibility::Public(_));
                    imports(&item.tree, &mut Vec::new(), public, &mut self.modules[id].imports);
                }
                Item::Macro(item) if item.ident.is_some() => {
                    let name = item.ident.expect("it was just seen").to_string();
                    self.macros.define(name, item.mac.tokens);
                }
                other => self.modules[id].items.push(other),
            }
        }
        id
    }

    fn expand(&mut self) {
        for module in &mut self.modules {
            let mut pending: Vec<Item> = std::mem::take(&mut module.items).into_iter().rev().collect();
            while let Some(item) = pending.pop() {
                let Item::Macro(call) = &item else {
                    module.items.push(item);
                    continue;
                };
                let name = call.mac.path.segments.last().expect("a path has a segment").ident.to_string();
                if let Some(made) = self.macros.expand(&name, &call.mac.tokens) {
                    pending.extend(made.into_iter().rev());
                }
            }
        }
    }
}

fn imports(tree: &syn::UseTree, prefix: &mut Vec<String>, public: bool, out: &mut Vec<Import>) {
    let mut leaf = |prefix: &[String], last: &syn::Ident, name: String| {
        let mut path = prefix.to_vec();
        if last != "self" {
            path.push(last.to_string());
        }
        out.push(Import { path, name, public });
    };
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            imports(&path.tree, prefix, public, out);
            prefix.pop();
        }
        syn::UseTree::Name(name) if name.ident == "self" => {
            leaf(prefix, &name.ident, prefix.last().cloned().unwrap_or_default());
        }
        syn::UseTree::Name(name) => leaf(prefix, &name.ident, name.ident.to_string()),
        syn::UseTree::Rename(rename) => leaf(prefix, &rename.ident, rename.rename.to_string()),
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                imports(tree, prefix, public, out);
            }
        }
        syn::UseTree::Glob(_) => assert!(!public, "public glob imports are not followed"),
    }
}

fn attrs(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, `#[cfg(all(test, ..))]`.
fn for_tests(attr: &syn::Attribute) -> bool {
    let text = match &attr.meta {
        syn::Meta::List(list) if attr.path().is_ident("cfg") => list.tokens.to_string(),
        _ => return false,
    };
    text == "test" || (text.starts_with("all") && text.contains("test"))
}
