//! What the tables and elementary streams of other senders look like.

use bytes::BufMut;

use super::*;
use crate::container::ts::tables::crc32;

/// A section with its checksum.
fn section(table: u8, id: u16, version: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![table];
    out.put_u16(0xB000 | (content.len() + 9) as u16);
    out.put_u16(id);
    out.put_slice(&[0xC1 | version << 1, 0, 0]);
    out.put_slice(content);
    let sum = crc32(&out);
    out.put_u32(sum);
    out
}

fn pat(programs: &[(u16, u16)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (number, pid) in programs {
        content.put_u16(*number);
        content.put_u16(0xE000 | pid);
    }
    section(0, 1, 0, &content)
}

fn pmt(program: u16, version: u8, streams: &[(u8, u16, &[u8])]) -> Vec<u8> {
    let mut content = vec![0xE1, 0, 0xF0, 0];
    for (kind, pid, descriptors) in streams {
        content.put_u8(*kind);
        content.put_u16(0xE000 | pid);
        content.put_u16(0xF000 | descriptors.len() as u16);
        content.put_slice(descriptors);
    }
    section(2, program, version, &content)
}

/// Writes packets with their counters.
#[derive(Default)]
pub(super) struct Sender {
    pub(super) out: Vec<u8>,
    counters: std::collections::BTreeMap<u16, u8>,
}

impl Sender {
    /// `data` in packets, each with at most `most` bytes of it.
    pub(super) fn send(&mut self, pid: u16, data: &[u8], most: usize) {
        for (index, piece) in data.chunks(most.min(184)).enumerate() {
            let counter = self.counters.entry(pid).or_default();
            let start = if index == 0 { 0x40 } else { 0 };
            let fill = 184 - piece.len();
            let control = if fill > 0 { 0x30 } else { 0x10 };
            self.out.put_slice(&[0x47, start | (pid >> 8) as u8, pid as u8, control | *counter]);
            *counter = (*counter + 1) & 0x0F;
            if fill > 0 {
                self.out.put_u8((fill - 1) as u8);
                if fill > 1 {
                    self.out.put_u8(0);
                    self.out.put_bytes(0xFF, fill - 2);
                }
            }
            self.out.put_slice(piece);
        }
    }

    fn section(&mut self, pid: u16, section: &[u8], most: usize) {
        self.send(pid, &[&[0], section].concat(), most);
    }

    pub(super) fn tables(&mut self, streams: &[(u8, u16, &[u8])]) {
        self.section(0, &pat(&[(1, 0x20)]), 184);
        self.section(0x20, &pmt(1, 0, streams), 184);
    }

    /// A PES packet; its length is told when `bounded`.
    pub(super) fn pes(&mut self, pid: u16, stream_id: u8, pts: Option<i64>, bounded: bool, data: &[u8]) {
        let mut out = vec![0, 0, 1, stream_id];
        let times = if pts.is_some() { 5 } else { 0 };
        out.put_u16(if bounded { (data.len() + 3 + times) as u16 } else { 0 });
        out.put_slice(&[0x80, if pts.is_some() { 0x80 } else { 0 }, times as u8]);
        if let Some(pts) = pts {
            let pts = pts as u64;
            out.put_u8(0x21 | (pts >> 29) as u8 & 0x0E);
            out.put_u16((pts >> 14) as u16 | 1);
            out.put_u16((pts << 1) as u16 | 1);
        }
        out.put_slice(data);
        self.send(pid, &out, 184);
    }

    pub(super) fn demuxed(&self) -> Demuxing {
        Demuxing::of([&self.out[..]])
    }
}

/// NAL units behind start codes of three bytes.
pub(super) fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 1][..], unit].concat()).collect()
}

const IDR: &[u8] = &[0x65, 0x88, 0x84];
const P: &[u8] = &[0x41, 0x9A, 0x11];
/// A slice of a picture that has begun.
const MORE: &[u8] = &[0x41, 0x1A, 0x11];
const VIDEO: (u8, u16, &[u8]) = (0x1B, 0x100, &[]);

