//! A crate's public items as one file without modules, sorted by name.

use std::collections::{BTreeMap, BTreeSet};

use quote::{format_ident, quote};
use syn::{ImplItem, Item, ItemImpl, Type, parse_quote};

use crate::krate::{Crate, Found};
use crate::prune;
use crate::public::Public;

type Place = (usize, String);

pub(crate) fn flatten(krate: &Crate) -> syn::File {
    let public = Public::of(krate);
    let dropping = dropping(krate);
    let mut by_name: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for (place, name) in &public.items {
        let item = krate.item(place.0, &place.1).expect("a public item is there");
        let mut all = vec![prune::item(item)];
        all.extend(implementations(krate, place));
        all.extend(derives(item));
        if dropping.contains(place) && !all.iter().any(|item| is_impl_of(item, "Drop")) {
            all.extend(empty_impl(item, "Drop"));
        }
        by_name.insert(name.clone(), all);
    }
    for (name, original) in &public.renames {
        let home = public.items.iter().find(|(_, exported)| *exported == original).expect("it was exported");
        let item = krate.item(home.0.0, &home.0.1).expect("a public item is there");
        let (name, original) = (format_ident!("{name}"), format_ident!("{original}"));
        let generics = generics_of(item).cloned().unwrap_or_default();
        let (_, args, _) = generics.split_for_impl();
        by_name.insert(name.to_string(), vec![parse_quote!(pub type #name #args = #original #args;)]);
    }
    let items = by_name.into_values().flatten().collect();
    syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items }
}

/// The impls of a type that matter: inherent ones with one header together, their functions sorted.
fn implementations(krate: &Crate, place: &Place) -> Vec<Item> {
    let mut inherent: BTreeMap<String, ItemImpl> = BTreeMap::new();
    let mut traits: BTreeMap<String, ItemImpl> = BTreeMap::new();
    for (module, data) in impls(krate) {
        if self_type(krate, module, &data.self_ty).as_ref() != Some(place) {
            continue;
        }
        let Some(pruned) = prune::implementation(data) else { continue };
        let (generics, ty) = (&pruned.generics, &pruned.self_ty);
        let bounds = &generics.where_clause;
        let header = quote!(#ty #generics #bounds).to_string();
        match &pruned.trait_ {
            Some((path, _)) => {
                // By value before by reference.
                let by_ref = u8::from(matches!(**ty, Type::Reference(_)));
                traits.entry(format!("{} {by_ref} {header}", prune::trait_name(path))).or_insert(pruned);
            }
            None => match inherent.get_mut(&header) {
                Some(other) => other.items.extend(pruned.items),
                None => {
                    inherent.insert(header, pruned);
                }
            },
        }
    }
    for data in inherent.values_mut() {
        data.items.sort_by_key(name_of_function);
        data.items.dedup_by_key(|item| name_of_function(item));
    }
    inherent.into_values().chain(traits.into_values()).map(Item::Impl).collect()
}

fn name_of_function(item: &ImplItem) -> String {
    match item {
        ImplItem::Fn(function) => function.sig.ident.to_string(),
        _ => String::new(),
    }
}

fn impls(krate: &Crate) -> impl Iterator<Item = (usize, &ItemImpl)> {
    krate.modules.iter().enumerate().flat_map(|(module, data)| {
        data.items.iter().filter_map(move |item| match item {
            Item::Impl(data) => Some((module, data)),
            _ => None,
        })
    })
}

/// The item that an impl is for, references around it left out.
fn self_type(krate: &Crate, module: usize, ty: &Type) -> Option<Place> {
    match ty {
        Type::Reference(reference) => self_type(krate, module, &reference.elem),
        Type::Path(path) => {
            let names: Vec<String> = path.path.segments.iter().map(|part| part.ident.to_string()).collect();
            match krate.resolve(module, &names)? {
                Found::Item(home, name) => Some((home, name)),
                Found::Module(_) => None,
            }
        }
        _ => None,
    }
}

fn derives(item: &Item) -> Vec<Item> {
    let attrs = match item {
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        _ => return Vec::new(),
    };
    prune::derived(attrs).iter().filter_map(|of| empty_impl(item, of)).collect()
}

fn empty_impl(item: &Item, of: &str) -> Option<Item> {
    let name = match item {
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        _ => return None,
    };
    let generics = generics_of(item)?;
    let (params, args, bounds) = generics.split_for_impl();
    let ident = format_ident!("{of}");
    let body = (of == "Default").then(|| {
        quote!(
            fn default() -> Self {}
        )
    });
    Some(parse_quote!(impl #params #ident for #name #args #bounds { #body }))
}

fn is_impl_of(item: &Item, of: &str) -> bool {
    matches!(item, Item::Impl(data)
        if data.trait_.as_ref().is_some_and(|(path, _)| prune::trait_name(path) == of))
}

fn generics_of(item: &Item) -> Option<&syn::Generics> {
    match item {
        Item::Struct(item) => Some(&item.generics),
        Item::Enum(item) => Some(&item.generics),
        Item::Type(item) => Some(&item.generics),
        Item::Trait(item) => Some(&item.generics),
        _ => None,
    }
}

/// The types of the crate that do something when they are dropped: by themselves or by what they own.
fn dropping(krate: &Crate) -> BTreeSet<Place> {
    let mut found: BTreeSet<Place> = impls(krate)
        .filter(|(_, data)| data.trait_.as_ref().is_some_and(|(path, _)| path.is_ident("Drop")))
        .filter_map(|(module, data)| self_type(krate, module, &data.self_ty))
        .collect();
    loop {
        let before = found.len();
        for (module, data) in krate.modules.iter().enumerate() {
            for item in &data.items {
                let Item::Struct(item) = item else { continue };
                let mut owned = Vec::new();
                item.fields.iter().for_each(|field| prune::owned(&field.ty, &mut owned));
                let drops = owned.iter().any(|path| match krate.resolve(module, path) {
                    Some(Found::Item(home, name)) => found.contains(&(home, name)),
                    _ => false,
                });
                if drops {
                    found.insert((module, item.ident.to_string()));
                }
            }
        }
        if found.len() == before {
            return found;
        }
    }
}
