//! Access units → payloads: the way out.
//!
//! Specs: one for each codec, named where it is obeyed.
//!
//! - `nals`: H.264, H.265 · `obus`: AV1 · `vpx`: VP8, VP9 · `aac`, `ac3` (and E-AC-3), `mpa` (MP3), `whole`: Opus, G.711
//! - `pieces`: what is too long, in equal parts

mod aac;
mod ac3;
mod mpa;
mod nals;
mod obus;
mod pieces;
mod vpx;
mod whole;

use rtmpd_core::media::{Codec, Frame, Track};

use aac::Aac;
use ac3::Ac3;
use nals::Nals;
use obus::Obus;
use vpx::Vpx;
use whole::Whole;

use super::format::clock_rate;
use crate::codec::syntax::Syntax;

/// Takes a payload: its parts in their order, and the marker.
type Put<'p> = dyn FnMut(&[&[u8]], bool) + 'p;

/// Smaller payloads are not made, in bytes: heads have to fit.
pub const MIN_LIMIT: usize = 64;
/// Larger payloads are not made, in bytes: RTP over TCP tells lengths in 16 bits.
pub const MAX_LIMIT: usize = 65_000;

/// Access units of one track → RTP payloads.
#[derive(Debug)]
pub struct Packetizer {
    clock_rate: u32,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Nals(Nals),
    Obus(Obus),
    Vpx(Vpx),
    Aac(Aac),
    Ac3(Ac3),
    Mpa,
    Whole(Whole),
}

impl Packetizer {
    /// A packetizer for frames of `track`; `None` where RTP has no payload format for its codec. Where the track's
    /// configuration changes, a new one is needed.
    pub fn new(track: &Track) -> Option<Self> {
        let form = match track.codec {
            Codec::H264 => Form::Nals(Nals::new(Syntax::H264, &track.config)),
            Codec::H265 => Form::Nals(Nals::new(Syntax::H265, &track.config)),
            Codec::Av1 => Form::Obus(Obus::new()),
            Codec::Vp8 => Form::Vpx(Vpx::vp8()),
            Codec::Vp9 => Form::Vpx(Vpx::vp9()),
            Codec::Aac => Form::Aac(Aac),
            Codec::Ac3 => Form::Ac3(Ac3::Plain),
            Codec::Eac3 => Form::Ac3(Ac3::Enhanced),
            Codec::Mp3 => Form::Mpa,
            Codec::Opus => Form::Whole(Whole::Packets),
            Codec::G711A | Codec::G711U => Form::Whole(Whole::samples(track.channels)),
            Codec::Flac | Codec::Script => return None,
        };
        Some(Self { clock_rate: clock_rate(track), form })
    }

    /// Ticks per second of the timestamps.
    pub fn clock_rate(&self) -> u32 {
        self.clock_rate
    }

    /// For codecs whose payloads of one frame have times of their own (G.711): after so many bytes of payload, the next
    /// payload's timestamp is one tick later. `None` where all have the frame's.
    pub fn bytes_per_tick(&self) -> Option<usize> {
        match self.form {
            Form::Whole(Whole::Samples { channels }) => Some(channels),
            Form::Whole(Whole::Packets)
            | Form::Nals(_)
            | Form::Obus(_)
            | Form::Vpx(_)
            | Form::Aac(_)
            | Form::Ac3(_)
            | Form::Mpa => None,
        }
    }

    /// Makes payloads of at most `limit` bytes, held between [`MIN_LIMIT`] and [`MAX_LIMIT`]. `put` is called once for
    /// each, with its parts, to be laid one behind the other, and the marker. What no payload can carry is left out.
    pub fn packetize(&mut self, frame: &Frame, limit: usize, put: &mut dyn FnMut(&[&[u8]], bool)) {
        let limit = limit.clamp(MIN_LIMIT, MAX_LIMIT);
        if frame.data.is_empty() {
            return;
        }
        match &mut self.form {
            Form::Nals(nals) => nals.packetize(frame, limit, put),
            Form::Obus(obus) => obus.packetize(frame, limit, put),
            Form::Vpx(vpx) => vpx.packetize(frame, limit, put),
            Form::Aac(aac) => aac.packetize(&frame.data, limit, put),
            Form::Ac3(ac3) => ac3.packetize(&frame.data, limit, put),
            Form::Mpa => mpa::packetize(&frame.data, limit, put),
            Form::Whole(whole) => whole.packetize(&frame.data, limit, put),
        }
    }
}

/// The payload type that RFC 3551 §6 gives a track for ever; `None` where it has to be agreed on.
pub fn static_payload_type(track: &Track) -> Option<u8> {
    let is_telephone = track.channels <= 1 && matches!(track.sample_rate, 0 | 8_000);
    match track.codec {
        Codec::G711U => is_telephone.then_some(0),
        Codec::G711A => is_telephone.then_some(8),
        Codec::Mp3 => Some(14),
        Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Aac
        | Codec::Opus
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Script => None,
    }
}
