//! A retained value keeps its exact type: through a handle of a supertype a value could be written that is taken as
//! something else later.

use framealloc::Retained;

fn widened<'f>(handle: Retained<'f, for<'a> fn(&'a u8)>) -> Retained<'f, fn(&'static u8)> {
    handle
}

fn main() {
    let _ = widened;
}
