mod bodies;
mod demuxing;
mod files;
mod unpacking;
mod writing;

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::Instant;
use rtmpd_core::media::{Description, Frame};

use super::*;

/// What an unpackager gave out, taken apart.
#[derive(Default, PartialEq, Debug)]
struct Unpacking {
    descriptions: Vec<Arc<Description>>,
    frames: Vec<Frame>,
    notes: Vec<String>,
}

impl Unpacking {
    fn drain(&mut self, unpackager: &mut Unpackager) {
        while let Some(unpacked) = unpackager.poll() {
            match unpacked {
                Unpacked::Tracks(description) => self.descriptions.push(description),
                Unpacked::Frame(frame) => {
                    let tracks = self.descriptions.last().expect("tracks come before frames");
                    assert!(tracks.track(frame.track).is_some());
                    self.frames.push(frame);
                }
                Unpacked::Note(note) => self.notes.push(note.text),
            }
        }
    }

    fn of(tags: impl IntoIterator<Item = Tag>) -> Self {
        let mut this = Self::default();
        let mut unpackager = Unpackager::default();
        for Tag { tag, timestamp, body } in tags {
            unpackager.push(Instant::ZERO, tag, i64::from(timestamp), body).unwrap();
            this.drain(&mut unpackager);
        }
        unpackager.finish();
        this.drain(&mut unpackager);
        this
    }
}

fn demux<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Tag> {
    let mut demuxer = Demuxer::new();
    let mut tags = Vec::new();
    for piece in pieces {
        demuxer.push(piece);
        while let Some(tag) = demuxer.poll().unwrap() {
            tags.push(tag);
        }
    }
    tags
}

fn bytes(data: &'static [u8]) -> Bytes {
    Bytes::from_static(data)
}
