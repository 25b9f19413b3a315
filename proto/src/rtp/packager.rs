//! Frames → RTP packets that all players of a stream share: the same source, sequence and times for each.
//!
//! Spec: RFC 3550 §5.1; the payloads are those of [`super::payload`]. Each packet stands behind the four bytes of
//! interleaving (RFC 2326 §10.12), with the channel that the track has by its place: who plays by TCP is sent what is
//! here as it is, who plays by UDP gets slices of it.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::Dice;
use rtmpd_core::media::timebase::rescale;
use rtmpd_core::media::{Codec, Description, Frame, Packager, Packaging, Packed, Track, TrackId};

use super::payload::{Packetizer, static_payload_type};
use super::{HEADER_LEN, Header};
use crate::bytes::Reader;
use crate::codec::length;
use crate::codec::voice::Voice;

/// The packaging.
pub const RTP: Packaging = Packaging("rtp");
/// Most bytes of a packet with its header: it fits into one datagram on every network that matters, tunnels included.
pub const MAX_PACKET: usize = 1400;
/// Bytes of interleaving in front of each packet.
pub const INTERLEAVED_LEN: usize = 4;
/// What interleaved frames begin with.
pub const DOLLAR: u8 = b'$';

/// How a track goes out: what players must know of it besides SDP.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Lane {
    /// The track.
    pub track: TrackId,
    /// How it is encoded.
    pub codec: Codec,
    /// Of its packets.
    pub payload_type: u8,
    /// Its synchronization source.
    pub ssrc: u32,
    /// Ticks per second of its frames' times.
    pub track_rate: u32,
    /// Ticks per second of its RTP timestamps.
    pub clock_rate: u32,
    /// The RTP timestamp of time 0.
    pub offset: u32,
}

impl Lane {
    /// The RTP timestamp of this time, in ticks of the track.
    pub fn timestamp(&self, time: i64) -> u32 {
        // It wraps, that is what the cast says.
        self.offset.wrapping_add(rescale(time, self.track_rate, self.clock_rate) as u32)
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_slice(&[self.track.0, self.payload_type]);
        for number in [self.ssrc, self.track_rate, self.clock_rate, self.offset] {
            out.put_u32(number);
        }
    }

    /// The lanes that a preamble of this packaging tells of.
    pub fn parse_all(preamble: &[u8], description: &Description) -> Vec<Self> {
        let mut reader = Reader::new(preamble);
        std::iter::from_fn(|| {
            let track = TrackId(reader.u8()?);
            Some(Self {
                track,
                codec: description.track(track)?.codec,
                payload_type: reader.u8()?,
                ssrc: reader.u32()?,
                track_rate: reader.u32()?,
                clock_rate: reader.u32()?,
                offset: reader.u32()?,
            })
        })
        .collect()
    }
}

/// The tracks that RTP carries, in the order in which they are told.
pub fn carried(description: &Description) -> impl Iterator<Item = &Track> {
    description.tracks.iter().filter(|track| Packetizer::new(track).is_some())
}

/// The payload type of the track at this place: RFC 3551 §6 has some for ever, the others are agreed on.
pub fn payload_type(track: &Track, place: usize) -> u8 {
    let agreed = u8::try_from(place).unwrap_or_default().saturating_add(FIRST_AGREED);
    static_payload_type(track).unwrap_or(agreed).min(MAX_PAYLOAD_TYPE)
}

/// RFC 3551 §3: payload types 96–127 are agreed on.
const FIRST_AGREED: u8 = 96;
const MAX_PAYLOAD_TYPE: u8 = 127;

/// See the module's text.
pub struct RtpPackager {
    dice: Dice,
    description: Description,
    streams: Vec<Stream>,
}

struct Stream {
    lane: Lane,
    channel: u8,
    sequence: u16,
    /// Of the track's samples.
    voice: Voice,
    sample_rate: u32,
    packetizer: Packetizer,
}

impl RtpPackager {
    /// A packager that draws sources, first numbers and first times from `dice` (RFC 3550 §5.1 wants them random).
    pub fn new(dice: Dice) -> Self {
        Self { dice, description: Description::default(), streams: Vec::new() }
    }

