//! The tracks of one publisher, from their sequence headers and first frames.

use bytes::{Bytes, BytesMut};
use rtmpd_core::Error;
use rtmpd_core::media::{Codec, Description, Kind, Track, TrackId};

use crate::codec::{self, Size, Sound};

/// Times in FLV and RTMP are ms.
pub(super) const CLOCK_RATE: u32 = 1000;
/// More tracks than this are passed over.
const MAX_TRACKS: usize = 32;
/// Sequence headers longer than this are refused.
const MAX_CONFIG: usize = 64 << 10;
/// The id of the script track, which every stream has.
pub(super) const SCRIPT: TrackId = TrackId(0);

/// Track ids above this one are not carried.
pub(super) const MAX_INDEX: u8 = 99;
/// Ids of pictures and sound are these plus their index: a publisher that comes back has the same ones, in whatever
/// order its sequence headers come.
const FIRST_VIDEO: u8 = 1;
const FIRST_AUDIO: u8 = FIRST_VIDEO + MAX_INDEX + 1;

/// One track and what its frames need.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) track: Track,
    /// The sequence header as it came; tells whether another one is a repetition.
    raw: Bytes,
    /// Bytes of each NAL unit's length as the publisher sends them.
    pub(super) length_size: u8,
}

/// All tracks, in the order in which they appeared.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    entries: Vec<Entry>,
    /// Tracks of which an empty sequence header tells that they will come.
    announced: Vec<(Kind, u8)>,
}

/// Whether a codec's frames cannot be understood without a sequence header.
fn needs_config(codec: Codec) -> bool {
    matches!(codec, Codec::H264 | Codec::H265 | Codec::Av1 | Codec::Aac | Codec::Flac)
}

impl Tracks {
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.entries.iter().any(|entry| entry.track.kind() == kind)
    }

    pub(super) fn find(&self, kind: Kind, index: u8) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.track.kind() == kind && entry.track.index == index)
    }

    /// Whether there is a track in this place that this sequence header is not a repetition for.
    pub(super) fn differs(&self, codec: Codec, index: u8, raw: &[u8]) -> bool {
        let known = self.find(codec.kind(), index);
        !raw.is_empty() && known.is_some_and(|entry| entry.track.codec != codec || entry.raw != raw)
    }

    /// Takes a sequence header; whether it changed anything.
    pub(super) fn configure(&mut self, codec: Codec, index: u8, raw: &Bytes) -> Result<bool, Error> {
        let known = self.find(codec.kind(), index);
        if known.is_some_and(|entry| entry.track.codec == codec && entry.raw == raw) {
            return Ok(false);
        }
        if raw.len() > MAX_CONFIG {
            return Err(Error::limit(
                format!(
                    "{} sequence header is {} bytes long, at most {MAX_CONFIG} are allowed",
                    codec.name(),
                    raw.len()
                ),
                "Enhanced RTMP v2, SequenceStart",
            ));
        }
        let tells_itself = !needs_config(codec) && !matches!(codec, Codec::Opus | Codec::Vp8 | Codec::Vp9);
        if tells_itself || raw.is_empty() && codec != Codec::Opus {
            self.announce(codec.kind(), index);
            return Ok(false);
        }
        let mut entry = Entry::new(codec, index);
        entry.raw = Bytes::copy_from_slice(raw);
        entry.configure()?;
        if let Some(known) = known.filter(|known| known.track.codec == codec && entry.track.width == 0) {
            (entry.track.width, entry.track.height) = (known.track.width, known.track.height);
        }
        Ok(self.put(entry))
    }

    fn announce(&mut self, kind: Kind, index: u8) {
        if !self.announced.contains(&(kind, index)) && self.announced.len() < MAX_TRACKS {
            self.announced.push((kind, index));
        }
    }

    /// Whether every track that was announced is known, sizes included.
    pub(super) fn are_settled(&self) -> bool {
        let sized = |track: &Track| !matches!(track.codec, Codec::Vp8 | Codec::Vp9) || track.width > 0;
        self.announced.iter().all(|(kind, index)| self.find(*kind, *index).is_some())
            && self.entries.iter().all(|entry| sized(&entry.track))
    }

    /// Makes a track of what a first frame says, or corrects its size; whether that changed anything. Frames of codecs
    /// that need a sequence header make none.
    pub(super) fn observe(&mut self, codec: Codec, index: u8, data: &[u8], hint: Option<Sound>) -> bool {
        let known = self.find(codec.kind(), index).filter(|entry| entry.track.codec == codec);
        let size = size_of_key(codec, data);
        let is_due = match known {
            Some(entry) => size.is_some_and(|size| !is_of(&entry.track, size)),
            None => !needs_config(codec) && (codec.kind() == Kind::Audio || size.is_some()),
        };
        if !is_due {
            return false;
        }
        let mut entry = Entry::new(codec, index);
        if let Some(known) = known {
            entry.raw = known.raw.clone();
            entry.track = known.track.clone();
        }
        if let Some(size) = size {
            entry.resize(size);
        }
        if let Some(sound) = sound_of(codec, data).or(hint) {
            entry.hear(sound);
        }
        self.put(entry)
    }

    /// Takes a number of channels for a track whose own header is silent about them; whether that changed anything.
    pub(super) fn set_channels(&mut self, index: u8, channels: u8) -> bool {
        let known = |entry: &&mut Entry| entry.track.kind() == Kind::Audio && entry.track.index == index;
        let Some(entry) = self.entries.iter_mut().find(known) else { return false };
        let changes = entry.track.codec == Codec::Opus
            && entry.track.config.is_empty()
            && entry.track.channels != channels;
        if changes {
            entry.track.channels = channels;
        }
        changes
    }

    /// Puts a track in its place; whether it is new there.
    fn put(&mut self, entry: Entry) -> bool {
        let place = (entry.track.kind(), entry.track.index);
        let known = self.entries.iter_mut().find(|known| (known.track.kind(), known.track.index) == place);
        if let Some(known) = known {
            let changed = known.track != entry.track;
            *known = entry;
            return changed;
        }
        if self.entries.len() >= MAX_TRACKS {
            return false;
        }
        self.entries.push(entry);
        true
    }

    /// The tracks, video first, the script track last.
    pub(super) fn describe(&self) -> Description {
        let mut tracks: Vec<_> = self.entries.iter().map(|entry| entry.track.clone()).collect();
        tracks.sort_by_key(|track| (track.kind(), track.index));
        tracks.push(Track::new(SCRIPT, 0, Codec::Script, CLOCK_RATE));
        Description { revision: 0, tracks, metadata: None }
    }
}

