//! Values that live on the heap: the frame would get their handle, and what they hold would stay where it is.
//!
//! Found by what is written, without types: a standard container as the annotation, or as what the value's expression
//! makes by its syntax alone.

use proc_macro2::Ident;
use syn::{Expr, Path, PathArguments, Type};

use crate::support::errors::{list, written};

/// The standard types that own heap memory, and how many type arguments they have without an allocator.
const TYPES: [(&str, usize); 10] = [
    ("Vec", 1),
    ("String", 0),
    ("Box", 1),
    ("HashMap", 3),
    ("HashSet", 2),
    ("VecDeque", 1),
    ("BTreeMap", 2),
    ("BTreeSet", 1),
    ("BinaryHeap", 1),
    ("LinkedList", 1),
];

/// Functions of theirs that return the type itself.
const MAKERS: [&str; 5] = ["new", "with_capacity", "from", "from_iter", "default"];

/// What those without a frame form are replaced by.
pub(super) fn instead_of(container: &str) -> Option<&'static str> {
    match container {
        "BTreeMap" => Some("take a `HashMap<K, V>`, or a `Vec<(K, V)>` and sort it"),
        "BTreeSet" => Some("take a `HashSet<T>`, or a `Vec<T>` and sort it"),
        "VecDeque" => Some("take a `Vec<T>` and the index of its front"),
        "BinaryHeap" => Some("take a `Vec<T>` and sort it"),
        "LinkedList" => Some("take a `Vec<T>`"),
        _ => None,
    }
}

/// A container whose elements are on the heap.
pub(super) struct OnHeap<'t> {
    container: &'static str,
    /// As annotated, if it is.
    ty: Option<&'t Type>,
}

impl<'t> OnHeap<'t> {
    /// What a `let` with this annotation and value would keep on the heap.
    pub(super) fn of(ty: Option<&'t Type>, value: &Expr) -> Option<Self> {
        match ty {
            None | Some(Type::Infer(_)) => made_by(value).map(|container| Self { container, ty: None }),
            Some(ty) => named_by(ty).map(|container| Self { container, ty: Some(ty) }),
        }
    }

    /// What to tell the user about the variable `name`.
    pub(super) fn message(&self, name: &Ident) -> String {
        let container = self.container;
        let contents = match container {
            "String" => "its text",
            "Box" => "its value",
            _ => "its elements",
        };
        format!(
            "only the `{container}` itself would move into the frame, {contents} would stay on the heap\n\
             help: {}; if the heap is meant, leave `#[frame_local]` out",
            self.advice(name)
        )
    }

    fn advice(&self, name: &Ident) -> String {
        let ty = self.ty.map(written);
        let or = |default: &str| ty.clone().unwrap_or_else(|| default.to_owned());
        let filled_by = |ty: String, calls: &[&str]| {
            let calls: Vec<_> = calls.iter().map(|call| call.replace("NAME", &name.to_string())).collect();
            let calls: Vec<_> = calls.iter().map(String::as_str).collect();
            format!(
                "declare it without a value, `let mut {name}: {ty};`, which is empty and grows in the frame, and fill it: {}",
                list(&calls)
            )
        };
        match self.container {
            "Vec" => filled_by(or("Vec<_>"), &["NAME.extend(..)", "NAME.push(..)"]),
            "HashMap" => filled_by(or("HashMap<_, _>"), &["NAME.extend(..)", "NAME.insert(..)"]),
            "HashSet" => filled_by(or("HashSet<_>"), &["NAME.extend(..)", "NAME.insert(..)"]),
            "String" => filled_by(or("String"), &["NAME.push_str(..)", "write!(NAME, ..)"]),
            "Box" => match self.ty.and_then(boxed_type) {
                Some(Type::Slice(_)) => format!(
                    "declare it without a value, `#[frame_local(capacity = 256)] let mut {name}: {};`, and fill it: `{name}[i] = ..`",
                    or("")
                ),
                Some(Type::TraitObject(_)) => format!(
                    "box the value itself, `let {name} = value;`, and turn it into the trait object: `unsize_frame_box!({name})`"
                ),
                Some(inner) => {
                    format!("`#[frame_local]` is a box itself: write `let {name}: {} = ..;`", written(inner))
                }
                None => format!("`#[frame_local]` is a box itself: write `let {name} = value;`"),
            },
            other => format!("`{other}` has no frame form: {}", instead_of(other).unwrap_or_default()),
        }
    }
}

