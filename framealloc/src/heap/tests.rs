use super::*;
use crate::backend::{AllocatorBackend, CountingBackend, LimitedBackend, SystemBackend};
use crate::error::AllocError;
use crate::raw::meter::ObjectMeter;
use crate::raw::tls::Last;
use allocator_api2::{boxed, vec};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[derive(Default)]
struct Account([AtomicI64; 4]);

impl ObjectMeter for Account {
    fn pool_made(&self, _: u16, _: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError> {
        make();
        Ok(())
    }

    fn pool_freed(&self, _: u16, _: usize, _: NonNull<u8>) -> bool {
        true
    }

    fn heap_made(&self, tag: u16, bytes: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError> {
        if make() {
            self.0[usize::from(tag)].fetch_add(bytes as i64, Relaxed);
        }
        Ok(())
    }

    fn heap_freed(&self, tag: u16, bytes: usize, _: Last) {
        self.0[usize::from(tag)].fetch_sub(bytes as i64, Relaxed);
    }
}

type Counting = Arc<CountingBackend<SystemBackend>>;

fn heap() -> (Arc<HeapShared>, Counting, Arc<Account>) {
    let counting = Arc::new(CountingBackend::new(SystemBackend::new()));
    let account = Arc::new(Account::default());
    let heap = HeapShared::new(Arc::new(Arc::clone(&counting)), Arc::clone(&account) as _);
    (heap, counting, account)
}

fn boxed<T>(heap: &Arc<HeapShared>, tag: u16, value: T) -> HeapBox<T> {
    // SAFETY: the memory is the heap's.
    unsafe { HeapBox::try_place(value, |layout| heap.allocate(tag, layout).ok_or(())) }.expect("memory")
}

#[test]
fn frees_credit_the_owners_tag_on_any_thread() {
    let (heap, counting, account) = heap();
    let first = boxed(&heap, 1, [1_u8; 100]);
    let second = boxed(&heap, 2, String::from("two"));
    drop(heap);
    std::thread::spawn(move || drop(first)).join().expect("no panic");
    assert_eq!((account.0[1].load(Relaxed), account.0[2].load(Relaxed)), (-100, 0));
    assert_eq!(second.into_inner(), "two");
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn any_alignment_and_no_size() {
    #[repr(align(1))]
    struct One(u8);
    #[repr(align(4096))]
    struct Page(u8);
    #[repr(align(64))]
    struct Nothing;

    let (heap, counting, account) = heap();
    let (one, page, nothing) = (boxed(&heap, 0, One(1)), boxed(&heap, 0, Page(2)), boxed(&heap, 3, Nothing));
    assert_eq!(((&raw const *page).addr() % 4096, (&raw const *nothing).addr() % 64), (0, 0));
    assert_eq!((one.0, page.0, counting.counts().live_blocks), (1, 2, 2));
    drop((one, page, nothing));
    assert_eq!((account.0[0].load(Relaxed), account.0[3].load(Relaxed)), (-4097, 0));
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn a_panicking_destructor_frees_the_block() {
    struct Bomb(#[expect(dead_code, reason = "gives the value a size")] u64);
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let (heap, counting, _) = heap();
    let bomb = boxed(&heap, 0, Bomb(1));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(bomb))).is_err());
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn uninitialised_and_unsized_boxes() {
    let (heap, counting, _) = heap();
    let seven = boxed(&heap, 0, MaybeUninit::<u32>::uninit()).write(7);
    assert_eq!((*seven, seven.to_string()), (7, "7".to_owned()));
    let raw: core::ptr::NonNull<dyn core::fmt::Debug> = boxed(&heap, 0, [1_u16, 2]).into_raw();
    // SAFETY: the pointer came from `into_raw` and was unsized.
    let erased = unsafe { HeapBox::from_raw(raw) };
    assert_eq!(format!("{erased:?}"), "[1, 2]");
    drop((erased, seven));
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn containers_are_charged_and_credited() {
    let (heap, counting, account) = heap();
    let alloc = HeapAlloc::new(heap, 1);
    let mut numbers = vec::Vec::new_in(alloc.clone());
    numbers.extend(0..1000_u64);
    numbers.shrink_to_fit();
    let boxed = boxed::Box::new_in([0_u8; 10], alloc);
    assert_eq!(account.0[1].load(Relaxed), 8010);
    assert!(numbers.iter().copied().eq(0..1000) && boxed[9] == 0);
    drop((numbers, boxed));
    assert_eq!((account.0[1].load(Relaxed), counting.counts().live_blocks), (0, 0));
}

#[test]
fn a_backend_without_memory_changes_nothing() {
    let limited = Arc::new(LimitedBackend::new(SystemBackend::new(), 200));
    let account = Arc::new(Account::default());
    let heap = HeapShared::new(Arc::clone(&limited) as Arc<dyn AllocatorBackend>, Arc::clone(&account) as _);
    let mut numbers = vec::Vec::<u8, _>::with_capacity_in(150, HeapAlloc::new(Arc::clone(&heap), 0));
    assert!(numbers.try_reserve(200).is_err());
    assert!(heap.allocate(0, core::alloc::Layout::new::<[u8; 100]>()).is_none());
    numbers.push(1);
    numbers.shrink_to(50);
    assert_eq!((numbers.capacity(), numbers[0], Arc::strong_count(&heap)), (50, 1, 3));
    drop(numbers);
    assert_eq!((limited.used(), account.0[0].load(Relaxed), Arc::strong_count(&heap)), (0, 0, 1));
}
