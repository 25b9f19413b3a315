//! A stream of more than an hour in simulated time, through every wrap: playlists stay true, shelves stay small.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use bytes::Bytes;
use rtmpd_core::media::{Codec, Description, Frame, Look, Packager, Shelf, Shelved, Track, TrackId};
use rtmpd_core::{Instant, StreamKey, WallClock};
use rtmpd_proto::cmaf::CmafPackager;
use rtmpd_proto::container::ts::{Demuxed, Demuxer};
use rtmpd_proto::hls::HlsPackager;
use rtmpd_proto::segment::Settings;

/// A baseline profile record with its parameter sets, 320×180.
const AVCC: &[u8] = &[
    1, 0x42, 0xC0, 0x0D, 0xFF, 0xE1, 0, 21, 0x67, 0x42, 0xC0, 0x0D, 0xDA, 0x05, 0x06, 0x7E, 0x78, 0x40, 0, 0,
    3, 0, 0x40, 0, 0, 0x0C, 0x83, 0xC5, 0x0A, 1, 0, 4, 0x68, 0xCE, 0x0F, 0xC8,
];
const HOUR_MS: i64 = 3_700_000;

fn description(revision: u32) -> Description {
    let mut video = Track::new(TrackId(1), 0, Codec::H264, 1000);
    (video.config, video.width, video.height) = (Bytes::from_static(AVCC), 320, 180);
    let mut audio = Track::new(TrackId(2), 0, Codec::Aac, 1000);
    (audio.config, audio.sample_rate, audio.channels) = (Bytes::from_static(&[0x12, 0x10]), 44_100, 2);
    Description { revision, tracks: vec![video, audio], metadata: None }
}

/// The frames of a stream that begins at `start` ms: 25 pictures a second, a keyframe every two, and sound; in ms.
fn frames(start: i64, length: i64) -> impl Iterator<Item = Frame> {
    let video = (0..length / 40).map(move |n| (start + n * 40, TrackId(1), n % 50 == 0));
    // 1024 samples each, rounded to ms as RTMP does.
    let audio = (0..length * 441 / 10_240).map(move |n| (start + (n * 10_240 + 220) / 441, TrackId(2), true));
    let mut all: Vec<(i64, TrackId, bool)> = video.chain(audio).collect();
    all.sort_unstable_by_key(|(at, track, _)| (*at, *track));
    all.into_iter().map(|(dts, track, key)| {
        let unit = if key { 0x65 } else { 0x41 };
        let data = match track {
            TrackId(1) => Bytes::from(vec![0, 0, 0, 6, unit, 0x88, 0x84, 1, 2, 3]),
            _ => Bytes::from_static(&[0x21, 0x10, 5]),
        };
        Frame { track, dts, cts: 0, offset_ns: 0, key, data }
    })
}

/// Drives a packager and hands each new state of its shelf to `see`.
fn drive(packager: &mut dyn Packager, start: i64, length: i64, see: &mut dyn FnMut(&Shelf)) -> Shelf {
    let (mut shelf, mut changes, mut packed) = (Shelf::default(), Vec::new(), Vec::new());
    let at = |dts: i64| Instant::from_millis(u64::try_from(dts - start).unwrap());
    packager.tick(at(start));
    packager.start(&description(1));
    let mut revision = 1;
    for frame in frames(start, length) {
        packager.tick(at(frame.dts));
        // A publisher returns every ten minutes.
        if frame.track == TrackId(1) && frame.dts > start && (frame.dts - start) % 600_000 == 0 {
            packager.publisher_left();
            revision += 1;
            packager.start(&description(revision));
        }
        packager.push(&frame, &mut packed);
        packager.shelve(&mut changes);
        let lists = changes
            .iter()
            .any(|change| matches!(change, Shelved::Put { name, .. } if name.ends_with("m3u8")));
        changes.drain(..).for_each(|change| shelf.apply(change));
        if lists {
            see(&shelf);
        }
    }
    packager.stream_ended();
    packager.shelve(&mut changes);
    changes.drain(..).for_each(|change| shelf.apply(change));
    shelf
}

fn text(shelf: &Shelf, name: &str) -> Option<String> {
    let Look::Found(found) = shelf.look(name, 0, 0) else { return None };
    Some(String::from_utf8(found.news().concat()).unwrap())
}

/// What a player that reads each state of a playlist learns.
#[derive(Default)]
struct Reader {
    known: BTreeSet<u64>,
    seconds: f64,
    sequence: u64,
    breaks: usize,
}

