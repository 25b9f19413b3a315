//! FLV files and tag bodies, in and out again.

use bytes::Bytes;
use rtmpd_core::media::{Description, Packager, Packed};
use rtmpd_core::{Error, Instant};
use rtmpd_proto::container::flv::{
    Demuxer, FLV, FLV_ALL, FLV_LEGACY, FlvPackager, Tag, TagType, Unpackager, Unpacked,
};

use super::source::{Source, pieces};

/// A file, whole and in pieces: the same tags, the same error.
pub fn flv_file(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let file = source.rest();
    let whole = demux([file].into_iter());
    assert_eq!(whole, demux(pieces(file, seed)));
}

fn demux<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Tag>, Option<Error>) {
    let mut demuxer = Demuxer::new();
    let mut tags = Vec::new();
    for piece in pieces {
        demuxer.push(piece);
        loop {
            match demuxer.poll() {
                Ok(Some(tag)) => tags.push(tag),
                Ok(None) => break,
                Err(error) => return (tags, Some(error)),
            }
        }
    }
    (tags, None)
}

/// Tag bodies as an RTMP publisher sends them, and everything that comes of them written in each form.
pub fn flv_bodies(data: &[u8]) {
    let mut source = Source::new(data);
    let mut unpackager = Unpackager::default();
    let mut writers =
        [FLV, FLV_LEGACY, FLV_ALL].map(|packaging| FlvPackager::of(packaging, 12).expect("known form"));
    let mut now = 0;
    while !source.is_empty() {
        let kind = source.byte();
        let tag = [TagType::Audio, TagType::Video, TagType::Script][usize::from(kind % 3)];
        let timestamp = i64::from(source.number() as i32);
        let size = usize::from(source.byte()) << 4 | usize::from(kind >> 4);
        now += 20;
        let body = Bytes::copy_from_slice(source.take(size));
        let ended = unpackager.push(Instant::from_millis(now), tag, timestamp, body).is_err();
        drain(&mut unpackager, &mut writers);
        if ended {
            return;
        }
    }
    unpackager.finish();
    drain(&mut unpackager, &mut writers);
}

fn drain(unpackager: &mut Unpackager, writers: &mut [FlvPackager]) {
    while let Some(unpacked) = unpackager.poll() {
        match unpacked {
            Unpacked::Tracks(description) => {
                writers.iter_mut().for_each(|writer| start(writer, &description))
            }
            Unpacked::Frame(frame) => {
                let mut packed: Vec<Packed> = Vec::new();
                writers.iter_mut().for_each(|writer| writer.push(&frame, &mut packed));
                packed.iter().for_each(|packet| are_tags(b"FLV\x01\x05\0\0\0\x09\0\0\0\0", &packet.data));
            }
            Unpacked::Note(_) => {}
        }
    }
}

fn start(writer: &mut FlvPackager, description: &Description) {
    are_tags(b"", &writer.start(description));
}

/// What we write must be what we read: whole tags whose bodies make sense.
fn are_tags(header: &[u8], data: &[u8]) {
    let file = [header, data].concat();
    let (tags, error) = demux([&file[..]].into_iter());
    assert_eq!(error, None);
    let mut reader = Unpackager::default();
    for tag in tags {
        reader
            .push(Instant::ZERO, tag.tag, i64::from(tag.timestamp), tag.body)
            .expect("our own tags can be read");
    }
}
