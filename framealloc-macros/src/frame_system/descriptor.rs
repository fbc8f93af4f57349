//! The static that describes a system, and its registration at link time.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

use super::args::Args;
use crate::support::size::Soft;

/// The name of the static, for the expressions that follow it in the same block.
pub(super) fn name() -> Ident {
    Ident::new("__FRAMEALLOC_SYSTEM", Span::mixed_site())
}

/// `static __FRAMEALLOC_SYSTEM: System = ...;` and its `submit!`.
pub(super) fn items(args: &Args, function: &Ident) -> TokenStream {
    let krate = &args.krate;
    let glue = Span::mixed_site();
    let system = name();
    let function = LitStr::new(&function.unraw().to_string(), glue);
    let tag = args.tag.as_ref().map_or(&function, |tag| &tag.0);
    let phase = args.phase.as_ref().map_or(tag, |phase| &phase.0);
    let budget = match &args.budget {
        None => quote_spanned!(glue=> ::core::option::Option::None),
        Some(size) => {
            let bytes = size.to_expr(krate);
            quote_spanned!(glue=> ::core::option::Option::Some(#bytes))
        }
    };
    let soft = match &args.soft {
        None => quote_spanned!(glue=> Default80),
        Some(Soft::Percent(percent)) => quote_spanned!(glue=> Percent(#percent)),
        Some(Soft::Size(size)) => {
            let bytes = size.to_expr(krate);
            quote_spanned!(glue=> Bytes(#bytes))
        }
    };
    let on_exceed = variant(args.on_exceed.map_or("Warn", |choice| choice.0));
    let heap = variant(args.heap.map_or("Allow", |choice| choice.0));
    quote_spanned! {glue=>
        static #system: #krate::__private::System = #krate::__private::System::new(#krate::__private::SystemInfo {
            name: #function,
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            tag: #tag,
            phase: #phase,
            budget: #budget,
            soft: #krate::__private::SoftLimit::#soft,
            on_exceed: #krate::__private::OnExceed::#on_exceed,
            heap: #krate::__private::HeapUse::#heap,
        });
        #krate::__private::inventory::submit! { &#system }
    }
}

fn variant(name: &str) -> TokenStream {
    Ident::new(name, Span::mixed_site()).into_token_stream()
}
