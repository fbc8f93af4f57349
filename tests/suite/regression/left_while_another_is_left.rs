//! A sink that leaves an allocator when it is dropped, with the last entry of its own allocator, because another one around
//! it is left: every allocator that the thread had entered was left.

use std::cell::RefCell;
use std::sync::Mutex;

use framealloc::diagnostics::{Diagnostic, Sink, Strict};
use framealloc::{AllocConfig, EnterGuard, SmartAlloc};
use framealloc_tests::model::bury;
use framealloc_tests::on_thread;

/// What is current when `middle` was left.
static CURRENT: Mutex<Option<SmartAlloc>> = Mutex::new(None);

thread_local! {
    static OUTER: RefCell<Option<EnterGuard>> = const { RefCell::new(None) };
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

struct Leaving;

impl Sink for Leaving {
    fn emit(&self, _: &Diagnostic) {}
}

impl Drop for Leaving {
    fn drop(&mut self) {
        drop(OUTER.take());
    }
}

/// Dropped after the thread's exit, when entries alone keep an allocator's state.
struct Late {
    middle: Option<EnterGuard>,
    _outermost: EnterGuard,
}

impl Drop for Late {
    fn drop(&mut self) {
        drop(self.middle.take());
        *CURRENT.lock().unwrap() = SmartAlloc::current();
    }
}

#[test]
fn what_was_entered_before_both_is_current() {
    let outermost = SmartAlloc::with_defaults();
    on_thread(|| {
        OUTER.with(|_| ());
        LATE.with(|_| ());
        let _outermost = outermost.enter();
        OUTER.set(Some(SmartAlloc::with_defaults().enter()));
        let middle = Some(SmartAlloc::with_defaults().enter());
        let config = AllocConfig::default().with_strict(Strict::Off).with_sink(Leaving);
        bury(SmartAlloc::new(config).unwrap().enter());
        LATE.set(Some(Late { middle, _outermost }));
    });
    let current = CURRENT.lock().unwrap().take().expect("the outermost one was not left");
    assert_eq!(format!("{current:?}"), format!("{outermost:?}"));
}
