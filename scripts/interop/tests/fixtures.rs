//! The published files are what the other tests take them for.

#![forbid(unsafe_code)]

use rtmpd_interop::compare::{Want, assert_played, tracks};
use rtmpd_interop::flv::{Flv, Kind};
use rtmpd_interop::media::{Media, SECONDS};

/// Codec of the video and of the audio, as FLV names them, and the number of tracks.
fn expected(media: Media) -> (Option<&'static str>, Option<&'static str>, usize) {
    match media {
        Media::H264Aac => (Some("7"), Some("10"), 2),
        Media::HevcAac => (Some("hvc1"), Some("10"), 2),
        Media::AudioOnly => (None, Some("10"), 1),
        Media::VideoOnly => (Some("7"), None, 1),
        Media::H264Alaw => (Some("7"), Some("7"), 2),
        Media::H264Mulaw => (Some("7"), Some("8"), 2),
        Media::H264Mp3 => (Some("7"), Some("2"), 2),
        Media::H264Opus => (Some("7"), Some("Opus"), 2),
        Media::H264Flac => (Some("7"), Some("fLaC"), 2),
        Media::H264Ac3 => (Some("7"), Some("ac-3"), 2),
        Media::H264Eac3 => (Some("7"), Some("ec-3"), 2),
        Media::Av1Aac => (Some("av01"), Some("10"), 2),
        Media::Vp9Aac => (Some("vp09"), Some("10"), 2),
        Media::TwoAudios => (Some("7"), Some("10"), 3),
        Media::Heavy => (Some("7"), None, 1),
    }
}

const ALL: [Media; 15] = [
    Media::H264Aac,
    Media::HevcAac,
    Media::AudioOnly,
    Media::VideoOnly,
    Media::H264Alaw,
    Media::H264Mulaw,
    Media::H264Mp3,
    Media::H264Opus,
    Media::H264Flac,
    Media::H264Ac3,
    Media::H264Eac3,
    Media::Av1Aac,
    Media::Vp9Aac,
    Media::TwoAudios,
    Media::Heavy,
];

#[test]
fn every_file_has_the_tracks_it_is_named_for() {
    for media in ALL {
        let flv = media.flv();
        let (video, audio, count) = expected(media);
        assert_eq!(tracks(&flv).len(), count, "{media:?}");
        for (kind, codec) in [(Kind::Video, video), (Kind::Audio, audio)] {
            let packets = flv.track(kind, 0);
            assert_eq!(packets.first().map(|packet| packet.codec.as_str()), codec, "{media:?}");
        }
        let keys = flv.track(Kind::Video, 0).iter().filter(|packet| packet.key).count();
        assert_eq!(
            keys,
            if video.is_some() { SECONDS as usize } else { 0 },
            "{media:?}: a keyframe every second"
        );
    }
}

#[test]
fn the_comparison_accepts_a_late_joiner_and_nothing_else() {
    let source = Media::H264Aac.flv();
    let from = source.packets.iter().skip(100).position(|packet| packet.key && packet.kind == Kind::Video);
    let mut played = source.clone();
    played.packets.drain(..100 + from.expect("a later keyframe"));
    assert_played(&source, &played, Want::default());
    let fails = |change: fn(&mut Flv)| {
        let (source, mut played) = (source.clone(), played.clone());
        change(&mut played);
        std::panic::catch_unwind(|| assert_played(&source, &played, Want::default())).is_err()
    };
    assert!(fails(|flv| flv.packets[9].data[7] ^= 1), "a changed byte");
    assert!(fails(|flv| drop(flv.packets.remove(9))), "a lost packet");
    assert!(fails(|flv| flv.packets[9].dts += 5), "a moved packet");
    assert!(fails(|flv| drop(flv.packets.remove(0))), "no keyframe first");
    assert!(fails(|flv| flv.headers.clear()), "no headers");
    assert!(fails(|flv| flv.packets.truncate(150)), "a lost end");
    assert!(!fails(|flv| flv
        .packets
        .iter_mut()
        .for_each(|packet| (packet.dts, packet.pts) = (packet.dts - 7, packet.pts - 7))));
}
