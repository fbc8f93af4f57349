//! Items.

use super::lower::Lowering;
use super::types::name_of;
use super::{
    Alias, Body, Field, Function, Generic, Impl, Import, Imported, Item, Items, Module, Name, Param,
    Receiver, Static, StaticKind, Trait, TypeDef, TypeRef, Variant,
};

impl Lowering<'_> {
    pub(super) fn items(&self, items: &[syn::Item]) -> Items {
        Items { items: items.iter().flat_map(|item| self.item(item)).collect() }
    }

    /// None or several: a macro may hold some.
    pub(super) fn item(&self, item: &syn::Item) -> Vec<Item> {
        if !attributes(item).is_none_or(|attrs| self.enabled(attrs)) {
            return Vec::new();
        }
        let one = match item {
            syn::Item::Fn(function) => {
                Item::Fn(self.function(&function.attrs, &function.sig, Some(&function.block)))
            }
            syn::Item::Use(item) => {
                let mut imports = Vec::new();
                let absolute = item.leading_colon.is_some();
                flatten(&item.tree, &mut Vec::new(), &mut |path, what| {
                    imports.push(Import { absolute, path, what });
                });
                Item::Use(imports)
            }
            syn::Item::ExternCrate(item) => {
                let (_, name) =
                    item.rename.as_ref().map_or((None, &item.ident), |(r#as, name)| (Some(r#as), name));
                let path = vec![name_of(&item.ident)];
                Item::Use(vec![Import { absolute: true, path, what: Imported::Name(name_of(name)) }])
            }
            syn::Item::Mod(module) => Item::Mod(Module {
                name: name_of(&module.ident),
                items: module.content.as_ref().map(|(_, items)| self.items(items)),
                path: path_attribute(&module.attrs),
                when: self.when(&module.attrs),
            }),
            syn::Item::Struct(item) => Item::Type(TypeDef {
                name: self.name(&item.ident),
                generics: type_generics(&item.generics),
                fields: self.fields(&item.fields),
                variants: Vec::new(),
            }),
            syn::Item::Union(item) => Item::Type(TypeDef {
                name: self.name(&item.ident),
                generics: type_generics(&item.generics),
                fields: self.fields(&syn::Fields::Named(item.fields.clone())),
                variants: Vec::new(),
            }),
            syn::Item::Enum(item) => {
                let variant = |variant: &syn::Variant| Variant {
                    name: name_of(&variant.ident),
                    fields: self.fields(&variant.fields),
                };
                Item::Type(TypeDef {
                    name: self.name(&item.ident),
                    generics: type_generics(&item.generics),
                    fields: Vec::new(),
                    variants: item.variants.iter().map(variant).collect(),
                })
            }
            syn::Item::Type(item) => Item::Alias(Alias {
                name: name_of(&item.ident),
                generics: type_generics(&item.generics),
                ty: self.ty(&item.ty),
            }),
            syn::Item::Static(item) => {
                Item::Static(self.static_item(&item.ident, &item.ty, Some(&item.expr), StaticKind::Static))
            }
            syn::Item::Const(item) => {
                Item::Static(self.static_item(&item.ident, &item.ty, Some(&item.expr), StaticKind::Const))
            }
            syn::Item::Impl(item) => Item::Impl(self.impl_item(item)),
            syn::Item::Trait(item) => Item::Trait(self.trait_item(item)),
            syn::Item::Macro(item) => return self.item_macro(&item.mac),
            _ => return Vec::new(),
        };
        vec![one]
    }

    pub(super) fn name(&self, ident: &syn::Ident) -> Name {
        Name { text: name_of(ident), span: self.span(ident.span()) }
    }

    pub(super) fn static_item(
        &self,
        name: &syn::Ident,
        ty: &syn::Type,
        init: Option<&syn::Expr>,
        kind: StaticKind,
    ) -> Static {
        Static { name: self.name(name), ty: self.ty(ty), kind, init: init.map(|init| self.expr(init)) }
    }

    fn fields(&self, fields: &syn::Fields) -> Vec<Field> {
        let lowered = fields.iter().enumerate().map(|(index, field)| Field {
            name: field.ident.as_ref().map_or_else(
                || Name { text: index.to_string(), span: self.small(&field.ty) },
                |name| self.name(name),
            ),
            ty: self.ty(&field.ty),
        });
        lowered.collect()
    }

    fn function(
        &self,
        attrs: &[syn::Attribute],
        sig: &syn::Signature,
        body: Option<&syn::Block>,
    ) -> Function {
        let mut receiver = None;
        let mut params = Vec::new();
        for input in &sig.inputs {
            match input {
                syn::FnArg::Receiver(this) => {
                    let by_ref = match &this.kind {
                        syn::ReceiverKind::Value => false,
                        syn::ReceiverKind::Typed(_, ty) => matches!(**ty, syn::Type::Reference(_)),
                        _ => true,
                    };
                    receiver = Some(if by_ref { Receiver::Ref } else { Receiver::Value });
                }
                syn::FnArg::Typed(typed) => {
                    params.push(Param { pat: self.pat(&typed.pat), ty: self.ty(&typed.ty) });
                }
            }
        }
        Function {
            name: self.name(&sig.ident),
            attrs: self.attrs(attrs),
            generics: self.generics(&sig.generics),
            receiver,
            params,
            ret: self.return_type(&sig.output),
            body: body.map(|block| Body::Unread(self.delimited(&block.brace_token.span))),
        }
    }

    pub(super) fn generics(&self, generics: &syn::Generics) -> Vec<Generic> {
        let mut lowered: Vec<Generic> = generics
            .type_params()
            .map(|param| Generic { name: name_of(&param.ident), bounds: self.bounds(&param.bounds) })
            .chain(
                generics
                    .const_params()
                    .map(|param| Generic { name: name_of(&param.ident), bounds: Vec::new() }),
            )
            .collect();
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            let syn::WherePredicate::Type(predicate) = predicate else { continue };
            let TypeRef::Path(path) = self.ty(&predicate.bounded_ty) else { continue };
            let Some(name) = path.single() else { continue };
            if let Some(generic) = lowered.iter_mut().find(|generic| generic.name == name) {
                generic.bounds.extend(self.bounds(&predicate.bounds));
            }
        }
        lowered
    }

    fn impl_item(&self, item: &syn::ItemImpl) -> Impl {
        let mut lowered = Impl {
            generics: self.generics(&item.generics),
            of_trait: item.trait_.as_ref().map(|(path, _)| self.path(None, path)),
            self_ty: self.ty(&item.self_ty),
            functions: Vec::new(),
            types: Vec::new(),
            consts: Vec::new(),
        };
        let when = self.when(&item.attrs);
        for inner in &item.items {
            match inner {
                syn::ImplItem::Fn(function) if self.enabled(&function.attrs) => {
                    let mut method = self.function(&function.attrs, &function.sig, Some(&function.block));
                    method.attrs.when = method.attrs.when.within(when);
                    lowered.functions.push(method);
                }
                syn::ImplItem::Type(ty) => lowered.types.push((name_of(&ty.ident), self.ty(&ty.ty))),
                syn::ImplItem::Const(item) => lowered.consts.push(self.static_item(
                    &item.ident,
                    &item.ty,
                    Some(&item.expr),
                    StaticKind::Const,
                )),
                _ => {}
            }
        }
        lowered
    }

    fn trait_item(&self, item: &syn::ItemTrait) -> Trait {
        let functions = item.items.iter().filter_map(|inner| {
            let syn::TraitItem::Fn(function) = inner else { return None };
            Some(self.function(&function.attrs, &function.sig, function.default.as_ref()))
        });
        Trait {
            name: name_of(&item.ident),
            generics: type_generics(&item.generics),
            functions: functions.collect(),
        }
    }
}

