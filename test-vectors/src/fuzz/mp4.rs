//! MP4 files and flows of fragments.

use bytes::Bytes;
use rtmpd_core::Error;
use rtmpd_proto::container::mp4::{Fragments, Index, Locator, Piece, WholePrefix, index, plan, whole_prefix};

use super::source::{Source, pieces};

/// A file, found out about by ranges, planned, and cut into segments: what comes out is an MP4 of the same samples.
pub fn mp4_index(data: &[u8]) {
    let mut source = Source::new(data);
    let target_ms = u32::from(source.byte()) * 100;
    let file = source.rest();
    let Ok(found) = index(file) else { return };
    grudging(file, &found);
    let plan = plan(&found, target_ms);
    assert!(plan.segments.iter().all(|segment| segment.duration >= 0));
    let playlist = plan.playlist("init.mp4", |n| format!("{n}.m4s"));
    assert_eq!(playlist.matches("#EXTINF:").count(), plan.segments.len());
    let mut out = plan.init(&found).to_vec();
    let mut is_whole = true;
    for n in 0..plan.segments.len().min(100) {
        let read = |range: &std::ops::Range<u64>| {
            Bytes::copy_from_slice(&file[range.start as usize..range.end as usize])
        };
        let data: Vec<Bytes> = plan.ranges(&found, n).iter().map(read).collect();
        match plan.segment(&found, n, &data) {
            Ok(segment) => out.extend_from_slice(&segment),
            Err(_) => is_whole = false,
        }
    }
    let again = index(&out).expect("our own files can be read");
    assert!(again.left_out.is_empty(), "{:?}", again.left_out);
    assert!(again.len() <= found.len() && (!is_whole || !plan.segments.is_empty() || again.is_empty()));
}

/// The same file, of which at first only the head was there.
fn grudging(file: &[u8], found: &Index) {
    let mut locator = Locator::new(file.len() as u64);
    let mut steps = 0;
    while let Some(range) = locator.want() {
        steps += 1;
        assert!(steps < 1000 && range.end <= file.len() as u64);
        locator.push(&file[range.start as usize..range.end as usize]).expect("it could be read before");
    }
    assert_eq!(locator.finish().as_ref(), Ok(found));
}

/// A flow, whole and in pieces: the same frames, the same error; and as much of it is whole by its heads alone.
pub fn fmp4_fragments(data: &[u8]) {
    let mut source = Source::new(data);
    let seed = source.byte();
    let flow = source.rest();
    let whole = read([flow].into_iter());
    assert_eq!(whole, read(pieces(flow, seed)));
    let mut prefix = WholePrefix::new(flow.len() as u64);
    while let Some(range) = prefix.want() {
        prefix.push(&flow[range.start as usize..range.end as usize]);
    }
    assert_eq!(prefix.length(), whole_prefix(flow) as u64);
    // A file that is cut there is as long as it says.
    let cut = &flow[..whole_prefix(flow)];
    assert_eq!(whole_prefix(cut), cut.len());
}

fn read<'a>(flow: impl Iterator<Item = &'a [u8]>) -> (Vec<Piece>, Option<Error>) {
    let mut fragments = Fragments::new();
    let mut out = Vec::new();
    for piece in flow {
        fragments.push(piece);
        loop {
            match fragments.poll() {
                Ok(Some(piece)) => out.push(piece),
                Ok(None) => break,
                Err(error) => return (out, Some(error)),
            }
        }
    }
    (out, None)
}
