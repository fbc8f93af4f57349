//! A list of values of any type, each in pool memory with the link to the next.

#![expect(unsafe_code, reason = "forgets the types of values and keeps the end of their list")]

use core::ptr::NonNull;

use crate::pool::PoolBox;

/// A value that waits for its destructor.
pub(crate) struct Node<T: ?Sized> {
    /// The one after it, which it owns (W3).
    next: Option<Item>,
    pub(crate) value: T,
}

impl<T> Node<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { next: None, value }
    }
}

/// A node whose type is forgotten. Dropping it runs the destructor and frees the memory.
pub(crate) struct Item(PoolBox<Node<dyn Send>>);

// SAFETY: W3: a node whose type is forgotten lends its value to nobody; it is moved, linked and dropped by its owner.
unsafe impl Sync for Item {}

impl Item {
    pub(crate) fn new<T: Send + 'static>(node: PoolBox<Node<T>>) -> Self {
        let node: NonNull<Node<dyn Send>> = node.into_raw();
        // SAFETY: W3: the node came out of its box in the line above, and only its type was coerced.
        Self(unsafe { PoolBox::from_raw(node) })
    }
}

/// Nodes, oldest first.
#[derive(Default)]
pub(super) struct List {
    first: Option<Item>,
    /// The last node, while there is a first.
    last: Option<NonNull<Node<dyn Send>>>,
    len: usize,
}

// SAFETY: W3: the list owns its nodes, whose values are `Send`; `last` is one of them and is used by its owner alone.
unsafe impl Send for List {}

impl List {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, mut item: Item) {
        let node = NonNull::from(&mut *item.0);
        match self.last.replace(node) {
            // SAFETY: W3: the last node is owned by the list, which is borrowed mutably, and nothing else refers to it.
            Some(mut last) if self.first.is_some() => unsafe { last.as_mut() }.next = Some(item),
            _ => self.first = Some(item),
        }
        self.len += 1;
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        let mut item = self.first.take()?;
        self.first = item.0.next.take();
        self.len -= 1;
        Some(item)
    }
}

#[cfg(all(test, not(framealloc_loom)))]
mod tests {
    use super::*;
    use crate::backend::SystemBackend;
    use crate::pool::{Depot, PoolAlloc};
    use std::sync::mpsc;

    #[test]
    fn values_of_any_type_come_out_in_order() {
        let pool = PoolAlloc::new(Depot::new(std::sync::Arc::new(SystemBackend::new())), 0);
        let mut list = List::default();
        let (send, dropped) = mpsc::channel();
        struct Tell<T: Copy>(u32, T, mpsc::Sender<u32>);
        impl<T: Copy> Drop for Tell<T> {
            fn drop(&mut self) {
                self.2.send(self.0).unwrap();
            }
        }
        for round in 0..3 {
            for n in 0..4 {
                let boxed = |value| Item::new(pool.try_box(Node::new(value)).unwrap());
                list.push(boxed(Tell(n, [0_u8; 3], send.clone())));
                let wide = pool.try_box(Node::new(Tell(n + 10, [0_u64; 9], send.clone()))).unwrap();
                list.push(Item::new(wide));
            }
            assert_eq!(list.len(), 8);
            let takes = if round == 1 { 8 } else { 3 };
            (0..takes).for_each(|_| drop(list.pop()));
            assert_eq!(list.len(), 8 - takes);
            while list.pop().is_some() {}
            assert!(list.pop().is_none());
            assert_eq!(dropped.try_iter().collect::<Vec<_>>(), [0, 10, 1, 11, 2, 12, 3, 13]);
        }
    }
}