/// An ADTS frame of 48 kHz stereo.
fn adts(payload: &[u8]) -> Vec<u8> {
    let length = payload.len() + 7;
    let head = [
        0xFF,
        0xF1,
        0x4C,
        0x80 | (length >> 11) as u8,
        (length >> 3) as u8,
        (length << 5) as u8 | 0x1F,
        0xFC,
    ];
    [&head, payload].concat()
}

fn times(frames: &[Frame]) -> Vec<i64> {
    frames.iter().map(|frame| frame.dts).collect()
}

#[test]
fn tables_over_several_packets_and_with_pointers() {
    let mut sender = Sender::default();
    sender.section(0, &pat(&[(0, 0x10), (7, 0x30)]), 5);
    // Three sections follow each other; the second begins in the packet in which the first ends.
    let long = pmt(7, 0, &[(0x1B, 0x100, &[0x52; 180]), (0x0F, 0x101, &[])]);
    let (front, back) = long.split_at(183);
    sender.send(0x30, &[&[0], front].concat(), 184);
    let other = section(0x72, 7, 0, &[1, 2, 3]);
    sender.send(0x30, &[&[back.len() as u8], back, &other, &[0xFF; 20]].concat(), 184);
    sender.pes(0x101, 0xC0, Some(0), true, &adts(&[1, 2]));
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, IDR]));
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.descriptions[0].to_string(), "h264 176x144 + aac 48000 Hz 2 ch");
    assert_eq!(demuxed.frames.len(), 2);
    assert_eq!(demuxed.counts.bad_sections, 0);
}

#[test]
fn wrong_checksums_are_counted() {
    let mut sender = Sender::default();
    let mut wrong = pat(&[(1, 0x20)]);
    wrong[9] ^= 1;
    sender.section(0, &wrong, 184);
    sender.section(0x20, &pmt(1, 0, &[VIDEO]), 184);
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, IDR]));
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.counts.bad_sections, 1);
    assert_eq!(demuxed.notes, ["table with a wrong checksum or length left out"]);
    assert!(demuxed.frames.is_empty());
}

#[test]
fn the_first_program_with_media_is_taken() {
    let mut sender = Sender::default();
    sender.section(0, &pat(&[(1, 0x20), (2, 0x21), (3, 0x22)]), 184);
    sender.section(0x20, &pmt(1, 0, &[(0x86, 0x90, &[])]), 184);
    sender.section(0x21, &pmt(2, 0, &[VIDEO]), 184);
    sender.section(0x22, &pmt(3, 0, &[(0x1B, 0x200, &[])]), 184);
    sender.pes(0x200, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, P]));
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, IDR]));
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.frames.len(), 1);
    assert!(demuxed.frames[0].key);
    assert_eq!(
        demuxed.notes,
        [
            "3 programs in the transport stream: the first with sound or pictures is taken",
            "cue messages (SCTE 35) passed over"
        ]
    );
}

#[test]
fn kinds_by_their_descriptors() {
    let of = |kind, descriptors: &[u8]| {
        let mut sender = Sender::default();
        sender.tables(&[(kind, 0x100, descriptors)]);
        sender.pes(0x100, 0xBD, Some(0), true, &[0x0B, 0x77, 0x6B, 0xF1, 0x08, 0x40, 0x2F, 0x84].repeat(32));
        let demuxed = sender.demuxed();
        demuxed.descriptions.first().map_or_else(|| demuxed.notes.join(", "), |tracks| tracks.to_string())
    };
    assert_eq!(of(0x81, &[]), "ac3 48000 Hz 1 ch");
    assert_eq!(of(0x06, &[0x6A, 1, 0]), "ac3 48000 Hz 1 ch");
    assert_eq!(of(0x06, b"\x05\x04AC-3"), "ac3 48000 Hz 1 ch");
    assert_eq!(of(0x06, b"\x05\x04AV01\x80\x04\x81\0\0\0"), "AV1 is not carried: left out");
    assert_eq!(of(0x06, b"\x05\x04KLVA"), "KLV metadata passed over");
    assert_eq!(of(0x06, &[]), "private data passed over");
    assert_eq!(of(0x06, &[0x05, 9, 1]), "private data passed over", "cut off");
    assert_eq!(of(0x15, &[]), "timed metadata (ID3, KLV) passed over");
    assert_eq!(of(0x02, &[]), "MPEG-1 or MPEG-2 video is not carried: left out");
}

