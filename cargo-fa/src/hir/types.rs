//! Types and paths.

use super::lower::Lowering;
use super::{ArrayLen, Path, Segment, TypeRef};
use crate::source::Span;

impl Lowering<'_> {
    pub(super) fn ty(&self, ty: &syn::Type) -> TypeRef {
        match ty {
            syn::Type::Path(path) => {
                if path.qself.is_none() && path.path.is_ident("_") {
                    return TypeRef::Unknown;
                }
                TypeRef::Path(self.path(path.qself.as_ref(), &path.path))
            }
            syn::Type::Reference(reference) => TypeRef::Ref(Box::new(self.ty(&reference.elem))),
            syn::Type::Ptr(pointer) => TypeRef::Ref(Box::new(self.ty(&pointer.elem))),
            syn::Type::Tuple(tuple) => TypeRef::Tuple(tuple.elems.iter().map(|ty| self.ty(ty)).collect()),
            syn::Type::Slice(slice) => TypeRef::Slice(Box::new(self.ty(&slice.elem))),
            syn::Type::Array(array) => {
                TypeRef::Array(Box::new(self.ty(&array.elem)), self.array_len(&array.len))
            }
            syn::Type::Paren(paren) => self.ty(&paren.elem),
            syn::Type::Group(group) => self.ty(&group.elem),
            syn::Type::FnPtr(function) => TypeRef::Fn(
                function.inputs.iter().map(|input| self.ty(&input.ty)).collect(),
                Box::new(self.return_type(&function.output)),
            ),
            syn::Type::ImplTrait(bounds) => TypeRef::Bounds(self.bounds(&bounds.bounds)),
            syn::Type::TraitObject(bounds) => TypeRef::Bounds(self.bounds(&bounds.bounds)),
            _ => TypeRef::Unknown,
        }
    }

    fn array_len(&self, len: &syn::Expr) -> ArrayLen {
        match len {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => {
                number.base10_parse().map_or(ArrayLen::Other, ArrayLen::Literal)
            }
            syn::Expr::Path(path) => ArrayLen::Named(self.path(path.qself.as_ref(), &path.path)),
            _ => ArrayLen::Other,
        }
    }

    pub(super) fn return_type(&self, output: &syn::ReturnType) -> TypeRef {
        match output {
            syn::ReturnType::Default => TypeRef::Tuple(Vec::new()),
            syn::ReturnType::Type(_, ty) => self.ty(ty),
        }
    }

    pub(super) fn bounds<'b>(&self, bounds: impl IntoIterator<Item = &'b syn::TypeParamBound>) -> Vec<Path> {
        let traits = bounds.into_iter().filter_map(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => Some(self.path(None, &bound.path)),
            _ => None,
        });
        traits.collect()
    }

    pub(super) fn path(&self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Path {
        Path {
            absolute: path.leading_colon.is_some(),
            qself: qself.map(|qself| Box::new(self.ty(&qself.ty))),
            segments: path.segments.iter().map(|segment| self.segment(segment)).collect(),
            span: self.path_span(path),
        }
    }

    /// From the first name to the end of the last one's arguments, without walking the tokens between.
    fn path_span(&self, path: &syn::Path) -> Span {
        let start = path.leading_colon.map_or_else(
            || path.segments.first().map(|first| self.span(first.ident.span())),
            |colons| Some(self.span(colons.spans[0])),
        );
        let last = path.segments.last().map(|last| {
            let name = self.span(last.ident.span());
            match &last.arguments {
                syn::PathArguments::AngleBracketed(angle) => name.to(self.span(angle.gt_token.spans[0])),
                _ => name,
            }
        });
        match (start, last) {
            (Some(start), Some(last)) => start.to(last),
            _ => Span { file: self.file, start: 0, end: 0 },
        }
    }

    fn segment(&self, segment: &syn::PathSegment) -> Segment {
        let mut lowered = Segment { name: name_of(&segment.ident), args: Vec::new(), bindings: Vec::new() };
        match &segment.arguments {
            syn::PathArguments::None => {}
            syn::PathArguments::AngleBracketed(angle) => self.arguments(angle, &mut lowered),
            syn::PathArguments::Parenthesized(call) => {
                lowered.args = call.inputs.iter().map(|input| self.ty(&input.ty)).collect();
                lowered.bindings.push(("Output".into(), self.return_type(&call.output)));
            }
        }
        lowered
    }

    fn arguments(&self, angle: &syn::AngleBracketedGenericArguments, lowered: &mut Segment) {
        for argument in &angle.args {
            match argument {
                syn::GenericArgument::Type(ty) => lowered.args.push(self.ty(ty)),
                syn::GenericArgument::AssocType(assoc) => {
                    lowered.bindings.push((name_of(&assoc.ident), self.ty(&assoc.ty)));
                }
                syn::GenericArgument::Const(_) => lowered.args.push(TypeRef::Unknown),
                _ => {}
            }
        }
    }

    pub(super) fn turbofish(&self, angle: Option<&syn::AngleBracketedGenericArguments>) -> Vec<TypeRef> {
        let mut segment = Segment { name: String::new(), args: Vec::new(), bindings: Vec::new() };
        if let Some(angle) = angle {
            self.arguments(angle, &mut segment);
        }
        segment.args
    }
}

/// The name without `r#`.
pub(super) fn name_of(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
