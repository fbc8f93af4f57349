//! Writing a resource.

use core::fmt;
use std::io;
use std::sync::Arc;

use super::block::Block;
use super::names::{StreamError, StreamId};
use super::store::StreamStore;

/// Loads a resource: [`Streaming::begin_load`](crate::Streaming::begin_load). Dropping it keeps what was written; the next
/// one goes on there.
///
/// As an [`io::Write`] it takes what fits, so that [`io::copy`] loads from any reader.
pub struct StreamLoad<'a> {
    store: &'a StreamStore,
    id: StreamId,
    /// Present, and in no other hands, until the load ends.
    block: Option<Arc<Block>>,
    loaded: usize,
}

impl<'a> StreamLoad<'a> {
    pub(super) fn new(store: &'a StreamStore, id: StreamId, block: Arc<Block>, loaded: usize) -> Self {
        Self { store, id, block: Some(block), loaded }
    }

    fn bytes(&mut self) -> &mut [u8] {
        let block = self.block.as_mut().expect("present until the load ends");
        &mut Arc::get_mut(block).expect("nobody else has a block that is being loaded").bytes
    }

    /// Bytes the resource was reserved with.
    pub fn size(&self) -> usize {
        self.block.as_ref().map_or(0, |block| block.bytes.len())
    }

    /// Bytes that are loaded.
    pub fn loaded(&self) -> usize {
        self.loaded
    }

    /// Adds `data` to what is loaded.
    ///
    /// # Errors
    ///
    /// [`StreamError::TooLong`] when it does not fit; nothing is written then.
    pub fn write(&mut self, data: &[u8]) -> Result<(), StreamError> {
        let Some(place) = self.unfilled().get_mut(..data.len()) else {
            return Err(self.too_long(data.len()));
        };
        place.copy_from_slice(data);
        self.loaded += data.len();
        Ok(())
    }

    /// The part that is not loaded yet, for a reader to read into; then call [`report_progress`](Self::report_progress).
    pub fn unfilled(&mut self) -> &mut [u8] {
        let loaded = self.loaded;
        &mut self.bytes()[loaded..]
    }

    /// The first `bytes` of [`unfilled`](Self::unfilled) are loaded now.
    ///
    /// # Errors
    ///
    /// [`StreamError::TooLong`] when that is more than there is; nothing is counted then.
    pub fn report_progress(&mut self, bytes: usize) -> Result<(), StreamError> {
        if bytes > self.size() - self.loaded {
            return Err(self.too_long(bytes));
        }
        self.loaded += bytes;
        Ok(())
    }

    /// Everything is loaded: from here on the resource may be accessed, and evicted. Calls the callbacks for that.
    ///
    /// # Errors
    ///
    /// [`StreamError::NotLoaded`] when bytes are missing; what is loaded is kept. [`StreamError::Stale`] when the resource
    /// was released meanwhile.
    pub fn finish_load(mut self) -> Result<(), StreamError> {
        if self.loaded < self.size() {
            return Err(StreamError::NotLoaded { loaded: self.loaded, size: self.size() });
        }
        let block = self.block.take().expect("present until the load ends");
        self.store.finish(self.id, block)
    }

    #[cold]
    fn too_long(&self, written: usize) -> StreamError {
        StreamError::TooLong { loaded: self.loaded, written, size: self.size() }
    }
}

impl io::Write for StreamLoad<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let count = data.len().min(self.unfilled().len());
        self.unfilled()[..count].copy_from_slice(&data[..count]);
        self.loaded += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for StreamLoad<'_> {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            self.store.put_back(self.id, block, self.loaded);
        }
    }
}

impl fmt::Debug for StreamLoad<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamLoad({} of {} bytes)", self.loaded, self.size())
    }
}
