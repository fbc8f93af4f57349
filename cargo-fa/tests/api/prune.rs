//! Strips items down to what a caller sees.

use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, Type, Visibility, parse_quote};

/// `#[doc(hidden)]`.
pub(crate) fn hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        syn::Meta::List(list) => attr.path().is_ident("doc") && list.tokens.to_string() == "hidden",
        _ => false,
    })
}

/// The traits that `#[derive]` implements and that matter here.
pub(crate) fn derived(attrs: &[Attribute]) -> Vec<String> {
    let mut found = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        let _ = attr.parse_nested_meta(|meta| {
            found.extend(meta.path.get_ident().map(ToString::to_string));
            Ok(())
        });
    }
    found.retain(|name| matches!(name.as_str(), "Clone" | "Copy" | "Default"));
    found
}

/// The item without attributes, bodies and private fields.
pub(crate) fn item(item: &Item) -> Item {
    let mut item = item.clone();
    match &mut item {
        Item::Struct(data) => fields(&mut data.fields),
        Item::Trait(data) => {
            data.unsafety = None;
            data.items.retain(|item| match item {
                syn::TraitItem::Fn(function) => !hidden(&function.attrs),
                syn::TraitItem::Type(_) => true,
                _ => false,
            });
            for item in &mut data.items {
                if let syn::TraitItem::Fn(function) = item {
                    function.default = None;
                }
            }
        }
        Item::Fn(data) => *data.block = parse_quote!({}),
        _ => {}
    }
    Tidy.visit_item_mut(&mut item);
    item
}

fn fields(fields: &mut Fields) {
    let public = |field: &syn::Field| matches!(field.vis, Visibility::Public(_));
    match fields {
        Fields::Named(named) => {
            named.named = named.named.iter().filter(|field| public(field)).cloned().collect();
        }
        // The others keep their numbers.
        Fields::Unnamed(unnamed) if unnamed.unnamed.iter().any(public) => {
            for field in unnamed.unnamed.iter_mut().filter(|field| !public(field)) {
                field.ty = parse_quote!(());
            }
        }
        Fields::Unnamed(unnamed) => unnamed.unnamed.clear(),
        Fields::Unit => {}
    }
}

/// What of an impl matters; `None` when nothing does.
pub(crate) fn implementation(data: &ItemImpl) -> Option<ItemImpl> {
    let mut data = data.clone();
    data.unsafety = None;
    let of = data.trait_.as_ref().map(|(path, _)| trait_name(path));
    data.items.retain(|item| match (of.as_deref(), item) {
        (None, ImplItem::Fn(function)) => {
            matches!(function.vis, Visibility::Public(_)) && !hidden(&function.attrs)
        }
        (None, ImplItem::Macro(_)) => panic!("a macro inside of an impl, which is not expanded"),
        (Some("Default"), ImplItem::Fn(_)) => true,
        (Some("Deref"), ImplItem::Type(ty)) => ty.ident == "Target",
        (Some("Iterator" | "IntoIterator"), ImplItem::Type(ty)) => ty.ident == "Item",
        _ => false,
    });
    for item in &mut data.items {
        if let ImplItem::Fn(function) = item {
            function.block = parse_quote!({});
        }
    }
    Tidy.visit_item_impl_mut(&mut data);
    match of.as_deref() {
        None if data.items.is_empty() => None,
        None | Some("Deref" | "Iterator" | "IntoIterator" | "Drop" | "Clone" | "Copy" | "Default") => {
            Some(data)
        }
        Some(_) => None,
    }
}

pub(crate) fn trait_name(path: &syn::Path) -> String {
    path.segments.last().expect("a path has a segment").ident.to_string()
}

/// Removes what no caller needs, and the paths of a crate that is flattened.
struct Tidy;

impl VisitMut for Tidy {
    fn visit_attributes_mut(&mut self, attrs: &mut Vec<Attribute>) {
        attrs.clear();
    }

    fn visit_signature_mut(&mut self, signature: &mut syn::Signature) {
        signature.constness = None;
        signature.abi = None;
        visit_mut::visit_signature_mut(self, signature);
    }

    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        let ours = path.segments.first().is_some_and(|first| {
            matches!(first.ident.to_string().as_str(), "crate" | "super" | "self") && path.segments.len() > 1
        });
        if ours {
            path.segments = path.segments.pop().into_iter().collect();
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_receiver_mut(&mut self, receiver: &mut syn::Receiver) {
        receiver.mutability = None;
        visit_mut::visit_receiver_mut(self, receiver);
    }

    fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
        pat.mutability = None;
    }

    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}

/// The types that a type owns as it is written: its own name and those in its arguments.
pub(crate) fn owned(ty: &Type, out: &mut Vec<Vec<String>>) {
    match ty {
        Type::Path(path) => {
            let names: Vec<String> =
                path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let last = path.path.segments.last().expect("a path has a segment");
            let borrows = ["PhantomData", "ManuallyDrop", "NonNull", "Arc", "Weak"];
            if borrows.contains(&last.ident.to_string().as_str()) {
                return;
            }
            if let syn::PathArguments::AngleBracketed(args) = &last.arguments {
                for arg in &args.args {
                    if let syn::GenericArgument::Type(ty) = arg {
                        owned(ty, out);
                    }
                }
            }
            out.push(names);
        }
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|ty| owned(ty, out)),
        Type::Array(array) => owned(&array.elem, out),
        Type::Slice(slice) => owned(&slice.elem, out),
        _ => {}
    }
}
