//! Manifests, word for word.

use rtmpd_core::media::Kind;

use crate::dash::{Era, Lane, Manifest, Representation, render};
use crate::segment::{Part, Settings, Window};

/// 2024-06-01T12:00:00Z.
const NOON: i64 = 1_717_243_200_000_000;

fn era(number: u32, start: i64) -> Era {
    let video = Representation {
        label: "v0".into(),
        init: format!("v0-init{number}.mp4"),
        codec: Some("avc1.64000a".into()),
        size: (176, 144),
        sample_rate: 0,
        channels: 0,
    };
    let audio = Representation {
        label: "a0".into(),
        init: format!("a0-init{number}.mp4"),
        codec: Some("mp4a.40.2".into()),
        size: (0, 0),
        sample_rate: 48_000,
        channels: 2,
    };
    let date = NOON + start * 100 / 9;
    Era { number, start, date, representations: vec![video, audio] }
}

/// Adds a segment of so many seconds.
fn add(window: &mut Window, scale: u32, (base, length): (u64, u64), era: u32) {
    let scale = u64::from(scale);
    window.open(NOON, base * scale, era, false);
    let part = Part { duration: length as i64 * 90_000, independent: true };
    window.add(part, length * scale, 1000);
}

fn windows() -> [Window; 2] {
    [90_000, 48_000].map(|scale| {
        let mut window = Window::new(100, 20, 2, 22_500);
        for number in 0..2 {
            add(&mut window, scale, (10 + number * 2, 2), 1);
            window.close();
        }
        window
    })
}

fn text([video, audio]: &[Window; 2], eras: &[Era]) -> String {
    let lanes = [
        Lane { label: "v0", kind: Kind::Video, window: video, scale: 90_000, rate: 1_000_000 },
        Lane { label: "a0", kind: Kind::Audio, window: audio, scale: 48_000, rate: 64_000 },
    ];
    let settings = Settings::default();
    let (origin, now) = (NOON, NOON + 15_000_000);
    render(&Manifest { settings: &settings, base: "cam.cmaf/", origin, now, eras, lanes: &lanes })
}

#[test]
fn a_live_manifest() {
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" profiles="urn:mpeg:dash:profile:isoff-live:2011" availabilityStartTime="2024-06-01T12:00:00.000Z" publishTime="2024-06-01T12:00:15.000Z" minimumUpdatePeriod="PT1S" timeShiftBufferDepth="PT24S" maxSegmentDuration="PT2S" minBufferTime="PT1S" suggestedPresentationDelay="PT4S">
<ServiceDescription id="0"><Latency referenceId="0" target="1500" min="500" max="6000"/><PlaybackRate min="0.96" max="1.04"/></ServiceDescription>
<Period id="1" start="PT10.000S">
<AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
<ProducerReferenceTime id="0" type="encoder" wallClockTime="2024-06-01T12:00:10.000Z" presentationTime="900000"><UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/api/time"/></ProducerReferenceTime>
<SegmentTemplate timescale="90000" presentationTimeOffset="900000" media="cam.cmaf/$RepresentationID$-$Number$.m4s" initialization="cam.cmaf/$RepresentationID$-init1.mp4" startNumber="100" availabilityTimeOffset="1.750" availabilityTimeComplete="false">
<SegmentTimeline><S t="900000" d="180000"/><S d="180000"/><S d="180000"/></SegmentTimeline></SegmentTemplate>
<Representation id="v0" bandwidth="1000000" codecs="avc1.64000a" width="176" height="144"/>
</AdaptationSet>
<AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" segmentAlignment="true" startWithSAP="1">
<ProducerReferenceTime id="0" type="encoder" wallClockTime="2024-06-01T12:00:10.000Z" presentationTime="480000"><UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/api/time"/></ProducerReferenceTime>
<SegmentTemplate timescale="48000" presentationTimeOffset="480000" media="cam.cmaf/$RepresentationID$-$Number$.m4s" initialization="cam.cmaf/$RepresentationID$-init1.mp4" startNumber="100" availabilityTimeOffset="1.750" availabilityTimeComplete="false">
<SegmentTimeline><S t="480000" d="96000"/><S d="96000"/><S d="96000"/></SegmentTimeline></SegmentTemplate>
<Representation id="a0" bandwidth="64000" codecs="mp4a.40.2" audioSamplingRate="48000"><AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/></Representation>
</AdaptationSet>
</Period>
<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/api/time"/>
</MPD>
"#;
    assert_eq!(text(&windows(), &[era(1, 900_000)]), expected);
}

#[test]
fn a_manifest_that_has_ended() {
    let mut windows = windows();
    windows.iter_mut().for_each(Window::end);
    let text = text(&windows, &[era(1, 900_000)]);
    // Nothing is predicted any more, and nobody needs to come back.
    assert!(text.contains("<S t=\"900000\" d=\"180000\"/><S d=\"180000\"/></SegmentTimeline>"), "{text}");
    assert!(text.contains("mediaPresentationDuration=\"PT14.000S\""), "{text}");
    for gone in ["minimumUpdatePeriod", "availabilityTimeOffset", "\n<UTCTiming"] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
}

#[test]
fn the_segment_that_is_being_made_is_listed_as_long_as_its_neighbour() {
    let [mut video, audio] = windows();
    add(&mut video, 90_000, (14, 1), 1);
    let text = text(&[video, audio], &[era(1, 900_000)]);
    let timeline = "<S t=\"900000\" d=\"180000\"/><S d=\"180000\"/><S d=\"180000\"/></SegmentTimeline>";
    assert!(text.contains(timeline), "{text}");
    let [mut video, audio] = windows();
    // Unless it is longer already.
    add(&mut video, 90_000, (14, 5), 1);
    let text = self::text(&[video, audio], &[era(1, 900_000)]);
    assert!(text.contains("<S d=\"180000\"/><S d=\"450000\"/></SegmentTimeline>"), "{text}");
}

#[test]
fn each_era_is_a_period() {
    let mut windows = windows();
    for (window, scale) in windows.iter_mut().zip([90_000, 48_000]) {
        add(window, scale, (20, 2), 2);
        window.close();
    }
    let eras = [era(1, 900_000), era(2, 1_800_000), era(3, 2_700_000)];
    let text = text(&windows, &eras);
    let periods: Vec<&str> = text.split("<Period ").skip(1).collect();
    // The third has no segment yet.
    let [first, second] = &periods[..] else { panic!("{text}") };
    assert!(first.starts_with("id=\"1\" start=\"PT10.000S\""), "{first}");
    assert!(second.starts_with("id=\"2\" start=\"PT20.000S\""), "{second}");
    assert!(first.contains("startNumber=\"100\"") && second.contains("startNumber=\"102\""), "{text}");
    assert!(first.contains("-init1.mp4") && second.contains("-init2.mp4"), "{text}");
    // Of what is over nothing more is expected.
    assert!(first.contains("<S t=\"900000\" d=\"180000\"/><S d=\"180000\"/></SegmentTimeline>"), "{first}");
    assert!(!first.contains("ProducerReferenceTime") && second.contains("ProducerReferenceTime"), "{text}");
}

#[test]
fn gaps_are_told() {
    let [mut video, audio] = windows();
    add(&mut video, 90_000, (17, 2), 1);
    video.close();
    let text = text(&[video, audio], &[era(1, 900_000)]);
    assert!(text.contains("<S d=\"180000\"/><S t=\"1530000\" d=\"180000\"/><S d=\"180000\"/>"), "{text}");
}