/// Parameters by position, those of values among them: only lifetimes may be left out.
fn type_generics(generics: &syn::Generics) -> Vec<String> {
    let name = |param: &syn::GenericParam| match param {
        syn::GenericParam::Type(param) => Some(name_of(&param.ident)),
        syn::GenericParam::Const(param) => Some(name_of(&param.ident)),
        syn::GenericParam::Lifetime(_) => None,
    };
    generics.params.iter().filter_map(name).collect()
}

fn path_attribute(attrs: &[syn::Attribute]) -> Option<String> {
    attrs.iter().filter(|attr| attr.path().is_ident("path")).find_map(|attr| match &attr.meta {
        syn::Meta::NameValue(syn::MetaNameValue {
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
            ..
        }) => Some(text.value()),
        _ => None,
    })
}

fn flatten(tree: &syn::UseTree, prefix: &mut Vec<String>, found: &mut impl FnMut(Vec<String>, Imported)) {
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(name_of(&path.ident));
            flatten(&path.tree, prefix, found);
            prefix.pop();
        }
        syn::UseTree::Name(name) => leaf(prefix, &name.ident, None, found),
        syn::UseTree::Rename(rename) => leaf(prefix, &rename.ident, Some(&rename.rename), found),
        syn::UseTree::Glob(_) => found(prefix.clone(), Imported::All),
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, found);
            }
        }
    }
}

/// `a::b`, `a::b as c`, `a::{self}`.
fn leaf(
    prefix: &[String],
    name: &syn::Ident,
    rename: Option<&syn::Ident>,
    found: &mut impl FnMut(Vec<String>, Imported),
) {
    let mut path = prefix.to_vec();
    if name != "self" || path.is_empty() {
        path.push(name_of(name));
    }
    let last = path.last().expect("just pushed, or not empty").clone();
    found(path, Imported::Name(rename.map_or(last, name_of)));
}

fn attributes(item: &syn::Item) -> Option<&[syn::Attribute]> {
    Some(match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::ExternCrate(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => return None,
    })
}
