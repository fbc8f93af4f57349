//! Panics that become a one-line error must not print a report of their own first.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic that was caught: its text and where it happened.
#[derive(Clone, Debug)]
pub struct Panic {
    pub text: String,
    pub place: String,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.place)
    }
}

/// Runs `work`; if it panics, nothing is printed and the panic is returned. Other threads are not affected.
///
/// # Errors
/// The panic of `work`.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if DEPTH.get() == 0 {
                print(info);
            } else if let Some(place) = info.location() {
                PLACE.replace(format!("{}:{}", place.file(), place.line()));
            }
        }));
    });
    DEPTH.set(DEPTH.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| Panic { text: text_of(&*payload), place: PLACE.take() })
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_returned_with_its_place() {
        assert_eq!(catch(|| 3).unwrap(), 3);
        let panic = catch(|| panic!("no {}", "luck")).unwrap_err();
        assert_eq!(panic.text, "no luck");
        assert!(panic.to_string().contains("quiet.rs:"), "{panic}");
    }
}
