//! `onMetaData` for those who join: what the publisher said, made true for what they will get.
//!
//! Specs: FLV 10.1 §E.5; Enhanced RTMP v2, "Enhancing onMetaData".

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::{Codec, Description, Kind, Track};

use super::script::ON_META_DATA;
use super::{Form, Hevc, TrackChoice, audio, fourcc, video};
use crate::amf::{self, Field, Value, amf0};

/// A live stream has neither an end nor a size; players that are told one show it as a file.
const OF_FILES: [&str; 3] = ["duration", "filesize", "keyframes"];
const OF_VIDEO: [&str; 5] = ["width", "height", "framerate", "videocodecid", "videodatarate"];
const OF_AUDIO: [&str; 5] = ["audiocodecid", "audiodatarate", "audiosamplerate", "audiosamplesize", "stereo"];
const OF_TRACKS: [&str; 2] = ["audioTrackIdInfoMap", "videoTrackIdInfoMap"];

/// The body of a script tag: `onMetaData` without `@setDataFrame`.
pub(super) fn body(form: &Form, description: &Description) -> Bytes {
    let mut fields = description.metadata.as_ref().map(|said| amf::fields(said)).unwrap_or_default();
    let video = first(form, description, Kind::Video);
    let audio = first(form, description, Kind::Audio);
    fields.retain(|(name, _)| {
        let is_among = |names: &[&str]| names.contains(&name.as_ref());
        let wrong = is_among(&OF_FILES)
            || video.is_none() && is_among(&OF_VIDEO)
            || audio.is_none() && is_among(&OF_AUDIO)
            || form.tracks == TrackChoice::First && is_among(&OF_TRACKS);
        !wrong
    });
    if let Some(track) = video {
        add(&mut fields, "width", Value::Number(f64::from(track.width)), track.width > 0);
        add(&mut fields, "height", Value::Number(f64::from(track.height)), track.height > 0);
        set(&mut fields, "videocodecid", codec_id(form, track));
    }
    if let Some(track) = audio {
        let rate = track.sample_rate;
        add(&mut fields, "audiosamplerate", Value::Number(f64::from(rate)), rate > 0);
        add(&mut fields, "stereo", Value::Bool(track.channels > 1), track.channels > 0);
        set(&mut fields, "audiocodecid", codec_id(form, track));
    }
    correct(&mut fields, "hasVideo", video.is_some());
    correct(&mut fields, "hasAudio", audio.is_some());
    let mut out = BytesMut::new();
    amf0::write(&mut out, &Value::text(ON_META_DATA));
    amf0::write(&mut out, &Value::EcmaArray(fields));
    out.freeze()
}

fn first<'d>(form: &Form, description: &'d Description, kind: Kind) -> Option<&'d Track> {
    let is_first = |track: &&Track| track.kind() == kind && track.index == 0 && form.carries(track);
    description.tracks.iter().find(is_first)
}

fn codec_id(form: &Form, track: &Track) -> Value {
    let classic = match track.codec {
        Codec::H264 => Some(video::CODEC_AVC),
        Codec::H265 => match form.hevc {
            Hevc::Legacy(id) => Some(id),
            Hevc::Enhanced => None,
        },
        Codec::Aac => Some(audio::AAC),
        Codec::Mp3 => Some(audio::MP3),
        Codec::G711A => Some(audio::G711_A),
        Codec::G711U => Some(audio::G711_U),
        Codec::Av1
        | Codec::Vp9
        | Codec::Vp8
        | Codec::Opus
        | Codec::Flac
        | Codec::Ac3
        | Codec::Eac3
        | Codec::Script => None,
    };
    let enhanced = || fourcc::of(track.codec).map(u32::from_be_bytes).unwrap_or_default();
    Value::Number(f64::from(classic.map_or_else(enhanced, u32::from)))
}

/// Says `value` under `name`, whatever was said before.
fn set(fields: &mut Vec<Field>, name: &str, value: Value) {
    match fields.iter_mut().find(|(known, _)| known.as_ref() == name) {
        Some((_, said)) => *said = value,
        None => fields.push((Arc::from(name), value)),
    }
}

/// Says `value` under `name` if it is known and nothing was said before.
fn add(fields: &mut Vec<Field>, name: &str, value: Value, is_known: bool) {
    if is_known && !fields.iter().any(|(said, _)| said.as_ref() == name) {
        fields.push((Arc::from(name), value));
    }
}

/// Makes a truth value true to the facts where the publisher gave it.
fn correct(fields: &mut [Field], name: &str, value: bool) {
    fields
        .iter_mut()
        .filter(|(said, _)| said.as_ref() == name)
        .for_each(|(_, said)| *said = Value::Bool(value));
}