impl Reader {
    fn read(&mut self, list: &str) -> Vec<String> {
        let value = |name: &str| list.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let target: f64 = value("#EXT-X-TARGETDURATION:").unwrap().parse().unwrap();
        let sequence: u64 = value("#EXT-X-MEDIA-SEQUENCE:").unwrap().parse().unwrap();
        assert!(sequence >= self.sequence, "{list}");
        self.sequence = sequence;
        let (mut msn, mut new, mut breaks) = (sequence, Vec::new(), false);
        let lines: Vec<&str> = list.lines().collect();
        for (place, line) in lines.iter().enumerate() {
            breaks |= *line == "#EXT-X-DISCONTINUITY";
            let Some(seconds) = line.strip_prefix("#EXTINF:") else { continue };
            let seconds: f64 = seconds.trim_end_matches(',').parse().unwrap();
            assert!(seconds.round() <= target && seconds > 0.0, "{list}");
            if self.known.insert(msn) {
                self.seconds += seconds;
                self.breaks += usize::from(breaks);
                new.push(lines[place + 1].to_owned());
            }
            breaks = false;
            msn += 1;
        }
        new
    }
}

/// Where the times of a stream may begin: just below what 32 bits of ms and 33 bits of 90 kHz hold.
const STARTS: [i64; 3] = [0, (1 << 32) - 1_800_000, (1 << 33) / 90 - 1_800_000];

#[test]
fn transport_streams_through_every_wrap() {
    let key = StreamKey::new("live", "a").unwrap();
    for start in STARTS {
        let settings = Settings { wall: WallClock::new(1_790_000_000_000_000), ..Settings::default() };
        let mut packager = HlsPackager::new(settings, &key);
        let (mut reader, mut demuxer) = (Reader::default(), Demuxer::new());
        let (mut most, mut pictures, mut last) = (0, 0, None);
        let shelf = drive(&mut packager, start, HOUR_MS, &mut |shelf| {
            most = most.max(shelf.changes().len());
            let Some(list) = text(shelf, "index.m3u8") else { return };
            for uri in reader.read(&list) {
                let Look::Found(segment) = shelf.look(uri.strip_prefix("a.hls/").unwrap(), 0, 0) else {
                    panic!("{uri}")
                };
                demuxer.push(&segment.news().concat());
                while let Some(item) = demuxer.pull() {
                    let Demuxed::Frame(frame) = item else { continue };
                    if frame.track == TrackId(1) {
                        assert!(last.is_none_or(|last| frame.dts - last == 3600), "{last:?} {}", frame.dts);
                        last = Some(frame.dts);
                        pictures += 1;
                    }
                }
            }
        });
        reader.read(&text(&shelf, "index.m3u8").unwrap());
        assert!((reader.seconds - HOUR_MS as f64 / 1000.0).abs() < 0.05, "{start}: {} s", reader.seconds);
        assert_eq!(reader.breaks, 6, "a publisher came back every ten minutes");
        assert!(pictures > 92_000, "{pictures}");
        assert!(most < 300, "{most} changes make a shelf");
        assert!(text(&shelf, "index.m3u8").unwrap().ends_with("#EXT-X-ENDLIST\n"));
    }
}

#[test]
fn fragments_through_every_wrap() {
    let key = StreamKey::new("live", "a").unwrap();
    for start in STARTS {
        let settings = Settings { wall: WallClock::new(1_790_000_000_000_000), ..Settings::default() };
        let mut packager = CmafPackager::new(settings, &key);
        let (mut video, mut audio, mut most) = (Reader::default(), Reader::default(), 0);
        let shelf = drive(&mut packager, start, HOUR_MS, &mut |shelf| {
            most = most.max(shelf.changes().len());
            for (name, reader) in [("v0.m3u8", &mut video), ("a0.m3u8", &mut audio)] {
                if let Some(list) = text(shelf, name) {
                    for uri in reader.read(&list) {
                        assert!(matches!(shelf.look(&uri, 0, 0), Look::Found(_)), "{uri}");
                    }
                }
            }
        });
        for (name, reader) in [("v0.m3u8", &mut video), ("a0.m3u8", &mut audio)] {
            reader.read(&text(&shelf, name).unwrap());
            let off = reader.seconds - HOUR_MS as f64 / 1000.0;
            // Sound is counted by its samples between two publishers: a frame may overlap where they meet.
            assert!(off.abs() < 0.05 * 7.0, "{start} {name}: {} s", reader.seconds);
            assert_eq!(reader.breaks, 6, "{name}");
        }
        assert!(most < 1100, "{most} changes make a shelf");
        let manifest = text(&shelf, "index.mpd").unwrap();
        assert!(manifest.contains("mediaPresentationDuration") && !manifest.contains("minimumUpdatePeriod"));
    }
}