#[test]
fn packets_of_192_and_204_bytes() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, IDR]));
    sender.pes(0x100, 0xE0, Some(3_600), true, &annex_b(&[P]));
    let plain = sender.demuxed();
    assert_eq!(plain.frames.len(), 2);
    let with = |before: usize, behind: usize| {
        let packets = sender.out.chunks(188);
        let wide: Vec<u8> =
            packets.flat_map(|it| [&vec![1; before][..], it, &vec![2; behind]].concat()).collect();
        Demuxing::of(wide.chunks(50))
    };
    assert_eq!(with(4, 0), plain);
    assert_eq!(with(0, 16), plain);
    // Something else in front, and behind.
    let dirty = [&b"GET\r\n\r\n\x47"[..], &sender.out, &[0x47; 7]].concat();
    assert_eq!(Demuxing::of(dirty.chunks(1)).frames, plain.frames);
}

#[test]
fn access_units_in_one_packet() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[&[9, 0x10], SPS, PPS, IDR]));
    sender.pes(
        0x100,
        0xE0,
        Some(3_000),
        true,
        &annex_b(&[&[9, 0x30], P, MORE, &[9, 0x30], P, &[6, 5, 1, 9], P]),
    );
    sender.pes(0x100, 0xE0, Some(12_000), true, &annex_b(&[&[9, 0x30], P]));
    let demuxed = sender.demuxed();
    assert_eq!(times(&demuxed.frames), [0, 3_000, 6_000, 9_000, 12_000]);
    assert_eq!(demuxed.frames[0], picture(0, 0, &[IDR]), "delimiters and sets are gone");
    assert_eq!(demuxed.frames[1].data, picture(0, 0, &[P, MORE]).data);
    assert_eq!(demuxed.frames[3].data, picture(0, 0, &[&[6, 5, 1, 9], P]).data);
    assert_eq!(demuxed.notes, ["several pictures in a PES packet: times are estimated"]);
}

#[test]
fn fields_of_a_frame_stay_together() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    // Main profile with fields; frame_num 2, top and bottom field; frame_num 3.
    let sps: &[u8] = &[0x67, 0x4D, 0x40, 0x1E, 0xDA, 0x0B, 0x29, 0x20];
    let (top, bottom, next): (&[u8], &[u8], &[u8]) =
        (&[0x65, 0x9A, 0x50, 1], &[0x41, 0x9A, 0x58, 1], &[0x41, 0x9A, 0x70, 1]);
    let delimiter: &[u8] = &[9, 0xF0];
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[delimiter, sps, PPS, top, delimiter, bottom, next]));
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.frames, [picture(0, 0, &[top, bottom]), picture(3_600, 0, &[next])]);
}

#[test]
fn access_units_over_several_packets() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    let large = [&[0x65, 0x88][..], &[0x55; 70_000]].concat();
    let bytes = annex_b(&[SPS, PPS, &large]);
    let (front, back) = bytes.split_at(65_000);
    sender.pes(0x100, 0xE0, Some(0), true, front);
    sender.pes(0x100, 0xE0, None, true, back);
    sender.pes(0x100, 0xE0, Some(3_600), true, &annex_b(&[P]));
    sender.pes(0x100, 0xE0, None, true, &annex_b(&[MORE]));
    sender.pes(0x100, 0xE0, Some(7_200), true, &annex_b(&[P]));
    let demuxed = sender.demuxed();
    assert_eq!(
        demuxed.frames,
        [picture(0, 0, &[&large]), picture(3_600, 0, &[P, MORE]), picture(7_200, 0, &[P])]
    );
    assert_eq!(demuxed.counts.lost_units, 0);
}

