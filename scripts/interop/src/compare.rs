//! Says whether what was played is what was published: the same bytes, in order, in time, from a keyframe on.

use crate::flv::{Flv, Kind, Packet};

/// What a comparison asks for beyond identity.
#[derive(Copy, Clone, Debug)]
pub struct Want {
    /// How many video packets (audio ones where there is no video) must have been played at least.
    pub packets: usize,
    /// The player must have got the source to its end, but for so many last packets of each track.
    pub tail: Option<usize>,
    /// How far times may be from the source's, in ms, beyond what containers round.
    pub slack: i64,
}

impl Default for Want {
    /// Three seconds of 25 fps, up to the end but for the few packets that an interrupted recorder holds back to
    /// interleave them.
    fn default() -> Self {
        Self { packets: 75, tail: Some(8), slack: 0 }
    }
}

/// Wants every track of `played` to be a contiguous run of the same track of `source`, with equal headers, equal
/// distances in time (± 1 ms) across all tracks, rising DTS, and a keyframe as the first video packet.
///
/// # Panics
/// With the reason, when it is not so.
pub fn assert_played(source: &Flv, played: &Flv, want: Want) {
    let mut offsets = Vec::new();
    for (kind, track) in tracks(source) {
        let (from, to) = (source.track(kind, track), played.track(kind, track));
        let what = format!("{kind:?} track {track}");
        let at = assert_run(&from, &to, want, &what);
        if let (Some(sent), Some(got)) = (source.header(kind, track), played.header(kind, track)) {
            assert_eq!(sent.data, got.data, "{what}: sequence header");
            assert!(got.before < played.packets.len(), "{what}: the header comes before the media");
        }
        // ffmpeg announces AC-3 and its like with a header that says nothing: it need not be passed on.
        let says_something =
            |flv: &Flv| flv.header(kind, track).is_some_and(|header| !header.data.is_empty());
        assert_eq!(says_something(source), says_something(played), "{what} has a header");
        offsets.extend(from[at..].iter().zip(&to).flat_map(|(a, b)| [b.dts - a.dts, b.pts - a.pts]));
    }
    assert_in_time(&offsets, 2 + want.slack);
    let main = if source.track(Kind::Video, 0).is_empty() { Kind::Audio } else { Kind::Video };
    let count = played.track(main, 0).len();
    assert!(
        count >= want.packets,
        "{count} packets of {main:?} were played, at least {} are wanted",
        want.packets
    );
}

/// The same for what went through another container: it words its headers in its own way, and may count sound by samples.
/// Only the tracks of these kinds are looked at.
///
/// # Panics
/// With the reason, when it is not so.
pub fn assert_carried(source: &Flv, played: &Flv, kinds: &[Kind], want: Want) {
    let mut offsets = Vec::new();
    for (kind, track) in tracks(source).into_iter().filter(|(kind, _)| kinds.contains(kind)) {
        let (from, to) = (source.track(kind, track), played.track(kind, track));
        let at = assert_run(&from, &to, want, &format!("{kind:?} track {track}"));
        offsets.extend(from[at..].iter().zip(&to).flat_map(|(a, b)| [b.dts - a.dts, b.pts - a.pts]));
    }
    assert_in_time(&offsets, 4 + want.slack);
    let count = played.track(kinds[0], 0).len();
    assert!(count >= want.packets, "{count} packets were played, at least {} are wanted", want.packets);
}

/// Wants the sound of `played` to be a run of the source's bytes, at least so many, wherever the packets are cut.
///
/// # Panics
/// With the reason, when it is not so.
pub fn assert_sound(source: &Flv, played: &Flv, least: usize) {
    let bytes = |flv: &Flv| -> Vec<u8> {
        flv.track(Kind::Audio, 0).iter().flat_map(|packet| packet.data.iter().copied()).collect()
    };
    let (from, to) = (bytes(source), bytes(played));
    assert!(to.len() >= least, "{} bytes of sound were played, at least {least} are wanted", to.len());
    assert!(
        from.windows(to.len()).any(|run| run == to),
        "the sound that was played is no run of the source's"
    );
}

/// Wants `to` to be a run of `from` up to its end; gives where it begins.
fn assert_run(from: &[&Packet], to: &[&Packet], want: Want, what: &str) -> usize {
    let at = contiguous_run(from, to, what);
    assert!(to[0].kind == Kind::Audio || to[0].key, "{what} starts with a keyframe: {:?}", to[0]);
    assert!(to.windows(2).all(|pair| pair[0].dts <= pair[1].dts), "{what}: DTS never falls");
    if let Some(tail) = want.tail {
        let left = from.len() - at - to.len();
        assert!(left <= tail, "{what}: {left} packets at the end of {} were not played", from.len());
    }
    at
}

/// Wants all offsets to be one constant, but for rounding.
fn assert_in_time(offsets: &[i64], slack: i64) {
    let (least, most) = (offsets.iter().min().expect("packets"), offsets.iter().max().expect("packets"));
    assert!(most - least <= slack, "times are off the source's by {least} to {most} ms, not by one constant");
}

/// Wants the video of `played` to be made of runs of the source's packets, each beginning at a keyframe, in time
/// order: what a player sees when a publisher starts over or when the player itself fell behind. The source may
/// repeat. Gives the lengths of the runs.
///
/// # Panics
/// With the reason, when it is not so.
pub fn assert_runs(source: &Flv, played: &Flv) -> Vec<usize> {
    let (from, to) = (source.track(Kind::Video, 0), played.track(Kind::Video, 0));
    assert!(to.windows(2).all(|pair| pair[0].dts <= pair[1].dts), "DTS never falls");
    let (mut runs, mut next) = (Vec::<usize>::new(), usize::MAX);
    for packet in to {
        match runs.last_mut() {
            Some(run) if from[next % from.len()].data == packet.data => *run += 1,
            _ => {
                assert!(
                    packet.key,
                    "a run starts with a keyframe: {packet:?} after runs of {runs:?} packets"
                );
                let at = from.iter().position(|sent| sent.data == packet.data);
                next = at.unwrap_or_else(|| panic!("{packet:?} is not in the source"));
                runs.push(1);
            }
        }
        next += 1;
    }
    runs
}

/// The kinds and track numbers in a file.
pub fn tracks(flv: &Flv) -> Vec<(Kind, u8)> {
    let mut tracks: Vec<(Kind, u8)> = Vec::new();
    for packet in &flv.packets {
        if !tracks.contains(&(packet.kind, packet.track)) {
            tracks.push((packet.kind, packet.track));
        }
    }
    tracks
}

/// Where in `from` the whole of `to` is found, byte for byte.
fn contiguous_run(from: &[&Packet], to: &[&Packet], what: &str) -> usize {
    assert!(!to.is_empty(), "{what}: nothing was played");
    let starts = (0..from.len()).filter(|at| from[*at].data == to[0].data);
    let mut best = (0, 0);
    for at in starts {
        let same = from[at..].iter().zip(to).take_while(|(a, b)| a.data == b.data).count();
        if same == to.len() {
            return at;
        }
        best = best.max((same, at));
    }
    let (same, at) = best;
    panic!(
        "{what}: played is no run of the source; {same} of {} packets fit from source packet {at} on, then came {:?} \
         where the source has {:?}",
        to.len(),
        to.get(same),
        from.get(at + same)
    );
}
