//! Reads FLV as independent eyes: what was in the file, packet by packet, headers apart from media.
//!
//! Video File Format Specification 10.1 annex E, and Enhanced RTMP v2 for everything with a FourCC.

use std::fmt;
use std::path::Path;

/// Audio or video.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// FLV tag type 8.
    Audio,
    /// FLV tag type 9.
    Video,
}

/// One encoded frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// Audio or video.
    pub kind: Kind,
    /// The track's number; 0 unless multitrack.
    pub track: u8,
    /// FourCC, or the legacy codec id as a number.
    pub codec: String,
    /// Decoding time, ms.
    pub dts: i64,
    /// Presentation time, ms.
    pub pts: i64,
    /// Decoding can begin here.
    pub key: bool,
    /// The frame's bytes, without any FLV header.
    pub data: Vec<u8>,
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, track, codec, dts, pts, key, data } = self;
        write!(f, "{kind:?}/{track} {codec} dts={dts} pts={pts} key={key} {} bytes", data.len())
    }
}

/// A sequence header: what a decoder needs before the first frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Audio or video.
    pub kind: Kind,
    /// The track's number; 0 unless multitrack.
    pub track: u8,
    /// FourCC, or the legacy codec id as a number.
    pub codec: String,
    /// How many packets of any kind were before it.
    pub before: usize,
    /// avcC, hvcC, AudioSpecificConfig, …
    pub data: Vec<u8>,
}

/// What an FLV file holds.
#[derive(Clone, Default, Debug)]
pub struct Flv {
    /// The frames, in file order.
    pub packets: Vec<Packet>,
    /// The sequence headers, in file order.
    pub headers: Vec<Header>,
    /// The bodies of the script tags.
    pub scripts: Vec<Vec<u8>>,
    /// Bytes of an unfinished last tag.
    pub rest: usize,
}

