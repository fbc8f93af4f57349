use super::*;
use std::thread;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

/// Takes and gives back one block, checking its alignment and that it can be written.
fn round_trip(backend: &impl AllocatorBackend, layout: Layout) {
    let block = backend.allocate(layout).expect("memory");
    assert_eq!(block.addr().get() % layout.align(), 0);
    // SAFETY: the block has `layout`, is ours, and goes back once.
    unsafe {
        block.write_bytes(0xa5, layout.size());
        backend.deallocate(block, layout);
    }
}

#[test]
fn system_serves_every_option() {
    let mut backends =
        vec![SystemBackend::new(), SystemBackend::default(), SystemBackend::new().with_prefault(true)];
    backends.extend(SystemBackend::new().with_prefault(true).with_huge_pages());
    for backend in backends {
        for layout in [layout(1, 1), layout(100, 4096), layout(65536, 65536), layout((4 << 20) + 5, 8)] {
            round_trip(&backend, layout);
        }
        assert!(backend.allocate(layout(0, 1)).is_none());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn huge_blocks_are_aligned_to_huge_pages() {
    let backend = SystemBackend::new().with_huge_pages().expect("Linux has them");
    let layout = layout(2 << 20, 8);
    let block = backend.allocate(layout).expect("memory");
    assert_eq!(block.addr().get() % (2 << 20), 0);
    // SAFETY: the block has this layout and goes back once.
    unsafe { backend.deallocate(block, layout) };
}

#[test]
fn racing_threads_never_pass_the_limit() {
    let counting = Arc::new(CountingBackend::new(SystemBackend::new()));
    let limited = LimitedBackend::new(Arc::clone(&counting), 640);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let layout = layout(100, 8);
                    if let Some(block) = limited.allocate(layout) {
                        // SAFETY: the block has this layout and goes back once.
                        unsafe { limited.deallocate(block, layout) };
                    }
                }
            });
        }
    });
    assert!(counting.counts().peak_bytes <= 640);
    assert_eq!((limited.used(), counting.counts().live_blocks), (0, 0));
    assert!(limited.allocate(layout(641, 8)).is_none());
    round_trip(&limited, layout(640, 8));
}

#[test]
fn a_refusal_of_the_inner_backend_gives_the_reservation_back() {
    let inner = LimitedBackend::new(SystemBackend::new(), 10);
    let outer = CountingBackend::new(LimitedBackend::new(inner, 1000));
    assert!(outer.allocate(layout(11, 1)).is_none());
    assert_eq!((outer.inner().used(), outer.counts().failures), (0, 1));
}

#[test]
fn only_the_system_without_options_is_plain() {
    assert!(SystemBackend::is_plain(&SystemBackend::new()));
    let others: [&dyn AllocatorBackend; 4] = [
        &SystemBackend::new().with_prefault(true),
        &Arc::new(SystemBackend::new()),
        &CountingBackend::new(SystemBackend::new()),
        &LimitedBackend::new(SystemBackend::new(), 10),
    ];
    assert!(others.iter().all(|&backend| !SystemBackend::is_plain(backend)));
    if let Ok(huge) = SystemBackend::new().with_huge_pages() {
        assert!(!SystemBackend::is_plain(&huge));
    }
}
