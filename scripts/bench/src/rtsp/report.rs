//! What a player says from time to time, so that the server knows that it is still there.
//! Follows RFC 3550 sections 6.4.2 (receiver report) and 6.5 (SDES with a CNAME, which each compound needs).

use super::track::Track;

/// What all these players are called, padded to whole words with the zeros that end the chunk.
const CNAME: &[u8; 12] = b"\x01\x09rtmpd-lod\0";

/// A compound of one report about the track and the name.
pub(super) fn receiver_report(own_ssrc: u32, track: &Track) -> Vec<u8> {
    let lost = track.sequence.tally().lost().min(0x7f_ffff) as u32;
    let mut out = vec![0x81, 201, 0, 7];
    // The fraction, jitter, and the last sender report are left at 0: nobody who is measured here looks at them.
    let words = [own_ssrc, track.ssrc, lost, track.sequence.extended_highest(), 0, 0, 0];
    out.extend(words.into_iter().flat_map(u32::to_be_bytes));
    out.extend_from_slice(&[0x81, 202, 0, 4]);
    out.extend_from_slice(&own_ssrc.to_be_bytes());
    out.extend_from_slice(CNAME);
    out
}
