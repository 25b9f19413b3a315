//! One PID that carries sound or pictures. Specs: see [`super`].

use bytes::Bytes;
use rtmpd_core::media::{Codec, Kind, Track, TrackId};

use super::clock::Clock;
use super::demuxer::Counts;
use super::found::{Found, Remark};
use super::framing::Framing;
use super::head::{Continuity, Head, Order};
use super::opus::Opus;
use super::pes::{Assembly, Ended, Pes};
use super::pictures::Pictures;
use super::psi::{Elementary, Form};
use super::sound::Sounds;
use crate::codec::syntax::Syntax;

/// Ids of pictures and sound are these plus their index, as in FLV: a publisher that changes its protocol keeps them.
const FIRST_VIDEO: u8 = 1;
const FIRST_AUDIO: u8 = 101;
/// Ticks per second of all tracks: those of a PES, so that no time is rounded.
const CLOCK_RATE: u32 = 90_000;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) source: Elementary,
    pub(super) track: Track,
    /// What it carries is known well enough for decoders.
    pub(super) is_known: bool,
    /// Nothing usable will come.
    pub(super) is_refused: bool,
    continuity: Continuity,
    assembly: Assembly,
    reader: Reader,
}

#[derive(Debug)]
enum Reader {
    Pictures(Box<Pictures>),
    Sounds(Sounds),
    Opus(Opus),
}

impl Stream {
    /// `None` for what is not carried.
    pub(super) fn new(source: Elementary) -> Option<Self> {
        let pictures = |syntax| Reader::Pictures(Box::new(Pictures::new(syntax)));
        let sounds = |framing: Framing| (framing.codec(), Reader::Sounds(Sounds::new(framing)));
        let (codec, reader) = match source.form {
            Form::H264 => (Codec::H264, pictures(Syntax::H264)),
            Form::H265 => (Codec::H265, pictures(Syntax::H265)),
            Form::Adts => sounds(Framing::Adts),
            Form::Latm => sounds(Framing::Latm),
            Form::Mp3 => sounds(Framing::Mp3),
            Form::Ac3 => sounds(Framing::Ac3),
            Form::Eac3 => sounds(Framing::Eac3),
            Form::Opus(channels) => (Codec::Opus, Reader::Opus(Opus::new(channels))),
            Form::Unsupported(_) | Form::Other(_) => return None,
        };
        Some(Self {
            source,
            track: Track::new(TrackId(0), 0, codec, CLOCK_RATE),
            is_known: false,
            is_refused: false,
            continuity: Continuity::default(),
            assembly: Assembly::default(),
            reader,
        })
    }

    /// Gives it its place among those of its kind.
    pub(super) fn place(&mut self, index: u8) {
        let first = if self.track.kind() == Kind::Video { FIRST_VIDEO } else { FIRST_AUDIO };
        self.track.id = TrackId(first.saturating_add(index));
        self.track.index = index;
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        let reader = match &self.reader {
            Reader::Pictures(pictures) => pictures.held(),
            Reader::Sounds(_) | Reader::Opus(_) => 0,
        };
        self.assembly.len() + reader
    }

    /// Takes a packet; `room` is how many bytes may be held.
    pub(super) fn push(&mut self, head: &Head<'_>, room: usize, at: &mut Place<'_>) {
        let Some(payload) = head.payload else { return };
        match self.continuity.check(head, payload) {
            Order::Duplicate => {
                at.counts.duplicates += 1;
                return;
            }
            Order::Gap => {
                at.counts.gaps += 1;
                at.found.push(Found::Remark(Remark::Gap));
                self.lose(at.found);
            }
            // What was sent before is whole only if the next thing begins here.
            Order::Anew if !head.is_start => self.lose(at.found),
            Order::Anew | Order::Next => {}
        }
        if head.is_start {
            let ended = self.assembly.end();
            self.take(ended, at);
            self.assembly.begin();
        }
        if head.is_scrambled {
            at.counts.scrambled += 1;
            at.found.push(Found::Remark(Remark::Scrambled));
            self.lose(at.found);
            return;
        }
        if self.held() + payload.len() > room {
            at.found.push(Found::Remark(Remark::TooLong));
            self.lose(at.found);
        }
        if let Some(packet) = self.assembly.push(payload, head.is_stuffed) {
            self.read(&packet, at);
        }
    }

    /// Nothing will follow.
    pub(super) fn finish(&mut self, at: &mut Place<'_>) {
        let ended = self.assembly.finish();
        self.take(ended, at);
        match &mut self.reader {
            Reader::Pictures(pictures) => pictures.flush(at.found),
            Reader::Sounds(_) | Reader::Opus(_) => {}
        }
    }

    fn take(&mut self, ended: Ended, at: &mut Place<'_>) {
        match ended {
            Ended::Nothing => {}
            Ended::Whole(packet) => self.read(&packet, at),
            Ended::Damaged => at.found.push(Found::Lost),
        }
    }

    fn lose(&mut self, found: &mut Vec<Found>) {
        self.assembly.damage();
        match &mut self.reader {
            Reader::Pictures(pictures) => pictures.lose(found),
            Reader::Sounds(sounds) => sounds.lose(found),
            Reader::Opus(opus) => opus.lose(),
        }
    }

    fn read(&mut self, packet: &Bytes, at: &mut Place<'_>) {
        let Some(pes) = Pes::parse(packet, at.clock) else { return };
        if pes.is_scrambled {
            at.counts.scrambled += 1;
            at.found.extend([Found::Remark(Remark::Scrambled), Found::Lost]);
            return;
        }
        match &mut self.reader {
            Reader::Pictures(pictures) => pictures.push(&pes, at.found),
            Reader::Sounds(sounds) => sounds.push(&pes, at.found),
            Reader::Opus(opus) => opus.push(&pes, at.found),
        }
    }
}

/// What streams of a program share.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) clock: &'a mut Clock,
    pub(super) counts: &'a mut Counts,
    pub(super) found: &'a mut Vec<Found>,
}
