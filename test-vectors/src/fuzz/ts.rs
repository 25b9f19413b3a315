//! Transport streams, in and out again.

use bytes::BytesMut;
use rtmpd_proto::container::ts::{Counts, Demuxed, Demuxer, Muxer, PACKET};

use super::source::{Source, pieces};

/// A transport stream, whole and in pieces: the same tracks, frames and notes. What comes of it can be written, and read
/// without any loss.
pub fn ts_demuxer(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let stream = source.rest();
    let (whole, counts) = demux([stream].into_iter());
    assert_eq!((whole.clone(), counts), demux(pieces(stream, seed)));
    let (_, counts) = demux([&mux(&whole)[..]].into_iter());
    assert_eq!((counts.gaps, counts.damaged, counts.bad_sections, counts.sync_losses), (0, 0, 0, 0));
}

fn demux<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Demuxed>, Counts) {
    let mut demuxer = Demuxer::new();
    let mut out = Vec::new();
    for piece in pieces {
        demuxer.push(piece);
        out.extend(std::iter::from_fn(|| demuxer.pull()));
    }
    demuxer.finish();
    out.extend(std::iter::from_fn(|| demuxer.pull()));
    (out, demuxer.counts())
}

fn mux(stream: &[Demuxed]) -> BytesMut {
    let (mut muxer, mut out) = (Muxer::new(), BytesMut::new());
    let mut tracks = None;
    for demuxed in stream {
        match demuxed {
            Demuxed::Tracks(description) => {
                assert!(muxer.start(description).is_empty(), "what was carried is not carried");
                muxer.tables(&mut out);
                tracks = Some(description);
            }
            Demuxed::Frame(frame) => {
                let known = tracks.and_then(|tracks| tracks.track(frame.track));
                assert!(known.is_some(), "a frame of no track");
                assert!(!frame.data.is_empty());
                assert!(muxer.push(frame, &mut out));
            }
            Demuxed::Note(_) => {}
        }
    }
    assert_eq!(out.len() % PACKET, 0);
    out
}
