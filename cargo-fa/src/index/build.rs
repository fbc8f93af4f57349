//! Fills the index: first every name, then what the names' types are. What is inside of functions is added later, and
//! settled again.

use std::collections::HashMap;
use std::mem;

use super::paths::Def;
use super::types::TypeScope;
use super::{
    AdtData, AdtId, AliasData, AliasId, CrateData, CrateId, FnData, FnId, Index, ModId, ModuleData, Owner,
    StaticData, StaticId, TraitData, TraitId, Ty,
};
use crate::hir::{self, Block, Body, Generic, Imported, Item, Items};
use crate::source::FileId;

/// An index that is being filled.
#[derive(Debug, Default)]
pub(crate) struct Build {
    index: Index,
    impls: Vec<(ModId, hir::Impl)>,
    /// The trees of types that are not looked up yet: those of the last ones in the index.
    types: Vec<hir::TypeDef>,
    statics: Vec<hir::TypeRef>,
    /// How many modules and functions have been settled.
    settled: (usize, usize),
    /// Which generics surround a function: those of its impl.
    outer: HashMap<FnId, (Vec<Generic>, Option<TraitId>)>,
}

impl Build {
    /// A crate with an empty root. What it calls other crates is told later: they may not be there yet.
    pub(crate) fn add_crate(&mut self, name: &str, selected: bool) -> CrateId {
        let id = CrateId(self.index.crates.len() as u32);
        let root = self.new_module(id, None, name.to_owned(), false);
        self.index.crates.push(CrateData { name: name.to_owned(), root, externs: HashMap::new(), selected });
        id
    }

