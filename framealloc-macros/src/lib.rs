//! The attributes of framealloc.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod body;
mod frame_local;
mod frame_system;
mod outside;
mod retain;
mod support;

/// x
#[proc_macro_attribute]
pub fn frame_system(args: TokenStream, item: TokenStream) -> TokenStream {
    frame_system::expand(args.into(), item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn frame_local(_args: TokenStream, item: TokenStream) -> TokenStream {
    outside::expand("#[frame_local]", item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn retain(_args: TokenStream, item: TokenStream) -> TokenStream {
    outside::expand("#[retain]", item.into()).into()
}
