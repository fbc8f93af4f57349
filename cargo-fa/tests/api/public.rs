//! Which items of a crate can be named from outside.

use std::collections::{BTreeMap, BTreeSet};

use crate::krate::{Crate, Found, item_name};
use crate::prune::hidden;

/// The names by which the crate's items are public, and what they are.
pub(crate) struct Public {
    /// Each item by the name it is exported by, the one it was defined with where it has several.
    pub(crate) items: BTreeMap<(usize, String), String>,
    /// Further names.
    pub(crate) renames: Vec<(String, String)>,
}

impl Public {
    pub(crate) fn of(krate: &Crate) -> Self {
        let mut exports = BTreeSet::new();
        collect(krate, 0, &mut exports);
        let mut items: BTreeMap<(usize, String), String> = BTreeMap::new();
        let mut renames = Vec::new();
        for (module, original, name) in &exports {
            if name == original {
                items.insert((*module, original.clone()), name.clone());
            }
        }
        for (module, original, name) in exports {
            if name == original {
                continue;
            }
            assert!(
                items.contains_key(&(module, original.clone())),
                "`{original}` is exported as `{name}` only, which has no form here"
            );
            renames.push((name, original));
        }
        let mut taken = BTreeMap::new();
        for (place, name) in &items {
            if let Some(other) = taken.insert(name.clone(), place) {
                panic!(
                    "two public items are called `{name}`, in modules {other:?} and {place:?}: name them apart"
                );
            }
        }
        Self { items, renames }
    }
}

/// (module, name where it is defined, name by which it is exported) of all that `module` makes public.
fn collect(krate: &Crate, module: usize, out: &mut BTreeSet<(usize, String, String)>) {
    let data = &krate.modules[module];
    for item in &data.items {
        if let Some(name) = item_name(item).filter(|_| is_public(item)) {
            out.insert((module, name.clone(), name));
        }
    }
    for import in data.imports.iter().filter(|import| import.public) {
        match krate.resolve(module, &import.path) {
            Some(Found::Item(home, original)) if krate.item(home, &original).is_some_and(is_public) => {
                out.insert((home, original, import.name.clone()));
            }
            Some(Found::Module(_)) => panic!("`pub use` of the module `{}`", import.name),
            // Of another crate, or a static.
            _ => {}
        }
    }
    for child in data.children.values() {
        if krate.modules[*child].public {
            collect(krate, *child, out);
        }
    }
}

fn is_public(item: &syn::Item) -> bool {
    let (vis, attrs) = match item {
        syn::Item::Struct(item) => (&item.vis, &item.attrs),
        syn::Item::Enum(item) => (&item.vis, &item.attrs),
        syn::Item::Trait(item) => (&item.vis, &item.attrs),
        syn::Item::Type(item) => (&item.vis, &item.attrs),
        syn::Item::Fn(item) => (&item.vis, &item.attrs),
        // The linter needs no values.
        _ => return false,
    };
    matches!(vis, syn::Visibility::Public(_)) && !hidden(attrs)
}
