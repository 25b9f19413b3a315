//! What an edit list does to a track's times, as far as players follow it: an empty edit in front delays it, and the
//! first real one says which time of the media is zero. Spec: ISO/IEC 14496-12 §8.6.6.

use rtmpd_core::Error;
use rtmpd_core::media::timebase::rescale;

use super::boxes::{Boxes, full};
use crate::bytes::Reader;

/// What is to be added to all times of a track, in its timescale. `movie`: the timescale of the movie.
///
/// # Errors
/// When a box is malformed.
pub(super) fn shift(trak: &[u8], movie: u32, timescale: u32) -> Result<i64, Error> {
    let Some(edts) = Boxes::new(trak).find(b"edts")? else { return Ok(0) };
    let Some(elst) = Boxes::new(edts).find(b"elst")? else { return Ok(0) };
    let (version, _, mut reader) = full(b"elst", elst)?;
    let mut delay = 0_i64;
    for _ in 0..reader.u32().unwrap_or(0) {
        let Some((duration, media_time)) = entry(&mut reader, version) else { break };
        if media_time >= 0 {
            return Ok(delay.saturating_sub(media_time));
        }
        delay = delay.saturating_add(rescale(duration, movie, timescale));
    }
    // Nothing of it is to be seen; players play it all the same.
    Ok(0)
}

fn entry(reader: &mut Reader<'_>, version: u8) -> Option<(i64, i64)> {
    let pair = if version == 1 {
        (i64::try_from(reader.u64()?).ok()?, reader.u64()? as i64)
    } else {
        (i64::from(reader.u32()?), i64::from(reader.u32()? as i32))
    };
    reader.u32()?; // rate
    Some(pair)
}
