//! The expansion as checked-in files, formatted; `ui-tests/expanded.rs` compiles the ones without errors.
//!
//! `FRAMEALLOC_BLESS=1 cargo test -p framealloc-macros` writes them anew. Then read the difference.

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;

fn check(name: &str, args: TokenStream, item: TokenStream) {
    let expanded = super::expand(args, item);
    let file = syn::parse2(expanded.clone()).unwrap_or_else(|error| panic!("{name}: {error}\n{expanded}"));
    let found = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/frame_system/snapshots")
        .join(format!("{name}.expanded"));
    if std::env::var_os("FRAMEALLOC_BLESS").is_some() {
        fs::write(&path, &found).expect("the snapshots are writable");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == expected, "{} has changed; it is now:\n{found}", path.display());
}

#[test]
fn minimal() {
    check(
        "minimal",
        quote!(),
        quote!(
            pub fn step(alloc: &SmartAlloc) {}
        ),
    );
}

#[test]
fn arguments() {
    let args = quote!(
        tag = "physics/broad",
        phase = "update",
        budget = "8MB",
        soft = LIMIT / 2,
        on_exceed = "fail",
        heap = "deny",
        frame = frame,
        alloc = world.alloc,
        crate = ::framealloc
    );
    let item = quote! {
        /// Documented.
        #[inline]
        pub fn step(world: &World) -> u64 {
            frame.bytes_used()
        }
    };
    check("arguments", args, item);
}

#[test]
fn locals() {
    let item = quote! {
        pub fn plan(alloc: &SmartAlloc, words: &[&'static str]) -> usize {
            const STEP: usize = 1;
            #[frame_local]
            let mut list: Vec<u32>;
            #[frame_local(capacity = words.len())]
            let mut map: HashMap<&str, usize>;
            #[frame_local(capacity = 8)]
            let costs: Box<[f32]>;
            #[frame_local]
            let best = 5;
            #[frame_local]
            let typed: u64 = 6;
            #[retain(PromoteToPool, name = "navmesh")]
            let mut mesh: Vec<u32> = vec![1];
            #[retain(PromoteToScratch("level"))]
            let level = 7_u8;
            list.push(*best);
            for word in words {
                #[frame_local]
                let copy: &str = word;
                map.insert(*copy, mesh.len());
            }
            let moved = move |n: usize| {
                #[frame_local]
                let sum = n + STEP;
                *sum
            };
            mesh.push(u32::from(*level));
            list.len() + map.len() + costs.len() + moved(1) + *typed as usize
        }
    };
    check("locals", quote!(tag = "ai"), item);
}

#[test]
fn mistakes() {
    let args = quote!(tag = "", budgt = "8MB", budget = 0);
    let item = quote! {
        async fn receive(alloc: &SmartAlloc) -> usize {
            #[frame_local]
            let mut packets: Vec<u32>;
            #[frame_local]
            let (a, b) = (1, 2);
            packets.len() + a + b
        }
    };
    check("mistakes", args, item);
}

#[test]
fn not_a_function() {
    check(
        "not_a_function",
        quote!(),
        quote!(
            struct Physics;
        ),
    );
}

#[test]
fn an_item_that_is_no_rust_is_not_swallowed() {
    let item = quote!(fn step(alloc: &SmartAlloc) { let = ; });
    assert!(super::expand(quote!(), item).to_string().contains("let = ;"));
    let item = quote!(not rust at all);
    assert!(super::expand(quote!(), item.clone()).to_string().starts_with(&item.to_string()));
}
