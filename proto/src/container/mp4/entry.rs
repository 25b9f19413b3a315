//! A sample entry → what the track is. Specs: ISO/IEC 14496-12 §8.5.2, §12.1.3, §12.2.3; 14496-14 §6.7; 14496-15 §5.4.2,
//! §8.4.1; AV1-ISOBMFF, VP9-ISOBMFF, Opus-ISOBMFF, FLAC-ISOBMFF; QuickTime File Format (sound descriptions 1 and 2).

use bytes::{Bytes, BytesMut};
use rtmpd_core::Error;
use rtmpd_core::media::{Codec, Kind, Track, TrackId};

use super::boxes::{Boxes, cut_off, full};
use crate::bytes::Reader;
use crate::codec::{Size, Sound, aac, ac3, av1, flac, h264, h265, opus};

const SPEC: &str = "ISO/IEC 14496-12 §8.5.2";
/// Where boxes begin in a sample entry of pictures, and of sound by its version.
const AFTER_PICTURES: usize = 78;
const AFTER_SOUND: usize = 28;
const AFTER_SOUND_1: usize = 44;
const AFTER_SOUND_2: usize = 64;
/// Bytes of NAL units' lengths in frames of ours.
const LENGTH_SIZE: u8 = 4;

/// What a track is, and how its samples differ from our frames.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) track: Track,
    /// Bytes of each NAL unit's length.
    pub(super) length_size: u8,
}

/// Reads the first entry of an `stsd`.
///
/// # Errors
/// When it is cut off, or of a codec that is not known here.
pub(super) fn parse(stsd: &[u8], timescale: u32) -> Result<Entry, Error> {
    let (_, _, mut reader) = full(b"stsd", stsd)?;
    reader.u32().ok_or_else(|| cut_off(b"stsd", stsd))?;
    let Some((name, content)) = Boxes::new(reader.rest()).next()? else { return Err(cut_off(b"stsd", stsd)) };
    let codec = codec(&name, content)?;
    let track = Track::new(TrackId(0), 0, codec, timescale);
    let read = match codec.kind() {
        Kind::Video => pictures(track, content),
        Kind::Audio | Kind::Data => sound(track, content),
    };
    read?.ok_or_else(|| cut_off(&name, content))
}

fn codec(name: &[u8; 4], content: &[u8]) -> Result<Codec, Error> {
    Ok(match name {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => Codec::H264,
        b"hvc1" | b"hev1" => Codec::H265,
        b"av01" => Codec::Av1,
        b"vp09" => Codec::Vp9,
        b"vp08" => Codec::Vp8,
        b"mp4a" => return object(content),
        b".mp3" | b"mp3 " => Codec::Mp3,
        b"Opus" => Codec::Opus,
        b"fLaC" => Codec::Flac,
        b"ac-3" => Codec::Ac3,
        b"ec-3" => Codec::Eac3,
        b"alaw" => Codec::G711A,
        b"ulaw" => Codec::G711U,
        other => {
            let what =
                format!("sample entry '{}' is of a codec that is not known here", other.escape_ascii());
            return Err(Error::malformed(what, SPEC));
        }
    })
}

/// The codec of an `mp4a`.
fn object(content: &[u8]) -> Result<Codec, Error> {
    // QuickTime's plain `mp4a` without a box is AAC.
    let Some(descriptors) = configuration(content, Kind::Audio, b"esds")? else { return Ok(Codec::Aac) };
    match esds(descriptors).map(|(object, _)| object) {
        Some(0x40 | 0x66..=0x68) => Ok(Codec::Aac),
        Some(0x69 | 0x6B) => Ok(Codec::Mp3),
        Some(0xA5) => Ok(Codec::Ac3),
        Some(0xA6) => Ok(Codec::Eac3),
        Some(other) => {
            let what = format!("object type of 'mp4a' is 0x{other:02X}, which is not known here");
            Err(Error::malformed(what, "ISO/IEC 14496-1 §7.2.6.6"))
        }
        None => Err(cut_off(b"esds", descriptors)),
    }
}

fn pictures(mut track: Track, content: &[u8]) -> Result<Option<Entry>, Error> {
    let mut reader = Reader::new(content);
    let mut size = || {
        reader.skip(24)?;
        Some(Size { width: u32::from(reader.u16()?), height: u32::from(reader.u16()?) })
    };
    let Some(said) = size() else { return Ok(None) };
    let kind = match track.codec {
        Codec::H264 => b"avcC",
        Codec::H265 => b"hvcC",
        Codec::Av1 => b"av1C",
        Codec::Vp9
        | Codec::Vp8
        | Codec::Aac
        | Codec::Opus
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Mp3
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => b"vpcC",
    };
    let Some(config) = configuration(content, Kind::Video, kind)? else {
        let what = format!("the sample entry of {} has no '{}'", track.codec.name(), kind.escape_ascii());
        return Err(Error::malformed(what, SPEC));
    };
    let (length_size, told) = configure(&mut track, config)?;
    // What the entry says is what is meant to be seen; without it, what the decoder will put out.
    let size = if said.width > 0 && said.height > 0 { Some(said) } else { told };
    (track.width, track.height) = size.map_or((0, 0), |size| (size.width, size.height));
    Ok(Some(Entry { track, length_size }))
}

