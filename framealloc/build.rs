//! Tells the crate whether the program is built with AddressSanitizer. The compiler says so to build scripts only: its own
//! `cfg(sanitize)` is not stable.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(framealloc_asan)");
    let sanitizers = std::env::var("CARGO_CFG_SANITIZE").unwrap_or_default();
    if sanitizers.split(',').any(|sanitizer| sanitizer == "address") {
        println!("cargo::rustc-cfg=framealloc_asan");
    }
}
