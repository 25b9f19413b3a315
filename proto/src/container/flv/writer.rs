//! Description and frames → tag bodies.
//!
//! Specs: FLV 10.1 §E.4.2.1, §E.4.3.1; Enhanced RTMP v2. H.264, AAC, MP3 and G.711 of the first tracks always go out in
//! the classic form, which every player knows.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::media::{Codec, Description, Frame, Kind, Track, timebase};

use super::{Form, Hevc, TagType, audio, enhanced, fourcc, metadata, video};
use crate::bytes::put_u24;
use crate::codec;

/// Room for ModEx, multitrack byte, FourCC, track id and composition time.
const MAX_HEAD: usize = 20;
/// AAC, 44.1 kHz, 16 bits, stereo: what the bits must say whatever the sound is (FLV 10.1 §E.4.2.1).
const CLASSIC_AAC: u8 = audio::AAC << 4 | 0x0F;
const SIXTEEN_BITS: u8 = 2;
const MOD_EX_SIZE: u8 = 3;

/// What goes before a frame's data to make a tag body.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The type of the tag.
    pub tag: TagType,
    /// Its time in ms: the frame's DTS.
    pub timestamp_ms: i64,
    bytes: [u8; MAX_HEAD],
    len: usize,
}

impl Head {
    fn new(tag: TagType, timestamp_ms: i64) -> Self {
        Self { tag, timestamp_ms, bytes: [0; MAX_HEAD], len: 0 }
    }

    fn put(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        debug_assert!(bytes.len() <= room.len());
        for (place, byte) in room.iter_mut().zip(bytes) {
            *place = *byte;
            self.len += 1;
        }
    }

    fn put_i24(&mut self, value: i32) {
        let [_, bytes @ ..] = value.clamp(-0x80_0000, 0x7F_FFFF).to_be_bytes();
        self.put(&bytes);
    }