/// Gives a track of pictures its configuration, with 4-byte lengths; what length those in the file have, and the size
/// of the pictures that it tells.
fn configure(track: &mut Track, config: &[u8]) -> Result<(u8, Option<Size>), Error> {
    Ok(match track.codec {
        Codec::H264 => {
            let record = h264::parse_record(config)?;
            track.config = with_length_size(config, h264::LENGTH_SIZE_AT);
            (record.length_size, record.sps.and_then(h264::size))
        }
        Codec::H265 => {
            let record = h265::parse_record(config)?;
            track.config = with_length_size(config, h265::LENGTH_SIZE_AT);
            (record.length_size, record.sps.and_then(h265::size))
        }
        Codec::Av1 => {
            track.config = Bytes::copy_from_slice(config);
            (LENGTH_SIZE, av1::size(config))
        }
        Codec::Vp9
        | Codec::Vp8
        | Codec::Aac
        | Codec::Opus
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Mp3
        | Codec::G711A
        | Codec::G711U
        | Codec::Script => {
            track.config = Bytes::copy_from_slice(config);
            (LENGTH_SIZE, None)
        }
    })
}

/// The record, saying that lengths have four bytes: frames of ours have.
fn with_length_size(record: &[u8], at: usize) -> Bytes {
    let mut record = BytesMut::from(record);
    if let Some(byte) = record.get_mut(at) {
        *byte |= LENGTH_SIZE - 1;
    }
    record.freeze()
}

fn sound(mut track: Track, content: &[u8]) -> Result<Option<Entry>, Error> {
    let mut reader = Reader::new(content);
    let mut said = || {
        reader.skip(16)?;
        let channels = reader.u16()?;
        reader.skip(6)?;
        Some(Sound { sample_rate: reader.u32()? >> 16, channels: u8::try_from(channels).unwrap_or(0) })
    };
    let Some(said) = said() else { return Ok(None) };
    let find = |kind| configuration(content, Kind::Audio, kind);
    let told = match track.codec {
        Codec::Aac => {
            if let Some((_, specific)) = find(b"esds")?.and_then(esds) {
                track.config = Bytes::copy_from_slice(specific);
            }
            aac::Config::parse(&track.config).map(|config| config.sound())
        }
        Codec::Opus => {
            track.config = find(b"dOps")?.and_then(opus::head_of_specific).unwrap_or_default();
            opus::sound(&track.config)
        }
        Codec::Flac => {
            let blocks = find(b"dfLa")?.and_then(|content| flac::blocks(content.get(4..)?));
            track.config = blocks.unwrap_or_default();
            flac::sound(&track.config)
        }
        Codec::Ac3 => find(b"dac3")?.and_then(ac3::sound_of_specific),
        Codec::Eac3 => find(b"dec3")?.and_then(ac3::sound_of_enhanced_specific),
        Codec::Mp3
        | Codec::G711A
        | Codec::G711U
        | Codec::H264
        | Codec::H265
        | Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Script => None,
    };
    let told = told.unwrap_or(said);
    // A rate beyond 16 bits stands as 0, and is the timescale then.
    let rates = [told.sample_rate, said.sample_rate, track.clock_rate];
    track.sample_rate = rates.into_iter().find(|&rate| rate > 0).unwrap_or(0);
    track.channels = if told.channels > 0 { told.channels } else { said.channels };
    Ok(Some(Entry { track, length_size: LENGTH_SIZE }))
}

/// The content of a box within a sample entry, wherever QuickTime has put it.
fn configuration<'a>(content: &'a [u8], kind: Kind, wanted: &[u8; 4]) -> Result<Option<&'a [u8]>, Error> {
    let mut reader = Reader::new(content);
    let version = if kind == Kind::Video { None } else { reader.skip(8).and_then(|()| reader.u16()) };
    let places: &[usize] = match (kind, version) {
        (Kind::Video, _) => &[AFTER_PICTURES],
        // ISO's version 1 is laid out as version 0 is.
        (_, Some(1)) => &[AFTER_SOUND_1, AFTER_SOUND],
        (_, Some(2)) => &[AFTER_SOUND_2, AFTER_SOUND],
        _ => &[AFTER_SOUND],
    };
    let mut failed = None;
    for place in places {
        let boxes = Boxes::new(content.get(*place..).unwrap_or_default());
        let found = boxes.clone().find(wanted).and_then(|found| match found {
            Some(found) => Ok(Some(found)),
            None => boxes.find(b"wave")?.map_or(Ok(None), |wave| Boxes::new(wave).find(wanted)),
        });
        match found {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => {}
            // Read at the wrong place, anything can come out.
            Err(error) => failed = Some(error),
        }
    }
    failed.filter(|_| places.len() == 1).map_or(Ok(None), Err)
}

/// Object type and decoder configuration of an `esds`: ISO/IEC 14496-1 §7.2.6.
fn esds(content: &[u8]) -> Option<(u8, &[u8])> {
    let mut reader = Reader::new(content);
    reader.skip(4)?;
    let mut stream = Reader::new(descriptor(&mut reader, 3)?);
    stream.u16()?;
    let flags = stream.u8()?;
    if flags & 0x80 != 0 {
        stream.u16()?; // depends on another stream
    }
    if flags & 0x40 != 0 {
        let length = stream.u8()?;
        stream.skip(usize::from(length))?; // URL
    }
    if flags & 0x20 != 0 {
        stream.u16()?; // clock reference
    }
    let mut decoder = Reader::new(descriptor(&mut stream, 4)?);
    let object = decoder.u8()?;
    decoder.skip(12)?;
    Some((object, descriptor(&mut decoder, 5).unwrap_or_default()))
}

/// The content of the next descriptor with this tag. Its length has seven bits a byte.
fn descriptor<'a>(reader: &mut Reader<'a>, wanted: u8) -> Option<&'a [u8]> {
    loop {
        let tag = reader.u8()?;
        let mut length = 0;
        for _ in 0..4 {
            let byte = reader.u8()?;
            length = length << 7 | usize::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                break;
            }
        }
        // Some writers say more than there is.
        let content = reader.take(length.min(reader.remaining()))?;
        if tag == wanted {
            return Some(content);
        }
    }
}
