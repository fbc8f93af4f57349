//! Sessions with other players.

use std::collections::VecDeque;
use std::thread;

use framealloc::{PoolBox, SmartAlloc as A, frame_system};

/// The most packets that wait for the simulation.
const MAX_INBOX: usize = 512;

#[derive(Clone, Debug)]
pub struct Packet {
    pub sequence: u32,
    pub bytes: Vec<u8>,
}

/// Where packets come from.
pub trait Socket {
    fn poll(&mut self) -> Option<Packet>;
}

#[derive(Clone, Debug)]
pub struct Channel {
    pub name: &'static str,
    pub outgoing: Vec<u8>,
}

#[derive(Debug)]
pub struct Session {
    alloc: A,
    inbox: VecDeque<PoolBox<Packet>>,
    urgent: VecDeque<PoolBox<Packet>>,
}

impl Session {
    pub fn new(alloc: &A) -> Self {
        Self { alloc: alloc.clone(), inbox: VecDeque::new(), urgent: VecDeque::new() }
    }

    /// Takes over what has arrived; the simulation looks at it when it has time.
    pub fn receive(&mut self, socket: &mut dyn Socket) {
        while let Some(packet) = socket.poll() {
            self.inbox.push_back(self.alloc.pool_box(packet)); //~ FA301
        }
    }

    /// Takes over what is urgent, as far as there is room.
    pub fn receive_urgent(&mut self, socket: &mut dyn Socket) {
        while self.urgent.len() < MAX_INBOX {
            let Some(packet) = socket.poll() else { break };
            self.urgent.push_back(self.alloc.pool_box(packet)); //~ ok FA301
        }
    }

    /// The newest packet; older ones are forgotten.
    pub fn latest(&mut self) -> Option<PoolBox<Packet>> {
        let newest = self.inbox.pop_back();
        self.inbox.clear();
        newest.or_else(|| self.urgent.pop_front())
    }

    /// Packs the channels side by side; returns the bytes that go out.
    pub fn pack(&self, channels: &[Channel]) -> usize {
        let _net = self.alloc.tag_scope("net");
        let pack_one = |channel: &Channel| {
            let mut packed = self.alloc.frame_vec::<u8>(); //~ FA203
            for run in channel.outgoing.chunk_by(|a, b| a == b) {
                packed.extend_from_slice(&[run[0], run.len() as u8]);
            }
            packed.len()
        };
        thread::scope(|scope| {
            let lanes: Vec<_> =
                channels.iter().map(|channel| scope.spawn(move || pack_one(channel))).collect();
            lanes.into_iter().map(|lane| lane.join().unwrap_or(0)).sum()
        })
    }
}

/// The sum over everything that a peer has sent, for the anti-cheat.
#[frame_system(tag = "net", budget = "256KB", alloc = alloc, frame = arena)]
pub fn checksum(alloc: &A, socket: &mut dyn Socket) -> u32 {
    let mut bytes = arena.vec();
    while let Some(packet) = socket.poll() {
        bytes.extend_from_slice(&packet.bytes); //~ ok FA301
    }
    bytes.iter().fold(0, |sum: u32, &byte| sum.rotate_left(5) ^ u32::from(byte))
}
