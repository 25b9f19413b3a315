//! PES → packets of 188 bytes. Specs: ISO/IEC 13818-1 §2.4.3.2 (packet), §2.4.3.5 (adaptation field), §2.4.3.7 (PES).

use bytes::{BufMut, BytesMut};

use super::PACKET;

/// Bytes of a packet behind its head.
const ROOM: usize = PACKET - 4;
/// Most bytes that the length field of a PES can tell.
const MAX_LENGTH: usize = 0xFFFF;
/// The clock counts 33 bits.
const CLOCK_MASK: u64 = 0x1_FFFF_FFFF;

/// A stream of packets with its counter.
#[derive(Copy, Clone, Debug)]
pub(super) struct Pid {
    pub(super) number: u16,
    counter: u8,
}

impl Pid {
    pub(super) fn new(number: u16) -> Self {
        Self { number, counter: 0 }
    }
}

/// One packetised access unit; times in ticks of 90 kHz.
#[derive(Copy, Clone, Debug)]
pub(super) struct Pes<'a> {
    pub(super) stream_id: u8,
    pub(super) pts: i64,
    pub(super) dts: i64,
    pub(super) random_access: bool,
    /// The clock's time, if it is to be told here.
    pub(super) pcr: Option<i64>,
    pub(super) data: &'a [u8],
    /// Its length is told where it can be.
    pub(super) bounded: bool,
}

/// Appends the packets of `pes`.
pub(super) fn write_pes(out: &mut BytesMut, pid: &mut Pid, pes: &Pes<'_>) {
    let mut head = [0; 19];
    let head = pes_head(pes, &mut head);
    let mut left = head.len() + pes.data.len();
    out.reserve((left / ROOM + 2) * PACKET);
    let mut parts = (head, pes.data);
    let mut first = true;
    while left > 0 || first {
        let field =
            if first { Field { random_access: pes.random_access, pcr: pes.pcr } } else { Field::NONE };
        let room = write_head(out, pid, first, &field, left);
        let from_head = take(out, &mut parts.0, room);
        take(out, &mut parts.1, room - from_head);
        left -= room;
        first = false;
    }
}

/// Appends a packet that only tells the clock's time. Without payload it does not count.
pub(super) fn write_clock(out: &mut BytesMut, pid: &Pid, pcr: i64) {
    out.put_u8(0x47);
    out.put_u16(pid.number);
    out.put_u8(0x20 | (pid.counter.wrapping_sub(1) & 0x0F));
    write_field(out, &Field { random_access: false, pcr: Some(pcr) }, ROOM);
}

/// What an adaptation field says.
#[derive(Copy, Clone, Debug)]
struct Field {
    random_access: bool,
    pcr: Option<i64>,
}

impl Field {
    const NONE: Self = Self { random_access: false, pcr: None };

    /// Bytes of the field with its length byte; 0 when there is nothing to say.
    fn len(&self) -> usize {
        match (self.pcr, self.random_access) {
            (Some(_), _) => 8,
            (None, true) => 2,
            (None, false) => 0,
        }
    }
}

/// Appends a packet's head with stuffing, so that `left` bytes end with a packet; gives how many follow in this one.
fn write_head(out: &mut BytesMut, pid: &mut Pid, first: bool, field: &Field, left: usize) -> usize {
    let least = field.len();
    let payload = left.min(ROOM - least);
    let adaptation = ROOM - payload;
    let start = if first { 0x4000 } else { 0 };
    out.put_u8(0x47);
    out.put_u16(start | pid.number);
    out.put_u8(if adaptation > 0 { 0x30 } else { 0x10 } | pid.counter);
    pid.counter = (pid.counter + 1) & 0x0F;
    if adaptation > 0 {
        write_field(out, field, adaptation);
    }
    payload
}

/// Appends an adaptation field of exactly `size` bytes.
fn write_field(out: &mut BytesMut, field: &Field, size: usize) {
    // At most 183, as it lies within a packet.
    out.put_u8((size - 1) as u8);
    if size == 1 {
        return;
    }
    let flags = if field.random_access { 0x40 } else { 0 } | if field.pcr.is_some() { 0x10 } else { 0 };
    out.put_u8(flags);
    let mut used = 2;
    if let Some(pcr) = field.pcr {
        // 33 bits of 90 kHz, 6 reserved bits, 9 bits of 27 MHz that are always 0 here.
        let base = pcr as u64 & CLOCK_MASK;
        out.put_uint(base << 15 | 0x7E00, 6);
        used += 6;
    }
    out.put_bytes(0xFF, size - used);
}

fn take(out: &mut BytesMut, from: &mut &[u8], most: usize) -> usize {
    let (now, later) = from.split_at_checked(most).unwrap_or((from, &[]));
    out.put_slice(now);
    *from = later;
    now.len()
}

fn pes_head<'a>(pes: &Pes<'_>, room: &'a mut [u8; 19]) -> &'a [u8] {
    let reordered = pes.pts != pes.dts;
    let times = if reordered { 10 } else { 5 };
    let length = pes.data.len() + 3 + times;
    let length = if pes.bounded && length <= MAX_LENGTH { length as u16 } else { 0 };
    let mut out = &mut room[..];
    out.put_slice(&[0, 0, 1, pes.stream_id]);
    out.put_u16(length);
    // Marker bits and data alignment; which times follow; how long they are.
    out.put_slice(&[0x84, if reordered { 0xC0 } else { 0x80 }, times as u8]);
    put_time(&mut out, if reordered { 3 } else { 2 }, pes.pts);
    if reordered {
        put_time(&mut out, 1, pes.dts);
    }
    let left = out.len();
    let used = room.len() - left;
    room.get(..used).unwrap_or_default()
}

/// 33 bits in three pieces with marker bits behind each.
fn put_time(out: &mut &mut [u8], prefix: u8, ticks: i64) {
    let ticks = ticks as u64 & CLOCK_MASK;
    out.put_u8(prefix << 4 | ((ticks >> 30) as u8 & 0x07) << 1 | 1);
    out.put_u16(((ticks >> 15) as u16 & 0x7FFF) << 1 | 1);
    out.put_u16((ticks as u16 & 0x7FFF) << 1 | 1);
}

/// Appends a packet with a table's section.
pub(super) fn write_section(out: &mut BytesMut, number: u16, counter: &mut u8, section: &[u8]) {
    let mut rest = section;
    let mut first = true;
    while !rest.is_empty() || first {
        out.put_u8(0x47);
        out.put_u16(if first { 0x4000 } else { 0 } | number);
        out.put_u8(0x10 | *counter);
        *counter = (*counter + 1) & 0x0F;
        let mut room = ROOM;
        if first {
            out.put_u8(0); // pointer_field
            room -= 1;
        }
        let taken = take(out, &mut rest, room);
        out.put_bytes(0xFF, room - taken);
        first = false;
    }
}