fn is_of(track: &Track, size: Size) -> bool {
    track.width == size.width && track.height == size.height
}

/// What a keyframe says about its size, for codecs whose sequence header does not.
fn size_of_key(codec: Codec, data: &[u8]) -> Option<Size> {
    match codec {
        Codec::Vp8 => codec::vp8::size(data),
        Codec::Vp9 => codec::vp9::size(data),
        Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Aac
        | Codec::Opus
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Mp3
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => None,
    }
}

/// What a first frame says about its sound, for codecs that have no sequence header.
fn sound_of(codec: Codec, data: &[u8]) -> Option<Sound> {
    match codec {
        Codec::Mp3 => codec::mp3::sound(data),
        Codec::Ac3 => codec::ac3::sound(data),
        Codec::Eac3 => codec::ac3::enhanced_sound(data),
        Codec::Opus => Some(Sound { sample_rate: 48_000, channels: 2 }),
        Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Aac
        | Codec::Flac
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => None,
    }
}

impl Entry {
    fn new(codec: Codec, index: u8) -> Self {
        let first = if codec.kind() == Kind::Video { FIRST_VIDEO } else { FIRST_AUDIO };
        let id = TrackId(first.saturating_add(index));
        Self { track: Track::new(id, index, codec, CLOCK_RATE), raw: Bytes::new(), length_size: 4 }
    }

    /// Fills the track from its sequence header.
    fn configure(&mut self) -> Result<(), Error> {
        let raw = self.raw.clone();
        self.track.config = raw.clone();
        match self.track.codec {
            Codec::H264 => {
                let record = codec::h264::parse_record(&raw)?;
                self.set_length_size(record.length_size, codec::h264::LENGTH_SIZE_AT);
                record.sps.and_then(codec::h264::size).into_iter().for_each(|size| self.resize(size));
            }
            Codec::H265 => {
                let record = codec::h265::parse_record(&raw)?;
                self.set_length_size(record.length_size, codec::h265::LENGTH_SIZE_AT);
                record.sps.and_then(codec::h265::size).into_iter().for_each(|size| self.resize(size));
            }
            Codec::Av1 => codec::av1::size(&raw).into_iter().for_each(|size| self.resize(size)),
            Codec::Aac => {
                let config = codec::aac::Config::parse(&raw);
                config.into_iter().for_each(|config| self.hear(config.sound()));
            }
            Codec::Flac => {
                self.track.config = codec::flac::blocks(&raw).unwrap_or(raw);
                codec::flac::sound(&self.track.config).into_iter().for_each(|sound| self.hear(sound));
            }
            Codec::Opus => {
                let sound = codec::opus::sound(&raw);
                self.hear(sound.unwrap_or(Sound { sample_rate: 48_000, channels: 2 }));
            }
            Codec::Vp9
            | Codec::Vp8
            | Codec::Ac3
            | Codec::Eac3
            | Codec::Mp3
            | Codec::G711A
            | Codec::G711U
            | Codec::Script => {}
        }
        Ok(())
    }

    /// Remembers the publisher's length size; the record that players get says 4, as their frames will have.
    fn set_length_size(&mut self, size: u8, at: usize) {
        self.length_size = size;
        if size != 4 {
            let mut config = BytesMut::from(&self.raw[..]);
            config.get_mut(at).into_iter().for_each(|byte| *byte |= 3);
            self.track.config = config.freeze();
        }
    }

    fn resize(&mut self, size: Size) {
        (self.track.width, self.track.height) = (size.width, size.height);
    }

    fn hear(&mut self, sound: Sound) {
        (self.track.sample_rate, self.track.channels) = (sound.sample_rate, sound.channels);
    }
}
