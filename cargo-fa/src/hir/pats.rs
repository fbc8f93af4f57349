//! Patterns.

use super::Pat;
use super::lower::Lowering;
use super::types::name_of;

impl Lowering<'_> {
    pub(super) fn pat(&self, pat: &syn::Pat) -> Pat {
        let pats = |pats: &syn::punctuated::Punctuated<syn::Pat, syn::Token![,]>| {
            pats.iter().map(|pat| self.pat(pat)).collect()
        };
        match pat {
            syn::Pat::Ident(ident) => {
                let sub = ident.subpat.as_ref().map(|(_, sub)| Box::new(self.pat(sub)));
                // A constant or unit variant by a single name looks the same; its case tells them apart.
                let constant = name_of(&ident.ident).starts_with(|c: char| c.is_ascii_uppercase());
                if constant && sub.is_none() && ident.by_ref.is_none() && ident.mutability.is_none() {
                    return Pat::Value;
                }
                Pat::Bind {
                    name: self.name(&ident.ident),
                    by_ref: ident.by_ref.is_some(),
                    mutable: ident.mutability.is_some(),
                    sub,
                }
            }
            syn::Pat::Tuple(tuple) => Pat::Tuple(pats(&tuple.elems)),
            syn::Pat::TupleStruct(tuple) => Pat::TupleStruct {
                path: self.path(tuple.qself.as_ref(), &tuple.path),
                pats: pats(&tuple.elems),
            },
            syn::Pat::Struct(fields) => Pat::Struct {
                path: self.path(fields.qself.as_ref(), &fields.path),
                fields: fields
                    .fields
                    .iter()
                    .map(|field| (self.member(&field.member).text, self.pat(&field.pat)))
                    .collect(),
            },
            syn::Pat::Reference(reference) => Pat::Ref(Box::new(self.pat(&reference.pat))),
            syn::Pat::Or(or) => Pat::Or(or.cases.iter().map(|pat| self.pat(pat)).collect()),
            syn::Pat::Slice(slice) => Pat::Slice(pats(&slice.elems)),
            syn::Pat::Type(typed) => Pat::Typed(Box::new(self.pat(&typed.pat)), self.ty(&typed.ty)),
            syn::Pat::Paren(paren) => self.pat(&paren.pat),
            syn::Pat::Wild(_) | syn::Pat::Rest(_) => Pat::Wild,
            _ => Pat::Value,
        }
    }
}