#[test]
fn pictures_without_times_follow_the_others() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    for (pts, unit) in [(None, P), (Some(0), IDR), (Some(3_000), P), (None, P), (Some(9_000), P)] {
        sender.pes(0x100, 0xE0, pts, true, &annex_b(&[&[9, 0x10], SPS, PPS, unit]));
    }
    assert_eq!(times(&sender.demuxed().frames), [0, 3_000, 6_000, 9_000]);
}

#[test]
fn new_parameters_make_a_new_description() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    let other: &[u8] = &[0x68, 0xEE, 0x3C, 0x80];
    for (pts, sets, unit) in [(0, PPS, IDR), (1, PPS, P), (2, other, P), (3, other, IDR), (4, other, P)] {
        sender.pes(0x100, 0xE0, Some(pts), true, &annex_b(&[SPS, sets, unit]));
    }
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.descriptions.len(), 2);
    let config = |at: usize| &demuxed.descriptions[at].tracks[0].config;
    assert_eq!(*config(0), h264_track().config);
    assert_eq!(*config(1), crate::codec::h264::write_record(&[SPS, other]).unwrap());
    // Between keyframes, a set stays with its picture.
    assert_eq!(demuxed.frames[2], picture(2, 0, &[other, P]));
    assert_eq!(demuxed.frames[4], picture(4, 0, &[P]));
}

#[test]
fn recovery_points_are_keyframes_when_there_is_nothing_better() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    let recovery: &[u8] = &[6, 6, 1, 0xC4, 0x80];
    // slice_type 7 is I: ue(0), ue(7)
    let intra: &[u8] = &[0x41, 0x88, 0x84, 0x21];
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, IDR]));
    for second in 1..5 {
        sender.pes(0x100, 0xE0, Some(second * 90_000), true, &annex_b(&[recovery, intra]));
        sender.pes(0x100, 0xE0, Some(second * 90_000 + 3_600), true, &annex_b(&[recovery, P]));
    }
    let demuxed = sender.demuxed();
    let keys: Vec<_> =
        demuxed.frames.iter().filter(|frame| frame.key).map(|frame| frame.dts / 90_000).collect();
    assert_eq!(keys, [0, 2, 3, 4]);
    assert_eq!(demuxed.notes, ["no IDR picture for a while: recovery points are taken as keyframes"]);
}

#[test]
fn sound_frames_over_packets() {
    let mut sender = Sender::default();
    sender.tables(&[(0x0F, 0x101, &[])]);
    let frames: Vec<Vec<u8>> = (1..8).map(|n| vec![n; 90 + usize::from(n)]).collect();
    let bytes: Vec<u8> = frames.iter().flat_map(|frame| adts(frame)).collect();
    // The second packet begins within a frame: its time is that of the next one.
    sender.pes(0x101, 0xC0, Some(0), true, &bytes[..250]);
    sender.pes(0x101, 0xC0, Some(5_770), true, &bytes[250..]);
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.frames.iter().map(|frame| frame.data.to_vec()).collect::<Vec<_>>(), frames);
    assert_eq!(times(&demuxed.frames), [0, 1_920, 3_840, 5_770, 7_690, 9_610, 11_530]);
    assert_eq!(demuxed.descriptions[0].tracks[0].config, aac_track().config);
}

#[test]
fn sound_is_found_again() {
    let mut sender = Sender::default();
    sender.tables(&[(0x0F, 0x101, &[])]);
    // What looks like a head but is none: no other follows it.
    let bytes =
        [&[0xFF, 0xF1, 0x4C, 0x80, 2, 0x1F, 0xFC, 9][..], &[3; 9], &adts(&[1; 20]), &adts(&[2; 20])].concat();
    sender.pes(0x101, 0xC0, Some(0), true, &bytes);
    sender.pes(0x101, 0xC0, Some(9_000), true, &[&[7; 30][..], &adts(&[3; 20])].concat());
    let demuxed = sender.demuxed();
    assert_eq!(times(&demuxed.frames), [0, 1_920, 9_000]);
    assert_eq!(demuxed.counts.lost_units, 1);
}

