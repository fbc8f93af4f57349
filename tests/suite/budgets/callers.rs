//! A refusal panics where the program asked, not where the library noticed.

use std::alloc::Layout;
use std::cell::Cell;
use std::panic;
use std::sync::Once;

use framealloc_tests::{Fixture, caught};

use super::hard;

thread_local! {
    static LINE: Cell<u32> = const { Cell::new(0) };
}

/// The line in this file at which `work` panics.
fn line_of(work: impl FnOnce()) -> u32 {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let here = info.location().filter(|place| place.file() == file!());
            LINE.set(here.map_or(0, panic::Location::line));
            before(info);
        }));
    });
    LINE.set(0);
    let text = caught(work);
    assert!(text.contains("budget of"), "{text}");
    LINE.get()
}

#[test]
fn every_scoped_form_panics_at_its_caller() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_budget(hard(8));
    let frame = alloc.frame();
    let bytes = Layout::array::<u8>(64).expect("a valid layout");
    macro_rules! each {
        ($($form:expr),* $(,)?) => {$(
            assert_eq!(line_of(|| _ = $form), line!(), stringify!($form));
        )*};
    }
    each!(frame.alloc([0_u64; 4]));
    each!(frame.alloc_with(|| [0_u64; 4]));
    each!(frame.alloc_aligned::<64, _>([0_u64; 4]));
    each!(frame.alloc_layout(bytes));
    each!(frame.uninit::<[u64; 4]>());
    each!(frame.uninit_slice::<u64>(4));
    each!(frame.slice_from_fn(4, |n| n));
    each!(frame.slice_from_iter([1_u64, 2, 3]));
    each!(frame.slice_copy(&[1_u64, 2, 3]));
    each!(frame.slice_default::<u64>(4));
    each!(frame.str("longer than eight bytes"));
    each!(frame.boxed([0_u64; 4]));
    each!(frame.boxed_slice_from_fn(4, |n| n));
    each!(frame.vec_with_capacity::<u64>(4));
    each!(frame.map_with_capacity::<u64, u64>(4));
    each!(frame.set_with_capacity::<u64>(4));
    each!(frame.string_with_capacity(64));
    each!(alloc.pool_box([0_u64; 4]));
    each!(alloc.heap_box([0_u64; 4]));
}
