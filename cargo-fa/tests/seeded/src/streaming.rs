//! Cells of the world that come and go.

use std::io::{self, Read};
use std::sync::Barrier as FrameBarrier;
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};

use crate::memory::{EngineAlloc, Scratch};

pub const BLOCK: usize = 4096;

#[derive(Clone, Copy, Debug, Default)]
pub struct Vertex {
    pub position: [f32; 3],
    pub normal: [f32; 3],
}

/// One cell on its way in.
#[derive(Debug)]
pub struct Cell {
    pub id: u32,
    pub packed: Vec<u8>,
}

/// What every stream is given.
#[derive(Clone, Debug)]
pub struct StreamContext {
    pub alloc: EngineAlloc,
    pub root: &'static str,
}

#[derive(Debug)]
pub struct Streamer {
    ctx: StreamContext,
    bytes: usize,
}

impl Streamer {
    pub fn new(ctx: StreamContext) -> Self {
        Self { ctx, bytes: 0 }
    }

    /// Reads one block.
    ///
    /// # Errors
    /// Those of the source.
    pub fn pump(&mut self, source: &mut dyn Read) -> io::Result<usize> {
        self.ctx.alloc.begin_frame();
        let mut block = self.ctx.alloc.frame_slice::<u8>(BLOCK);
        let read = source.read(&mut block)?; //~ FA603
        self.bytes += block[..read].iter().filter(|&&byte| byte != 0).count();
        drop(block);
        self.ctx.alloc.end_frame();
        Ok(read)
    }

    /// Reads a header and the block that follows it.
    ///
    /// # Errors
    /// Those of the source.
    pub fn pump_cell(&mut self, source: &mut dyn Read) -> io::Result<usize> {
        self.ctx.alloc.begin_frame();
        let mut read_both = || -> io::Result<usize> {
            let mut header = self.ctx.alloc.temp([0_u8; 16]);
            source.read_exact(&mut *header)?; //~ ok FA603
            let mut block = self.ctx.alloc.frame_slice::<u8>(header[0] as usize * 16);
            source.read(&mut block)
        };
        let read = read_both();
        self.ctx.alloc.end_frame();
        self.bytes += *read.as_ref().unwrap_or(&0);
        read
    }

    /// Uploads a mesh in the background.
    pub fn upload(&self, mesh: Vec<Vertex>) -> JoinHandle<usize> {
        let alloc = self.ctx.alloc.clone();
        let staged = alloc.share(mesh);
        thread::spawn(move || staged.read(&alloc).map_or(0, |mesh| send_to_device(&mesh))) //~ FA201
    }

    /// Plans the next cells, and loads them in the background.
    pub fn prefetch(&self, around: u32) -> JoinHandle<u32> {
        let plan = self.ctx.alloc.temp([around, around + 1, around + 2]);
        let plan = self.ctx.alloc.frame_box_for_transfer(plan);
        thread::spawn(move || plan.receive().iter().sum()) //~ ok FA201
    }

    pub fn path(&self, cell: u32) -> String {
        format!("{}/{cell}.cell", self.ctx.root)
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

fn send_to_device(mesh: &[Vertex]) -> usize {
    size_of_val(mesh)
}

fn unpack(alloc: &EngineAlloc, cell: &Cell) -> usize {
    let mut unpacked = alloc.temp_list(cell.packed.len() * 2);
    unpacked.extend(cell.packed.iter().flat_map(|&byte| [byte >> 4, byte & 15]));
    unpacked.iter().filter(|&&nibble| nibble > 7).count()
}

/// A thread of its own, with frames of its own: one per cell.
pub fn unpacker(alloc: EngineAlloc, cells: Receiver<Cell>) -> JoinHandle<usize> {
    thread::spawn(move || {
        let _streaming = alloc.tag_scope("streaming");
        let mut total = 0;
        for cell in cells {
            alloc.begin_frame();
            total += unpack(&alloc, &cell);
            alloc.end_frame(); //~ ok FA205
        }
        total
    })
}

/// Reads two halves of a cell at once and looks at them when both are there.
pub fn read_halves(low: &(dyn Fn() + Sync), high: &(dyn Fn() + Sync), both: impl FnOnce()) {
    let halves = FrameBarrier::new(3); //~ ok FA202
    thread::scope(|scope| {
        for read in [low, high] {
            let halves = &halves;
            scope.spawn(move || {
                read();
                halves.wait();
            });
        }
        halves.wait();
        both();
    });
}