impl Flv {
    /// Reads a file.
    pub fn open(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&bytes)
    }

    /// Reads a whole FLV stream; a cut last tag is passed over.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut flv = Self::default();
        if bytes.len() < 13 {
            return flv;
        }
        assert_eq!(&bytes[..4], b"FLV\x01", "an FLV signature");
        let mut rest = &bytes[13..];
        while rest.len() >= 11 {
            let size = u24(&rest[1..]);
            let Some(body) = rest.get(11..11 + size) else { break };
            let time = u24(&rest[4..]) as u32 | u32::from(rest[7]) << 24;
            flv.tag(rest[0], i64::from(time as i32), body);
            if let Some(back) = rest.get(11 + size..15 + size) {
                assert_eq!(
                    u32::from_be_bytes(back.try_into().expect("4 bytes")) as usize,
                    11 + size,
                    "PreviousTagSize"
                );
            }
            rest = rest.get(15 + size..).unwrap_or_default();
        }
        flv.rest = rest.len();
        flv
    }

    /// The frames of one kind and track.
    pub fn track(&self, kind: Kind, track: u8) -> Vec<&Packet> {
        self.packets.iter().filter(|packet| packet.kind == kind && packet.track == track).collect()
    }

    /// Without the pictures before the first keyframe.
    #[must_use]
    pub fn from_keyframe(mut self) -> Self {
        let first = self.packets.iter().position(|packet| packet.kind == Kind::Video && packet.key);
        let mut at = 0..;
        self.packets.retain(|packet| {
            let place = at.next().unwrap_or_default();
            packet.kind == Kind::Audio || first.is_some_and(|first| place >= first)
        });
        self
    }

    /// Without the supplemental information (SEI, NAL unit type 39) in H.265 pictures.
    #[must_use]
    pub fn without_notes(mut self) -> Self {
        for packet in self.packets.iter_mut().filter(|packet| packet.codec == "hvc1") {
            let (mut kept, mut rest) = (Vec::new(), &packet.data[..]);
            while let Some((head, body)) = rest.split_first_chunk::<4>() {
                let (unit, behind) = body.split_at(body.len().min(u32::from_be_bytes(*head) as usize));
                if unit.first().is_none_or(|first| first >> 1 & 63 != 39) {
                    kept.extend_from_slice(head);
                    kept.extend_from_slice(unit);
                }
                rest = behind;
            }
            packet.data = kept;
        }
        self
    }

    /// The first sequence header of one kind and track.
    pub fn header(&self, kind: Kind, track: u8) -> Option<&Header> {
        self.headers.iter().find(|header| header.kind == kind && header.track == track)
    }

    fn tag(&mut self, tag_type: u8, dts: i64, body: &[u8]) {
        match tag_type {
            8 if !body.is_empty() => self.audio(dts, body),
            9 if !body.is_empty() => self.video(dts, body),
            18 => self.scripts.push(body.to_vec()),
            _ => {}
        }
    }

    fn audio(&mut self, dts: i64, body: &[u8]) {
        let (format, rest) = (body[0] >> 4, &body[1..]);
        let context = Context { kind: Kind::Audio, dts, key: true, track: 0, codec: format.to_string() };
        match format {
            9 => self.enhanced(&context, body[0] & 15, rest),
            10 if rest.is_empty() => {}
            10 if rest[0] == 0 => self.header_of(&context, &rest[1..]),
            10 => self.frame_of(&context, 0, &rest[1..]),
            _ => self.frame_of(&context, 0, rest),
        }
    }

    fn video(&mut self, dts: i64, body: &[u8]) {
        let codec = (body[0] & 15).to_string();
        let context = Context { kind: Kind::Video, dts, key: body[0] >> 4 & 7 == 1, track: 0, codec };
        if body[0] & 0x80 != 0 {
            self.enhanced(&context, body[0] & 15, &body[1..]);
        } else if body[0] >> 4 != 5 && body.len() >= 5 {
            match body[1] {
                0 => self.header_of(&context, &body[5..]),
                1 => self.frame_of(&context, s24(&body[2..]), &body[5..]),
                _ => {}
            }
        }
    }

    /// Enhanced RTMP: the packet type, then what it prescribes.
    fn enhanced(&mut self, context: &Context, packet_type: u8, rest: &[u8]) {
        let (packet_type, rest) = skip_extensions(packet_type, rest);
        let multitrack = if context.kind == Kind::Audio { 5 } else { 6 };
        if packet_type == multitrack {
            return self.multitrack(context, rest[0] >> 4, rest[0] & 15, &rest[1..]);
        }
        let (codec, data) = four_cc(rest);
        self.piece(&context.of(0, codec), packet_type, data);
    }

    fn multitrack(&mut self, context: &Context, layout: u8, packet_type: u8, mut rest: &[u8]) {
        let mut shared = None;
        if layout != 2 {
            let (codec, after) = four_cc(rest);
            (shared, rest) = (Some(codec), after);
        }
        while rest.len() > 1 {
            let codec = shared.clone().unwrap_or_else(|| {
                let (codec, after) = four_cc(rest);
                rest = after;
                codec
            });
            let track = rest[0];
            let (data, after) = match layout {
                0 => (&rest[1..], &rest[rest.len()..]),
                _ => rest[4..].split_at(u24(&rest[1..])),
            };
            rest = after;
            self.piece(&context.of(track, codec), packet_type, data);
        }
    }

    fn piece(&mut self, context: &Context, packet_type: u8, data: &[u8]) {
        let video = context.kind == Kind::Video;
        let has_cts = video && matches!(context.codec.as_str(), "avc1" | "hvc1" | "vvc1");
        match packet_type {
            0 => self.header_of(context, data),
            1 if has_cts => self.frame_of(context, s24(data), &data[3..]),
            1 => self.frame_of(context, 0, data),
            3 if video => self.frame_of(context, 0, data),
            _ => {}
        }
    }

    fn header_of(&mut self, context: &Context, data: &[u8]) {
        let Context { kind, track, codec, .. } = context.clone();
        // FLAC's header is written with and without the signature and block head before STREAMINFO.
        let data = data.strip_prefix(b"fLaC\x80\0\0\x22").unwrap_or(data);
        self.headers.push(Header { kind, track, codec, before: self.packets.len(), data: data.to_vec() });
    }

    fn frame_of(&mut self, context: &Context, cts: i64, data: &[u8]) {
        let Context { kind, dts, key, track, codec } = context.clone();
        self.packets.push(Packet { kind, track, codec, dts, pts: dts + cts, key, data: data.to_vec() });
    }
}

/// What a tag says before its payload.
#[derive(Clone)]
struct Context {
    kind: Kind,
    dts: i64,
    key: bool,
    track: u8,
    codec: String,
}

impl Context {
    fn of(&self, track: u8, codec: String) -> Self {
        Self { track, codec, ..self.clone() }
    }
}

/// ModEx: sized extras, each followed by the next packet type.
fn skip_extensions(mut packet_type: u8, mut rest: &[u8]) -> (u8, &[u8]) {
    while packet_type == 7 {
        let small = usize::from(rest[0]) + 1;
        let wide = small == 256;
        let size = if wide { usize::from(u16::from_be_bytes([rest[1], rest[2]])) + 1 } else { small };
        let before = if wide { 3 } else { 1 };
        let after = &rest[before + size..];
        (packet_type, rest) = (after[0] & 15, &after[1..]);
    }
    (packet_type, rest)
}

fn u24(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

fn s24(bytes: &[u8]) -> i64 {
    let value = u24(bytes) as i64;
    if value >= 1 << 23 { value - (1 << 24) } else { value }
}

fn four_cc(bytes: &[u8]) -> (String, &[u8]) {
    (String::from_utf8_lossy(&bytes[..4]).into_owned(), &bytes[4..])
}
