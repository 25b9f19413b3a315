//! Payloads of one PID → PES packets. Specs: ISO/IEC 13818-1 §2.4.3.6, §2.4.3.7.

use bytes::{Bytes, BytesMut};

use super::clock::{Clock, difference};
use crate::bytes::{Reader, tail};

/// Bytes up to and with the length.
const HEAD: usize = 6;
/// Presentation further away from decoding than this (10 s) is not believed.
const MAX_CTS: i64 = 900_000;

/// When an access unit is decoded and presented, in ticks of 90 kHz.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Time {
    pub(super) dts: i64,
    pub(super) cts: i32,
}

/// A whole PES packet.
#[derive(Debug)]
pub(super) struct Pes {
    pub(super) time: Option<Time>,
    pub(super) is_scrambled: bool,
    /// Its length was told.
    pub(super) is_bounded: bool,
    pub(super) data: Bytes,
}

impl Pes {
    /// `None` when it is not one, or of a kind that carries no frames.
    pub(super) fn parse(bytes: &Bytes, clock: &mut Clock) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let [0, 0, 1, stream_id] = reader.array()? else { return None };
        let is_bounded = reader.u16()? > 0;
        // Those without the fields that follow: maps, padding, private_stream_2, ECM, EMM, DSM-CC, H.222.1 E, directory.
        if matches!(stream_id, 0xBC | 0xBE | 0xBF | 0xF0..=0xF2 | 0xF8 | 0xFF) {
            return None;
        }
        let flags = reader.u8()?;
        let times = reader.u8()?;
        let length = reader.u8()?;
        let mut optional = Reader::new(reader.take(usize::from(length))?);
        if flags & 0xC0 != 0x80 {
            return None;
        }
        let pts = (times & 0x80 != 0).then(|| timestamp(&mut optional)).flatten();
        let dts = (times & 0xC0 == 0xC0).then(|| timestamp(&mut optional)).flatten();
        Some(Self {
            time: pts.map(|pts| Time::of(pts, dts, clock)),
            is_scrambled: flags & 0x30 != 0,
            is_bounded,
            data: tail(bytes, reader.position()),
        })
    }
}

impl Time {
    fn of(pts: u64, dts: Option<u64>, clock: &mut Clock) -> Self {
        let dts = dts.unwrap_or(pts);
        let cts = difference(pts as i64, dts as i64);
        let cts = if cts.abs() <= MAX_CTS { cts as i32 } else { 0 };
        Self { dts: clock.unwrap(dts), cts }
    }
}

/// 33 bits in three pieces with marker bits behind each.
fn timestamp(reader: &mut Reader<'_>) -> Option<u64> {
    let high = u64::from(reader.u8()? >> 1 & 0x07);
    let middle = u64::from(reader.u16()? >> 1);
    let low = u64::from(reader.u16()? >> 1);
    Some(high << 30 | middle << 15 | low)
}

/// What became of the PES in the works when the next one began.
#[derive(Debug)]
pub(super) enum Ended {
    /// There was none, or it has been taken.
    Nothing,
    Whole(Bytes),
    /// Some of it is missing.
    Damaged,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
enum State {
    /// What comes belongs to nothing.
    #[default]
    Idle,
    Collecting,
    /// Some of it is missing; the rest is passed over.
    Damaged,
}

/// The PES packet of one PID that is in the works.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    buffer: BytesMut,
    state: State,
}

impl Assembly {
    /// Bytes held.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Another one begins, or nothing will follow: what has come so far.
    pub(super) fn end(&mut self) -> Ended {
        let data = self.buffer.split();
        match std::mem::take(&mut self.state) {
            State::Idle => Ended::Nothing,
            State::Collecting if total(&data) == Some(0) => Ended::Whole(data.freeze()),
            State::Collecting | State::Damaged => Ended::Damaged,
        }
    }

    /// The first payload follows.
    pub(super) fn begin(&mut self) {
        self.state = State::Collecting;
    }

    /// Some of it did not come, or it is too long.
    pub(super) fn damage(&mut self) {
        if self.state == State::Collecting {
            self.buffer.clear();
            self.state = State::Damaged;
        }
    }

    /// Takes a payload; gives the packet as soon as it has as many bytes as it says.
    pub(super) fn push(&mut self, payload: &[u8]) -> Option<Bytes> {
        if self.state != State::Collecting {
            return None;
        }
        self.buffer.extend_from_slice(payload);
        let total = total(&self.buffer).filter(|total| (1..=self.buffer.len()).contains(total))?;
        self.buffer.truncate(total);
        self.state = State::Idle;
        Some(self.buffer.split().freeze())
    }
}

/// Bytes of the packet by its length field; 0 when it ends where the next one begins.
fn total(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(data);
    reader.skip(HEAD - 2)?;
    Some(match reader.u16()? {
        0 => 0,
        length => HEAD + usize::from(length),
    })
}