    /// A track as it goes on, or begins.
    fn stream(&mut self, track: &Track, place: usize, old: &mut Vec<Stream>) -> Option<Stream> {
        let packetizer = Packetizer::new(track)?;
        let payload_type = payload_type(track, place);
        let clock_rate = packetizer.clock_rate();
        let channel = u8::try_from(place * 2).ok()?;
        let goes_on = |stream: &Stream| {
            let lane = &stream.lane;
            lane.track == track.id && lane.codec == track.codec && lane.clock_rate == clock_rate
        };
        if let Some(at) = old.iter().position(goes_on) {
            let mut stream = old.swap_remove(at);
            stream.lane = Lane { payload_type, track_rate: track.clock_rate, ..stream.lane };
            return Some(Stream { channel, packetizer, ..stream });
        }
        let [ssrc, offset, sequence] = [self.dice.next_u64(), self.dice.next_u64(), self.dice.next_u64()];
        let lane = Lane {
            track: track.id,
            codec: track.codec,
            payload_type,
            ssrc: ssrc as u32,
            track_rate: track.clock_rate,
            clock_rate,
            offset: offset as u32,
        };
        let (voice, sample_rate) = (Voice::default(), track.sample_rate);
        Some(Stream { lane, channel, sequence: sequence as u16, voice, sample_rate, packetizer })
    }
}

impl Packager for RtpPackager {
    fn start(&mut self, description: &Description) -> Bytes {
        self.description = description.clone();
        let mut old = std::mem::take(&mut self.streams);
        for (place, track) in carried(description).enumerate() {
            let stream = self.stream(track, place, &mut old);
            self.streams.extend(stream);
        }
        let mut preamble = BytesMut::new();
        self.streams.iter().for_each(|stream| stream.lane.write(&mut preamble));
        preamble.freeze()
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        let Some(track) = self.description.track(frame.track) else { return };
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.lane.track == frame.track) else {
            return;
        };
        let key = self.description.can_begin_with(track, frame);
        let data = stream.packets(track, frame);
        if !data.is_empty() {
            out.push(Packed { kind: track.kind(), key, data });
        }
    }
}

impl Stream {
    fn packets(&mut self, track: &Track, frame: &Frame) -> Bytes {
        let timestamp = self.timestamp(track, frame);
        let limit = MAX_PACKET - HEADER_LEN;
        let count = frame.data.len() / limit + 4;
        let mut out =
            BytesMut::with_capacity(frame.data.len() + track.config.len() + count * (MAX_PACKET - limit + 8));
        let Self { lane, channel, sequence, packetizer, .. } = self;
        let bytes_per_tick = packetizer.bytes_per_tick();
        let mut timestamp = timestamp;
        packetizer.packetize(frame, limit, &mut |pieces, marker| {
            let length = HEADER_LEN + pieces.iter().map(|piece| piece.len()).sum::<usize>();
            let Ok(length) = u16::try_from(length) else { return };
            out.put_slice(&[DOLLAR, *channel]);
            out.put_u16(length);
            let header = Header {
                marker,
                payload_type: lane.payload_type,
                sequence: *sequence,
                timestamp,
                ssrc: lane.ssrc,
            };
            out.put_slice(&header.write());
            pieces.iter().for_each(|piece| out.put_slice(piece));
            *sequence = sequence.wrapping_add(1);
            let ticks = bytes_per_tick.map_or(0, |bytes| (usize::from(length) - HEADER_LEN) / bytes.max(1));
            timestamp = timestamp.wrapping_add(u32::try_from(ticks).unwrap_or_default());
        });
        out.freeze()
    }

    /// Sound runs on its own samples: publishers round times, and receivers hear that.
    fn timestamp(&mut self, track: &Track, frame: &Frame) -> u32 {
        let Self { lane, voice, sample_rate, .. } = self;
        let plain = || lane.timestamp(frame.pts());
        if track.clock_rate == lane.clock_rate || *sample_rate == 0 {
            return plain();
        }
        let Some(samples) = length::samples(track, &frame.data) else { return plain() };
        let at = rescale(frame.pts(), lane.track_rate, *sample_rate);
        match voice.place(at, samples, *sample_rate) {
            Some(at) => lane.offset.wrapping_add(rescale(at, *sample_rate, lane.clock_rate) as u32),
            None => plain(),
        }
    }
}

/// Where in a frame's bytes its packets are, without what stands in front of each.
pub fn interleaved(data: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut reader = Reader::new(data.get(at..)?);
        reader.skip(2)?;
        let begin = at + INTERLEAVED_LEN;
        let end = begin + usize::from(reader.u16()?);
        at = end;
        (end <= data.len()).then_some(begin..end)
    })
}
