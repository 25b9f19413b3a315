//! From TCP segments back to the bytes of each connection's client, in order and once.
//!
//! Spec: RFC 9293 §3.4 (sequence numbers wrap at 2³²). A client whose SYN was not captured begins with its first
//! captured byte. What the capture misses is reported as a gap.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::{Buf, Bytes};

use super::link::Segment;
use crate::time::Instant;

/// Most bytes of one flow that wait for earlier ones; then those are taken to be lost.
const MAX_WAITING_BYTES: usize = 4 << 20;
/// Most segments of one flow that wait for earlier ones.
const MAX_WAITING: usize = 16_384;
/// The largest window TCP can have (RFC 7323 §2.2): what lies farther off does not belong to the connection.
const MAX_WINDOW: i64 = 1 << 30;

/// Something that a connection's server saw of its client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// Which connection: 0 is the first one of the capture.
    pub flow: usize,
    /// What.
    pub what: What,
}

/// See [`Step`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// The connection was opened, or is seen for the first time.
    Open {
        /// The client.
        client: SocketAddr,
        /// The server.
        server: SocketAddr,
        /// The capture began when the connection was under way.
        midway: bool,
    },
    /// The next bytes.
    Data(Bytes),
    /// Bytes that the capture misses.
    Gap {
        /// How many bytes came before.
        offset: u64,
        /// How many are missing.
        missing: u64,
    },
    /// The client sends no more.
    End,
    /// A datagram, of no connection that we could know of.
    Datagram {
        /// Who sent it.
        from: SocketAddr,
        /// To whom.
        to: SocketAddr,
        /// What it holds.
        data: Bytes,
    },
}

/// The flow of a step that belongs to none.
pub const NO_FLOW: usize = usize::MAX;

/// All connections of a capture, seen from their servers.
#[derive(Debug, Default)]
pub struct Reassembly {
    flows: BTreeMap<(SocketAddr, SocketAddr), Flow>,
    opened: usize,
}

impl Reassembly {
    /// Takes in a segment from a client to a server and appends what it completes to `out`.
    pub fn push(&mut self, at: Instant, segment: &Segment<'_>, out: &mut Vec<Step>) {
        let key = (segment.from, segment.to);
        let known = self.flows.get(&key);
        let opens = match known {
            // The same SYN again is a retransmission; another one is a new connection from the same port.
            Some(flow) => segment.syn && flow.syn != Some(segment.seq),
            None => segment.syn || !segment.payload.is_empty(),
        };
        if opens {
            if let Some(old) = self.flows.get_mut(&key) {
                old.finish(at, true, out);
            }
            let flow = Flow::new(self.opened, segment);
            self.opened += 1;
            let midway = flow.syn.is_none();
            let what = What::Open { client: segment.from, server: segment.to, midway };
            out.push(Step { at, flow: flow.id, what });
            self.flows.insert(key, flow);
        }
        if let Some(flow) = self.flows.get_mut(&key) {
            flow.push(at, segment, out);
        }
    }

    /// The server has reset the connection.
    pub fn reset(&mut self, at: Instant, client: SocketAddr, server: SocketAddr, out: &mut Vec<Step>) {
        if let Some(flow) = self.flows.get_mut(&(client, server)) {
            flow.finish(at, true, out);
        }
    }

    /// The capture is over: what waits for bytes that never came is given out behind a gap.
    pub fn finish(&mut self, at: Instant, out: &mut Vec<Step>) {
        let mut flows: Vec<&mut Flow> = self.flows.values_mut().collect();
        flows.sort_by_key(|flow| flow.id);
        for flow in flows {
            flow.finish(at, false, out);
        }
    }
}

/// One direction of one connection.
#[derive(Debug)]
struct Flow {
    id: usize,
    /// The sequence number of its SYN, if that was captured.
    syn: Option<u32>,
    /// The sequence number of the next byte to be given out.
    next_seq: u32,
    /// How many bytes were given out or reported missing.
    offset: u64,
    /// Segments that came before their turn, by offset.
    waiting: BTreeMap<u64, Bytes>,
    waiting_bytes: usize,
    /// Where the client said it ends.
    end: Option<u64>,
    over: bool,
}

