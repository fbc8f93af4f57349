//! What is shared may be dropped by the last reader, on its thread.

use std::marker::PhantomData;
use std::sync::MutexGuard;

use framealloc::SmartAlloc;

struct Device {
    only_here: PhantomData<MutexGuard<'static, ()>>,
}

fn publish(alloc: &SmartAlloc) {
    let device = Device { only_here: PhantomData };
    alloc.share(device);
}

fn main() {}