/// The container that the path names: bare, or from the standard library.
fn container(path: &Path) -> Option<&'static str> {
    let last = path.segments.last().filter(|_| is_std(path))?;
    let (name, most) = TYPES.iter().find(|(name, _)| last.ident == name)?;
    let arguments = match &last.arguments {
        PathArguments::None => 0,
        PathArguments::AngleBracketed(list) => list.args.len(),
        PathArguments::Parenthesized(_) => return None,
    };
    // With more of them it is another library's, or has an allocator of its own.
    (arguments <= *most).then_some(*name)
}

/// Whether the path can mean something of the standard library.
fn is_std(path: &Path) -> bool {
    path.segments.len() == 1
        || path.segments.first().is_some_and(|first| first.ident == "std" || first.ident == "alloc")
}

fn named_by(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Group(group) => named_by(&group.elem),
        Type::Paren(paren) => named_by(&paren.elem),
        Type::Path(path) if path.qself.is_none() => container(&path.path),
        _ => None,
    }
}

fn made_by(value: &Expr) -> Option<&'static str> {
    match value {
        Expr::Group(group) => made_by(&group.expr),
        Expr::Paren(paren) => made_by(&paren.expr),
        Expr::Macro(call) if is_std(&call.mac.path) => {
            match call.mac.path.segments.last()?.ident.to_string().as_str() {
                "vec" => Some("Vec"),
                "format" => Some("String"),
                _ => None,
            }
        }
        Expr::Call(call) => {
            let Expr::Path(function) = &*call.func else { return None };
            let mut path = function.path.clone();
            let function = path.segments.pop().filter(|_| function.qself.is_none())?;
            path.segments.pop_punct();
            container(&path).filter(|_| MAKERS.iter().any(|maker| function.ident == maker))
        }
        Expr::MethodCall(call) if call.method == "collect" => match call.turbofish.as_ref()?.args.first()? {
            syn::GenericArgument::Type(ty) => named_by(ty),
            _ => None,
        },
        _ => None,
    }
}

/// The `T` of `Box<T>`.
fn boxed_type(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Group(group) => boxed_type(&group.elem),
        Type::Paren(paren) => boxed_type(&paren.elem),
        Type::Path(path) => match &path.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(list) => match list.args.first()? {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::{made_by, named_by};

    #[test]
    fn annotations() {
        for (ty, container) in [
            (parse_quote!(Vec<u32>), Some("Vec")),
            (parse_quote!(std::collections::BTreeMap<u32, u32>), Some("BTreeMap")),
            (parse_quote!(::std::string::String), Some("String")),
            (parse_quote!(HashMap<u32, u32, RandomState>), Some("HashMap")),
            (parse_quote!((Box<dyn Any>)), Some("Box")),
            (parse_quote!(Vec<u32, FrameRef<'_>>), None),
            (parse_quote!(heapless::Vec<u32>), None),
            (parse_quote!(FrameVec<'_, u32>), None),
            (parse_quote!(&Vec<u32>), None),
            (parse_quote!(Option<Vec<u32>>), None),
            (parse_quote!(<Mesh as Shape>::Vec), None),
            (parse_quote!(u32), None),
        ] {
            assert_eq!(named_by(&ty), container, "{}", quote::quote!(#ty));
        }
    }

    #[test]
    fn values() {
        for (value, container) in [
            (parse_quote!(vec![1, 2]), Some("Vec")),
            (parse_quote!(std::vec![1, 2]), Some("Vec")),
            (parse_quote!((format!("{a}"))), Some("String")),
            (parse_quote!(bumpalo::vec![in arena; 1, 2]), None),
            (parse_quote!(Vec::new()), Some("Vec")),
            (parse_quote!(Vec::<u32>::with_capacity(9)), Some("Vec")),
            (parse_quote!(std::collections::HashMap::from([(1, 2)])), Some("HashMap")),
            (parse_quote!(String::from("a")), Some("String")),
            (parse_quote!(Box::new(5)), Some("Box")),
            (parse_quote!((0..9).collect::<Vec<_>>()), Some("Vec")),
            (parse_quote!((0..9).collect::<Result<Vec<_>, ()>>()), None),
            (parse_quote!((0..9).collect()), None),
            (parse_quote!(Vec::len(&list)), None),
            (parse_quote!(Box::leak(mesh)), None),
            (parse_quote!(vec![1, 2].len()), None),
            (parse_quote!(Mesh::new()), None),
            (parse_quote!(engine::Vec::new()), None),
            (parse_quote!(Vec3::new(1, 2, 3)), None),
            (parse_quote!(new()), None),
            (parse_quote!(5), None),
        ] {
            assert_eq!(made_by(&value), container, "{}", quote::quote!(#value));
        }
    }
}