impl Flow {
    fn new(id: usize, segment: &Segment<'_>) -> Self {
        Self {
            id,
            syn: segment.syn.then_some(segment.seq),
            next_seq: segment.seq.wrapping_add(u32::from(segment.syn)),
            offset: 0,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            end: None,
            over: false,
        }
    }

    fn push(&mut self, at: Instant, segment: &Segment<'_>, out: &mut Vec<Step>) {
        if self.over {
            return;
        }
        let seq = segment.seq.wrapping_add(u32::from(segment.syn));
        // The difference of two 32-bit numbers, read as signed, is right on both sides of the wrap.
        let distance = i64::from(seq.wrapping_sub(self.next_seq).cast_signed());
        if distance.abs() > MAX_WINDOW {
            return;
        }
        self.store(distance, segment.payload);
        if segment.fin {
            let end = distance + i64::from(segment.length);
            self.end = self.offset.checked_add_signed(end).or(self.end);
        }
        self.deliver(at, out);
        if self.waiting_bytes > MAX_WAITING_BYTES || self.waiting.len() > MAX_WAITING {
            self.skip(at, out);
        }
        if segment.rst {
            self.finish(at, true, out);
        }
    }

    /// Keeps what is new of a payload that begins `distance` bytes behind what was given out.
    fn store(&mut self, distance: i64, payload: &[u8]) {
        let stale = usize::try_from(distance.min(0).unsigned_abs()).unwrap_or(usize::MAX);
        let Some(fresh) = payload.get(stale..).filter(|fresh| !fresh.is_empty()) else { return };
        let place = self.offset + distance.max(0).unsigned_abs();
        if self.waiting.get(&place).is_some_and(|old| old.len() >= fresh.len()) {
            return;
        }
        self.waiting_bytes += fresh.len();
        if let Some(old) = self.waiting.insert(place, Bytes::copy_from_slice(fresh)) {
            self.waiting_bytes -= old.len();
        }
    }

    /// Gives out what has no hole before it.
    fn deliver(&mut self, at: Instant, out: &mut Vec<Step>) {
        while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() <= self.offset) {
            let (place, mut data) = entry.remove_entry();
            self.waiting_bytes -= data.len();
            let stale = usize::try_from(self.offset - place).unwrap_or(usize::MAX);
            if stale < data.len() {
                data.advance(stale);
                self.move_on(data.len() as u64);
                out.push(Step { at, flow: self.id, what: What::Data(data) });
            }
        }
        if self.end.is_some_and(|end| end <= self.offset) {
            self.close(at, out);
        }
    }

    /// Reports the hole before the first segment that waits, and goes on behind it.
    fn skip(&mut self, at: Instant, out: &mut Vec<Step>) {
        let next = self.waiting.keys().next().copied().or(self.end);
        let Some(missing) = next.map(|next| next.saturating_sub(self.offset)).filter(|&n| n > 0) else {
            return;
        };
        out.push(Step { at, flow: self.id, what: What::Gap { offset: self.offset, missing } });
        self.move_on(missing);
        self.deliver(at, out);
    }

    fn move_on(&mut self, by: u64) {
        self.offset += by;
        // Truncation is the wrap of sequence numbers.
        self.next_seq = self.next_seq.wrapping_add(by as u32);
    }

    /// Nothing more will come; `gone` says that the connection has ended for certain.
    fn finish(&mut self, at: Instant, gone: bool, out: &mut Vec<Step>) {
        while !self.over && !self.waiting.is_empty() {
            self.skip(at, out);
        }
        if !self.over && self.end.is_some() {
            self.skip(at, out);
        }
        if gone {
            self.close(at, out);
        }
    }

    fn close(&mut self, at: Instant, out: &mut Vec<Step>) {
        if !std::mem::replace(&mut self.over, true) {
            self.waiting = BTreeMap::new();
            self.waiting_bytes = 0;
            out.push(Step { at, flow: self.id, what: What::End });
        }
    }
}
