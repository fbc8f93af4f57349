//! Functions that cannot be systems, and what to do instead.

use quote::ToTokens;

use crate::support::errors::Errors;
use crate::support::item_fn::{Body, ItemFn};

/// Whether the function can be a system; if not, the reason is reported.
pub(super) fn check(function: &ItemFn, errors: &mut Errors) -> bool {
    let sig = &function.sig;
    let name = &sig.ident;
    let mut accepted = true;
    let mut refuse = |place: &dyn ToTokens, message: String| {
        errors.push(place, message);
        accepted = false;
    };
    if let Some(keyword) = &sig.asyncness {
        refuse(
            keyword,
            format!(
                "an `async fn` cannot be a `#[frame_system]`: it moves between threads at every `.await`, frame memory stays on one\n\
                 help: keep `{name}` async and move the part between two awaits into a `#[frame_system] fn`"
            ),
        );
    }
    if let Some(keyword) = &sig.constness {
        refuse(
            keyword,
            format!(
                "a `const fn` cannot be a `#[frame_system]`: the compiler has no frame to run it in\n\
                 help: remove `const`, or call `{name}` from a `#[frame_system] fn`"
            ),
        );
    }
    if let Some(abi) = sig.abi.as_ref().filter(|abi| !unwinds(abi)) {
        refuse(
            abi,
            format!(
                "a panic (of a budget, of the allocator) cannot leave an `{}` function\n\
                 help: write a Rust `#[frame_system] fn` and call it from `{name}` inside `std::panic::catch_unwind`",
                abi.to_token_stream()
            ),
        );
    }
    if let Body::None(_) = &function.body {
        refuse(
            name,
            format!(
                "`{name}` has no body, so there is no run to open a frame for\n\
                 help: put `#[frame_system]` on the methods that implement it"
            ),
        );
    }
    accepted
}

/// `extern "Rust"` and the `-unwind` forms let panics through.
fn unwinds(abi: &syn::Abi) -> bool {
    abi.name.as_ref().is_some_and(|name| name.value() == "Rust" || name.value().ends_with("-unwind"))
}