#[test]
fn opus_with_trimming_and_extensions() {
    let mut sender = Sender::default();
    sender.tables(&[(0x06, 0x101, b"\x05\x04Opus\x7F\x02\x80\x02")]);
    let one = [&[0x7F, 0xF4, 3, 0, 9, 2, 8, 8][..], &[0xFC, 1, 2]].concat();
    let two = [&[0x7F, 0xE0, 255, 1][..], &[0xFC; 256]].concat();
    sender.pes(0x101, 0xBD, Some(0), true, &[one, two].concat());
    sender.pes(0x101, 0xBD, Some(5_000), true, &[0x7F, 0xE0, 9, 1]);
    sender.pes(0x101, 0xBD, Some(6_000), true, &[0x11, 0xE0, 1, 1]);
    let demuxed = sender.demuxed();
    assert_eq!(demuxed.frames, [sound(0, &[0xFC, 1, 2][..]), sound(1_800, vec![0xFC; 256])]);
    assert_eq!(demuxed.descriptions[0].tracks, [opus_track()]);
    assert_eq!(demuxed.counts.lost_units, 2);
}

#[test]
fn layer_two_is_told_and_not_waited_for() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO, (0x03, 0x101, &[])]);
    sender.pes(0x101, 0xC0, Some(0), true, &[0xFF, 0xFD, 0x84, 0x04].repeat(100));
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, IDR]));
    let mut demuxer = Demuxer::new();
    demuxer.push(&sender.out);
    let mut demuxing = Demuxing::default();
    demuxing.drain(&mut demuxer);
    assert_eq!(demuxing.frames.len(), 1);
    assert_eq!(demuxing.notes, ["MPEG audio of layer I or II is not carried: left out"]);
}

#[test]
fn a_silent_track_is_waited_for_two_seconds() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO, (0x0F, 0x101, &[])]);
    let mut demuxer = Demuxer::new();
    let mut demuxing = Demuxing::default();
    for n in 0..60 {
        let units: &[&[u8]] = if n == 0 { &[SPS, PPS, IDR] } else { &[P] };
        sender.pes(0x100, 0xE0, Some(n * 3_600), true, &annex_b(units));
        demuxer.push(&std::mem::take(&mut sender.out));
        demuxing.drain(&mut demuxer);
        assert_eq!(demuxing.frames.len(), if n < 50 { 0 } else { n as usize + 1 });
    }
    assert_eq!(demuxing.descriptions[0].to_string(), "h264 176x144");
    assert_eq!(demuxing.notes, ["a track that the tables announce sends nothing: going on without it"]);
    sender.pes(0x101, 0xC0, Some(60 * 3_600), true, &adts(&[1; 9]));
    demuxer.push(&sender.out);
    demuxing.drain(&mut demuxer);
    assert_eq!(demuxing.descriptions[1].to_string(), "h264 176x144 + aac 48000 Hz 2 ch");
}

#[test]
fn tracks_come_and_go() {
    let mut sender = Sender::default();
    sender.tables(&[VIDEO]);
    sender.pes(0x100, 0xE0, Some(0), true, &annex_b(&[SPS, PPS, IDR]));
    sender.section(0x20, &pmt(1, 1, &[VIDEO, (0x0F, 0x101, &[])]), 184);
    sender.pes(0x100, 0xE0, Some(3_600), true, &annex_b(&[P]));
    sender.pes(0x101, 0xC0, Some(3_600), true, &adts(&[1; 9]));
    sender.section(0x20, &pmt(1, 2, &[(0x0F, 0x101, &[])]), 184);
    sender.pes(0x101, 0xC0, Some(5_520), true, &adts(&[1; 9]));
    let demuxed = sender.demuxed();
    let told: Vec<_> = demuxed.descriptions.iter().map(|tracks| tracks.to_string()).collect();
    assert_eq!(
        told,
        ["h264 176x144", "h264 176x144", "h264 176x144 + aac 48000 Hz 2 ch", "aac 48000 Hz 2 ch"]
    );
    assert_eq!(demuxed.frames.len(), 4);
}