    /// The bytes; the frame's data follows them.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// What makes `frame`, which is of `track`, a tag body in this form: the body is the head and then `frame.data`.
/// `None` when the form leaves the track out.
pub fn frame_head(form: &Form, track: &Track, frame: &Frame) -> Option<Head> {
    let timestamp_ms = timebase::rescale(frame.dts, track.clock_rate, 1000);
    let cts = timebase::rescale(frame.pts(), track.clock_rate, 1000).saturating_sub(timestamp_ms);
    let cts = i32::try_from(cts).unwrap_or(0);
    if track.kind() == Kind::Data {
        return Some(Head::new(TagType::Script, timestamp_ms));
    }
    if !form.carries(track) {
        return None;
    }
    let mut head = Head::new(tag_type(track), timestamp_ms);
    if let Some(first) = classic_first(form, track, frame.key) {
        head.put(&[first]);
        match track.kind() {
            Kind::Video => {
                head.put(&[video::CODED_FRAMES]);
                head.put_i24(cts);
            }
            Kind::Audio | Kind::Data if track.codec == Codec::Aac => head.put(&[audio::CODED_FRAMES]),
            Kind::Audio | Kind::Data => {}
        }
        return Some(head);
    }
    let has_cts = matches!(track.codec, Codec::H264 | Codec::H265);
    let packet_type = match track.kind() {
        Kind::Video if has_cts && cts == 0 => video::CODED_FRAMES_X,
        Kind::Video | Kind::Audio | Kind::Data => video::CODED_FRAMES,
    };
    put_enhanced(&mut head, track, packet_type, Extra { key: frame.key, offset_ns: frame.offset_ns })?;
    if has_cts && packet_type == video::CODED_FRAMES {
        head.put_i24(cts);
    }
    Some(head)
}

/// What a joiner needs first: `onMetaData`, then the sequence headers of the tracks that the form carries.
pub fn start_bodies(form: &Form, description: &Description) -> Vec<(TagType, Bytes)> {
    let mut bodies = vec![(TagType::Script, metadata::body(form, description))];
    let carried = description.tracks.iter().filter(|track| form.carries(track));
    bodies.extend(carried.filter_map(|track| Some((tag_type(track), config_body(form, track)?))));
    bodies
}

fn tag_type(track: &Track) -> TagType {
    match track.kind() {
        Kind::Video => TagType::Video,
        Kind::Audio => TagType::Audio,
        Kind::Data => TagType::Script,
    }
}

fn config_body(form: &Form, track: &Track) -> Option<Bytes> {
    let config = config(track)?;
    let mut out = BytesMut::with_capacity(MAX_HEAD + config.len());
    match classic_first(form, track, true) {
        Some(first) if track.kind() == Kind::Video => {
            out.put_slice(&[first, video::SEQUENCE_START]);
            put_u24(&mut out, 0);
        }
        Some(first) => out.put_slice(&[first, audio::SEQUENCE_START]),
        None => {
            let mut head = Head::new(tag_type(track), 0);
            put_enhanced(&mut head, track, video::SEQUENCE_START, Extra { key: true, offset_ns: 0 })?;
            out.put_slice(head.as_slice());
        }
    }
    out.put_slice(&config);
    Some(out.freeze())
}

/// The payload of a track's sequence header, if its codec has one.
fn config(track: &Track) -> Option<Bytes> {
    match track.codec {
        Codec::Opus if track.config.is_empty() => Some(codec::opus::head(track.channels)),
        // Enhanced RTMP v2: the signature, then the metadata block.
        Codec::Flac if !track.config.is_empty() => {
            let mut out = BytesMut::from(&codec::flac::MAGIC[..]);
            out.put_slice(&track.config);
            Some(out.freeze())
        }
        Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Aac
        | Codec::Opus
        | Codec::Flac => (!track.config.is_empty()).then(|| track.config.clone()),
        // Nothing to configure, but without it a receiver could not tell that the track will come.
        Codec::Ac3 | Codec::Eac3 | Codec::Mp3 => (track.index != 0).then(Bytes::new),
        Codec::G711A | Codec::G711U | Codec::Script => None,
    }
}

/// The first byte of the classic form; `None` for what only Enhanced RTMP can say.
fn classic_first(form: &Form, track: &Track, key: bool) -> Option<u8> {
    if track.index != 0 {
        return None;
    }
    let frame_type = frame_type(key) << 4;
    match track.codec {
        Codec::H264 => Some(frame_type | video::CODEC_AVC),
        Codec::H265 => match form.hevc {
            Hevc::Legacy(id) => Some(frame_type | id & 0x0F),
            Hevc::Enhanced => None,
        },
        Codec::Aac => Some(CLASSIC_AAC),
        Codec::Mp3 if track.sample_rate == 8_000 => Some(sound_byte(audio::MP3_8K, track)),
        Codec::Mp3 => Some(sound_byte(audio::MP3, track)),
        Codec::G711A => Some(sound_byte(audio::G711_A, track)),
        Codec::G711U => Some(sound_byte(audio::G711_U, track)),
        Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Opus
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Script => None,
    }
}

fn frame_type(key: bool) -> u8 {
    if key { 1 } else { 2 }
}

/// SoundFormat, the next SoundRate, 16 bits, mono or stereo.
fn sound_byte(format: u8, track: &Track) -> u8 {
    let rate = match (format, track.sample_rate) {
        (audio::MP3, 0 | 22_051..) => 3,
        (audio::MP3, 11_026..=22_050) => 2,
        (audio::MP3, 5_513..=11_025) => 1,
        _ => 0,
    };
    format << 4 | rate << 2 | SIXTEEN_BITS | u8::from(track.channels != 1)
}

/// What an enhanced head has beyond track and packet type.
struct Extra {
    key: bool,
    offset_ns: u32,
}

/// The enhanced head up to the track id.
fn put_enhanced(head: &mut Head, track: &Track, packet_type: u8, extra: Extra) -> Option<()> {
    let code = fourcc::of(track.codec)?;
    let (flags, multitrack) = match track.kind() {
        Kind::Video => (video::ENHANCED | frame_type(extra.key) << 4, video::MULTITRACK),
        Kind::Audio | Kind::Data => (audio::EX_HEADER << 4, audio::MULTITRACK),
    };
    let outer = if track.index == 0 { packet_type } else { multitrack };
    if extra.offset_ns > 0 {
        let [_, nanos @ ..] = extra.offset_ns.to_be_bytes();
        head.put(&[flags | enhanced::MOD_EX, MOD_EX_SIZE - 1]);
        head.put(&nanos);
        head.put(&[outer]); // TimestampOffsetNano is type 0 in the high bits
    } else {
        head.put(&[flags | outer]);
    }
    if track.index != 0 {
        head.put(&[packet_type]); // OneTrack is type 0 in the high bits
    }
    head.put(&code);
    if track.index != 0 {
        head.put(&[track.index]);
    }
    Some(())
}
