use std::collections::{HashMap, HashSet};

use quote::ToTokens;
use syn::{FnArg, ImplItem, Item, Signature, TraitItem};

use super::facts::{Amount, Fact, Memory};
use super::methods::METHODS;
use super::types::{CLONED_AS_VALUES, Role, TYPES};
use super::{SIGNATURES, facts, role};

#[derive(Default)]
struct Api {
    types: HashSet<String>,
    dropping: HashSet<String>,
    /// By trait, those that implement it.
    traits: HashSet<(String, String)>,
    methods: HashMap<String, Signature>,
}

fn api() -> Api {
    let file = syn::parse_file(SIGNATURES).expect("the signatures are Rust");
    let mut api = Api::default();
    for item in file.items {
        match item {
            Item::Struct(item) => {
                assert!(api.types.insert(item.ident.to_string()), "two types are called {}", item.ident);
            }
            Item::Enum(item) => {
                assert!(api.types.insert(item.ident.to_string()), "two types are called {}", item.ident);
            }
            Item::Impl(item) => {
                let syn::Type::Path(path) = &*item.self_ty else { continue };
                let name = path.path.segments[0].ident.to_string();
                if let Some((of, _)) = &item.trait_ {
                    let of = of.segments.last().expect("a path has a segment").ident.to_string();
                    if of == "Drop" {
                        api.dropping.insert(name.clone());
                    }
                    api.traits.insert((of, name.clone()));
                }
                for item in item.items {
                    if let ImplItem::Fn(function) = item {
                        api.methods.insert(format!("{name}::{}", function.sig.ident), function.sig);
                    }
                }
            }
            Item::Trait(item) => {
                for function in item.items {
                    if let TraitItem::Fn(function) = function {
                        api.methods.insert(format!("{}::{}", item.ident, function.sig.ident), function.sig);
                    }
                }
            }
            _ => {}
        }
    }
    api
}

fn arguments(signature: &Signature) -> Vec<(String, String)> {
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(arg) => {
            Some((arg.pat.to_token_stream().to_string(), arg.ty.to_token_stream().to_string()))
        }
        FnArg::Receiver(_) => None,
    });
    typed.collect()
}

/// The argument that a fact is about, and what its name or type has in it.
fn argument(fact: &Fact) -> Option<(usize, &'static [&'static str])> {
    Some(match fact {
        Fact::Tag(at, _) => (*at, &["IntoTag", "tag", "path"]),
        Fact::Phase(at) => (*at, &["phase", "name"]),
        Fact::Budget(at, _) => (*at, &["Budget", "bytes"]),
        Fact::Budgets(at) => (*at, &["Budget"]),
        Fact::Limit(at) => (*at, &["limit"]),
        Fact::Policy(at) => (*at, &["RetentionPolicy", "Importance"]),
        Fact::RetainedAs(at) | Fact::TakesPromoted(at) => (*at, &["name"]),
        Fact::Frees(at) => (*at, &["id", "group", "handle"]),
        Fact::Participants(at) => (*at, &["participants"]),
        Fact::CallsBack(at) => (*at, &["Fn"]),
        _ => return None,
    })
}

#[test]
fn each_key_is_a_method_and_each_number_an_argument() {
    let api = api();
    for (key, facts) in METHODS {
        let signature = api.methods.get(*key).unwrap_or_else(|| panic!("framealloc has no `{key}`"));
        let arguments = arguments(signature);
        assert!(!facts.is_empty(), "`{key}` has no facts");
        for fact in *facts {
            let Some((at, words)) = argument(fact) else { continue };
            let (name, ty) = arguments.get(at).unwrap_or_else(|| panic!("`{key}` has no argument {at}"));
            assert!(
                words.iter().any(|word| name.contains(word) || ty.contains(word)),
                "{fact:?} of `{key}` is about `{name}: {ty}`"
            );
        }
    }
}

#[test]
fn each_role_is_of_a_type() {
    let api = api();
    for (name, _) in TYPES {
        assert!(api.types.contains(*name), "framealloc has no type `{name}`");
    }
}

#[test]
fn what_is_cloned_as_a_value_has_no_clone_of_its_own() {
    let api = api();
    let implements = |of: &str, name: &str| api.traits.contains(&(of.to_owned(), name.to_owned()));
    let mut found: Vec<&str> = api.types.iter().map(String::as_str).collect();
    found.retain(|name| implements("Deref", name) && !implements("Clone", name));
    found.sort_unstable();
    assert_eq!(found, CLONED_AS_VALUES);
}

#[test]
fn tables_are_sorted() {
    assert!(METHODS.is_sorted_by(|one, other| one.0 < other.0));
    assert!(TYPES.is_sorted_by(|one, other| one.0 < other.0));
}

#[test]
fn each_type_with_a_destructor_has_a_role() {
    for name in &api().dropping {
        assert!(role(name).is_some(), "`{name}` does something when it is dropped: say what in `TYPES`");
    }
}

/// A new method that makes a handle, or takes a tag, a phase or a budget, cannot be forgotten.
#[test]
fn each_method_that_needs_facts_has_some() {
    let api = api();
    for (key, signature) in &api.methods {
        let owner = key.split_once("::").expect("a method has a type").0;
        if !matches!(owner, "SmartAlloc" | "Frame" | "TaggedAllocator") {
            continue;
        }
        let returned = signature.output.to_token_stream().to_string();
        let words: Vec<&str> =
            returned.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let makes = words.iter().any(|word| {
            role(word).is_some_and(|role| !matches!(role, Role::Store(_) | Role::Allocator | Role::Context))
        });
        let lends = owner == "Frame" && returned.contains("& mut");
        let takes = arguments(signature).iter().any(|(name, ty)| {
            matches!(name.as_str(), "tag" | "phase" | "budget")
                || ty.contains("IntoTag")
                || ty.contains("Budget")
        });
        if makes || lends || takes {
            assert!(!facts(key).is_empty(), "`{key}` is new: say what it does in `METHODS`");
        }
    }
}

/// Memory that a method is said to allocate is the memory of what it returns.
#[test]
fn what_is_allocated_fits_what_is_returned() {
    let api = api();
    for (key, facts) in METHODS {
        let returned = api.methods[*key].output.to_token_stream().to_string();
        let role = returned.split(|c: char| !c.is_alphanumeric()).find_map(role);
        let owner = key.split_once("::").expect("a method has a type").0;
        for fact in *facts {
            let Fact::Allocates(memory, amount) = fact else { continue };
            let fits = match (role, memory) {
                (Some(Role::FrameMemory), Memory::Ambient | Memory::Scoped) => true,
                (Some(Role::Owner(of) | Role::Name(of)), memory) => of == *memory,
                // `Self` of a constructor, and plain references into a frame or scratch memory.
                (_, Memory::Passed) => returned.contains("Self"),
                (None, Memory::Scoped) => returned.contains("& mut"),
                (None, Memory::Scratch) => returned.contains("mut"),
                (None, Memory::Pool) => key.contains("defer_drop") || owner == "PoolHandle",
                _ => false,
            };
            assert!(fits, "`{key}` returns `{returned}`, which is not {memory:?}");
            if matches!(memory, Memory::Ambient) {
                assert_ne!(owner, "Frame", "{key}");
            }
            let room = returned.contains('[') || key.contains("with_capacity") || key.contains("bounded");
            if *amount == Amount::One {
                assert!(!room || key.ends_with("frame_array"), "`{key}` returns `{returned}` for one value");
            }
        }
    }
}
