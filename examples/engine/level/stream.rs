//! A level file as a stream of parts: a large one never lies in memory whole.

use std::fs::File;
use std::io::{self, BufRead, Read};

use framealloc::{SmartAlloc, StreamData, StreamPriority};

/// Bytes of one part.
const PART: u64 = 64 << 10;
/// Parts that stay in memory at most: the one that is read, and what is left of those before it.
const PARTS: usize = 4;

/// Reads a file part by part through the streaming of an allocator, which evicts the parts that were read.
pub struct StreamedFile<'a> {
    alloc: &'a SmartAlloc,
    file: File,
    /// Bytes of the file that are not loaded yet.
    left: u64,
    part: Option<StreamData>,
    /// Bytes of the part that were read.
    read: usize,
}

impl<'a> StreamedFile<'a> {
    /// # Errors
    /// The file's length cannot be found out.
    pub fn new(alloc: &'a SmartAlloc, file: File) -> io::Result<Self> {
        let left = file.metadata()?.len();
        alloc.streaming().set_budget(PARTS * PART as usize);
        Ok(Self { alloc, file, left, part: None, read: 0 })
    }

    fn next_part(&mut self) -> io::Result<()> {
        // From here on the last part may be evicted.
        self.part = None;
        self.read = 0;
        let size = self.left.min(PART);
        if size == 0 {
            return Ok(());
        }
        let streaming = self.alloc.streaming();
        let part = streaming.reserve(size as usize, StreamPriority::Normal).map_err(io::Error::other)?;
        let mut load = streaming.begin_load(part).map_err(io::Error::other)?;
        io::copy(&mut Read::by_ref(&mut self.file).take(size), &mut load)?;
        // A file that became shorter meanwhile is not a whole level.
        load.finish_load().map_err(|error| io::Error::new(io::ErrorKind::UnexpectedEof, error))?;
        self.part = Some(streaming.access(part).map_err(io::Error::other)?);
        self.left -= size;
        Ok(())
    }
}

impl BufRead for StreamedFile<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.part.as_ref().is_none_or(|part| self.read == part.len()) {
            self.next_part()?;
        }
        Ok(self.part.as_ref().map_or(&[][..], |part| &part[self.read..]))
    }

    fn consume(&mut self, count: usize) {
        self.read += count;
    }
}

impl Read for StreamedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_read_whole_and_never_lies_in_memory_whole() {
        let path = std::env::temp_dir().join(format!("engine-stream-{}", std::process::id()));
        let text: String = (0..60_000).map(|n| format!("v {n} 0 {}\n", n / 7)).collect();
        fs::write(&path, &text).unwrap();
        let alloc = SmartAlloc::with_defaults();
        let mut read = String::new();
        let mut file = StreamedFile::new(&alloc, File::open(&path).unwrap()).unwrap();
        file.read_to_string(&mut read).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(read == text, "{} of {} bytes", read.len(), text.len());
        let stats = alloc.streaming().stats();
        assert_eq!(stats.loads, (text.len() as u64).div_ceil(PART));
        assert!(stats.evictions > 5 && stats.peak_bytes <= PARTS as u64 * PART, "{stats:?}");
    }

    #[test]
    fn an_empty_file_is_empty() {
        let path = std::env::temp_dir().join(format!("engine-stream-empty-{}", std::process::id()));
        fs::write(&path, "").unwrap();
        let alloc = SmartAlloc::with_defaults();
        let mut file = StreamedFile::new(&alloc, File::open(&path).unwrap()).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(file.fill_buf().unwrap().is_empty() && file.fill_buf().unwrap().is_empty());
    }
}