    pub(crate) fn set_extern(&mut self, krate: CrateId, name: &str, target: CrateId) {
        self.index.crates[krate.0 as usize].externs.insert(name.to_owned(), target);
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    pub(crate) fn root(&self, krate: CrateId) -> ModId {
        self.index.crates[krate.0 as usize].root
    }

    /// A module `name` in `parent`, for a file of its own.
    pub(crate) fn add_module(&mut self, parent: ModId, name: &str) -> ModId {
        let data = self.index.module(parent);
        let (krate, path) = (data.krate, format!("{}::{name}", data.path));
        let id = self.new_module(krate, Some(parent), path, false);
        self.define(parent, name, Def::Mod(id));
        id
    }

    /// Says when a module is there, apart from what the modules around it say. Its items come later.
    pub(crate) fn set_when(&mut self, module: ModId, when: hir::When) {
        let data = &mut self.index.modules[module.0 as usize];
        data.when = data.when.within(when);
    }

    /// Says that no `mod` leads to the file of a module.
    pub(crate) fn set_orphan(&mut self, module: ModId, file: FileId) {
        self.index.modules[module.0 as usize].orphan = Some(file);
    }

    fn new_module(&mut self, krate: CrateId, parent: Option<ModId>, path: String, inner: bool) -> ModId {
        let id = ModId(self.index.modules.len() as u32);
        let outer = parent.map(|parent| self.index.module(parent));
        let (when, orphan) = outer.map(|outer| (outer.when, outer.orphan)).unwrap_or_default();
        let (names, imports, imported) = (HashMap::new(), Vec::new(), Vec::new());
        let data = ModuleData { krate, parent, path, names, imports, imported, inner, when, orphan };
        self.index.modules.push(data);
        id
    }

    fn define(&mut self, module: ModId, name: &str, def: Def) {
        self.index.modules[module.0 as usize].names.entry(name.to_owned()).or_default().push(def);
    }

    /// Puts the items of a file, or of an inline module, into `module`.
    pub(crate) fn add_items(&mut self, module: ModId, items: Items) {
        for item in items.items {
            self.add_item(module, item);
        }
    }

    fn add_item(&mut self, module: ModId, item: Item) {
        match item {
            Item::Use(imports) => {
                // `use a::b as _` brings methods only.
                let named = imports.into_iter().filter(|import| import.what != Imported::Name("_".into()));
                self.index.modules[module.0 as usize].imports.extend(named);
            }
            Item::Mod(inside) => {
                if let Some(items) = inside.items {
                    let inner = self.add_module(module, &inside.name);
                    self.set_when(inner, inside.when);
                    self.add_items(inner, items);
                }
            }
            Item::Fn(function) => {
                let name = function.name.text.clone();
                let id = self.add_function(module, function, Vec::new(), None);
                self.define(module, &name, Def::Fn(id));
            }
            Item::Type(def) => {
                let id = AdtId(self.index.adts.len() as u32);
                self.define(module, &def.name.text.clone(), Def::Adt(id));
                self.index.adts.push(AdtData {
                    module,
                    name: def.name.clone(),
                    generics: def.generics.clone(),
                    fields: Vec::new(),
                    variants: Vec::new(),
                    deref: None,
                    item: None,
                    drops: false,
                    reads: false,
                    methods: HashMap::new(),
                    traits: Vec::new(),
                });
                self.types.push(def);
            }
            Item::Alias(alias) => {
                let id = AliasId(self.index.aliases.len() as u32);
                self.define(module, &alias.name.clone(), Def::Alias(id));
                self.index.aliases.push(AliasData { module, alias });
            }
            Item::Static(item) => {
                let id = StaticId(self.index.statics.len() as u32);
                self.define(module, &item.name.text.clone(), Def::Static(id));
                self.index.statics.push(StaticData {
                    module,
                    name: item.name,
                    kind: item.kind,
                    ty: Ty::Unknown,
                    init: item.init,
                });
                self.statics.push(item.ty);
            }
            Item::Impl(item) => self.impls.push((module, item)),
            Item::Trait(item) => {
                let id = TraitId(self.index.traits.len() as u32);
                self.define(module, &item.name.clone(), Def::Trait(id));
                self.index.traits.push(TraitData { module, name: item.name, methods: HashMap::new() });
                let generics = item.generics.into_iter().map(|name| Generic { name, bounds: Vec::new() });
                let generics: Vec<Generic> = generics.collect();
                for function in item.functions {
                    let name = function.name.text.clone();
                    let method = self.add_function(module, function, generics.clone(), Some(id));
                    self.index.traits[id.0 as usize].methods.insert(name, method);
                }
            }
        }
    }

    fn add_function(
        &mut self,
        module: ModId,
        function: hir::Function,
        outer: Vec<Generic>,
        of_trait: Option<TraitId>,
    ) -> FnId {
        let id = FnId(self.index.fns.len() as u32);
        let data = self.index.module(module);
        let (krate, path) = (data.krate, format!("{}::{}", data.path, function.name.text));
        let when = function.attrs.when.within(data.when);
        self.index.fns.push(FnData {
            krate,
            module,
            path,
            owner: of_trait.map(Owner::Trait),
            scope: TypeScope { module, generics: Vec::new(), self_ty: None },
            params: Vec::new(),
            ret: Ty::Unknown,
            by_value: function.receiver == Some(hir::Receiver::Value),
            has_self: function.receiver.is_some(),
            when,
            function,
        });
        self.outer.insert(id, (outer, of_trait));
        id
    }

    /// Gives a function what is inside of it. Items go to a module of their own, which the function's names are looked for
    /// in first; they have to be settled.
    pub(crate) fn set_body(&mut self, id: FnId, mut body: Block) {
        let items = take_items(&mut body);
        let data = &mut self.index.fns[id.0 as usize];
        data.function.body = Some(Body::Read(body));
        if items.is_empty() {
            return;
        }
        let (krate, outer, when) = (data.krate, data.module, data.function.attrs.when);
        let path = format!("{}::{}", self.index.module(outer).path, self.index.function(id).name());
        let inner = self.new_module(krate, Some(outer), path, true);
        self.set_when(inner, when);
        let data = &mut self.index.fns[id.0 as usize];
        (data.module, data.scope.module) = (inner, inner);
        self.add_items(inner, Items { items });
    }

    /// Looks up every type that was added since the last time.
    pub(crate) fn settle(&mut self) {
        let (modules, functions) = self.settled;
        self.index.resolve_imports(modules);
        self.fill_types();
        self.fill_impls();
        self.fill_functions(functions);
        let first = self.index.statics.len() - self.statics.len();
        for (at, ty) in (first..).zip(mem::take(&mut self.statics)) {
            let scope =
                TypeScope { module: self.index.statics[at].module, generics: Vec::new(), self_ty: None };
            self.index.statics[at].ty = self.index.ty(&scope, &ty);
        }
        self.settled = (self.index.modules.len(), self.index.fns.len());
    }

    pub(crate) fn finish(self) -> Index {
        self.index
    }

    fn fill_types(&mut self) {
        let first = self.index.adts.len() - self.types.len();
        for (at, def) in (first..).zip(mem::take(&mut self.types)) {
            let scope = TypeScope {
                module: self.index.adts[at].module,
                generics: plain(&def.generics),
                self_ty: Some(own_type(AdtId(at as u32), &def.generics)),
            };
            let fields = self.index.field_types(&scope, &def.fields);
            let variants = def
                .variants
                .iter()
                .map(|variant| (variant.name.clone(), self.index.field_types(&scope, &variant.fields)));
            let variants = variants.collect();
            let adt = &mut self.index.adts[at];
            adt.fields = fields;
            adt.variants = variants;
        }
    }

    fn fill_impls(&mut self) {
        for (module, item) in mem::take(&mut self.impls) {
            let mut scope = TypeScope { module, generics: item.generics.clone(), self_ty: None };
            let self_ty = self.index.ty(&scope, &item.self_ty);
            scope.self_ty = Some(self_ty.clone());
            let of_trait = item.of_trait.as_ref();
            self.note_trait(&scope, &self_ty, of_trait, &item.types);
            for function in item.functions {
                let name = function.name.text.clone();
                let id = self.add_function(module, function, item.generics.clone(), None);
                let data = &mut self.index.fns[id.0 as usize];
                data.owner = Some(Owner::Type(self_ty.clone()));
                match &self_ty {
                    Ty::Adt(adt, _) => {
                        let methods = &mut self.index.adts[adt.0 as usize].methods;
                        if of_trait.is_none() {
                            methods.insert(name, id);
                        } else {
                            methods.entry(name).or_insert(id);
                        }
                    }
                    Ty::Foreign(foreign, _) => {
                        self.index.foreign_methods.insert((foreign.clone(), name), id);
                    }
                    _ => {}
                }
            }
        }
    }

    /// What an implementation of a trait says about the type.
    fn note_trait(
        &mut self,
        scope: &TypeScope,
        self_ty: &Ty,
        of_trait: Option<&hir::Path>,
        types: &[(String, hir::TypeRef)],
    ) {
        let (Some(path), Ty::Adt(adt, _)) = (of_trait, self_ty) else { return };
        let given = |name: &str| {
            types.iter().find(|(known, _)| known == name).map(|(_, ty)| self.index.ty(scope, ty))
        };
        let at = adt.0 as usize;
        match path.last().name.as_str() {
            "Deref" => self.index.adts[at].deref = given("Target"),
            "Iterator" => self.index.adts[at].item = given("Item"),
            // `impl IntoIterator for &T` yields references; the type itself is asked for by value.
            "IntoIterator" if self.index.adts[at].item.is_none() => {
                self.index.adts[at].item = given("Item");
            }
            "Drop" => self.index.adts[at].drops = true,
            name => match self.index.resolve_path(scope.module, path) {
                Some((Def::Trait(id), _)) => self.index.adts[at].traits.push(id),
                _ => self.index.adts[at].reads |= name == "Read",
            },
        }
    }

    fn fill_functions(&mut self, first: usize) {
        for at in first..self.index.fns.len() {
            let (mut generics, of_trait) = self.outer.remove(&FnId(at as u32)).unwrap_or_default();
            let data = &self.index.fns[at];
            generics.extend(data.function.generics.iter().cloned());
            let self_ty = match (&data.owner, of_trait) {
                (_, Some(id)) => Some(Ty::Param("Self".into(), vec![id])),
                (Some(Owner::Type(ty)), _) => Some(ty.clone()),
                _ => None,
            };
            let scope = TypeScope { module: data.module, generics, self_ty };
            let mut params = Vec::new();
            if let Some(receiver) = data.function.receiver {
                // Outside of an impl it is a mistake, which the parser lets through.
                let self_ty = scope.self_ty.clone().unwrap_or_default();
                params.push(match receiver {
                    hir::Receiver::Value => self_ty,
                    hir::Receiver::Ref => self_ty.reference(),
                });
            }
            params.extend(data.function.params.iter().map(|param| self.index.ty(&scope, &param.ty)));
            let ret = self.index.ty(&scope, &data.function.ret);
            let path = self.path_of(data);
            let data = &mut self.index.fns[at];
            data.params = params;
            data.ret = ret;
            data.path = path;
            data.scope = scope;
        }
    }

    fn path_of(&self, data: &FnData) -> String {
        let owner = match &data.owner {
            Some(Owner::Type(Ty::Adt(id, _))) => &self.index.adt(*id).name.text,
            Some(Owner::Type(Ty::Foreign(name, _))) => name,
            Some(Owner::Trait(id)) => &self.index.traits[id.0 as usize].name,
            _ => return data.path.clone(),
        };
        let module = data.path.strip_suffix(data.name()).unwrap_or(&data.path);
        format!("{module}{owner}::{}", data.name())
    }
}

fn plain(names: &[String]) -> Vec<Generic> {
    names.iter().map(|name| Generic { name: name.clone(), bounds: Vec::new() }).collect()
}

fn own_type(id: AdtId, generics: &[String]) -> Ty {
    Ty::Adt(id, generics.iter().map(|name| Ty::Param(name.clone(), Vec::new())).collect())
}

/// The items among the statements of a body, blocks within blocks included.
fn take_items(block: &mut hir::Block) -> Vec<Item> {
    let mut items = Vec::new();
    for stmt in mem::take(&mut block.stmts) {
        match stmt {
            hir::Stmt::Item(item) => items.push(item),
            mut other => {
                if let hir::Stmt::Expr {
                    expr: hir::Expr { kind: hir::ExprKind::Block { block, .. }, .. },
                    ..
                } = &mut other
                {
                    items.extend(take_items(block));
                }
                block.stmts.push(other);
            }
        }
    }
    items
}
