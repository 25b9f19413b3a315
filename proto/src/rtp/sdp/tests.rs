use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use proptest::prelude::*;
use rtmpd_core::media::{Codec, Description, Kind, Metadata, Track, TrackId, Value};

use super::*;
use crate::rtp::payload::Depacketizer;
use crate::rtp::{carried, payload_type};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

fn session(text: &str) -> Session {
    Session::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Kind, payload type, encoding, clock rate, channels, control and the names of the parameters.
fn short(media: &Media) -> String {
    let Media { kind, payload_type, format, control, .. } = media;
    let names: Vec<&str> = format.parameters.iter().map(|(name, _)| name.as_str()).collect();
    format!(
        "{kind} {payload_type} {}/{}/{} {} [{}]",
        format.encoding,
        format.clock_rate,
        format.channels,
        control.as_deref().unwrap_or("-"),
        names.join(" ")
    )
}

/// What each says of its tracks, and how many of them can be taken.
const SENT: &[(&str, &str, &[&str], usize)] = &[
    (
        "ffmpeg 5.1, ANNOUNCE",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=No Name\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         a=tool:libavformat LIBAVFORMAT_VERSION\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
         a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z/QAC5GWgUGfjcBEAAADAAQAAAMAUDxQqoA=,aM4PGSA=; \
         profile-level-id=F4000B\r\na=control:streamid=0\r\nm=audio 0 RTP/AVP 97\r\nb=AS:69\r\n\
         a=rtpmap:97 MPEG4-GENERIC/44100/1\r\na=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;\
         indexlength=3;indexdeltalength=3; config=120856E500\r\na=control:streamid=1\r\n",
        &[
            "video 96 H264/90000/0 streamid=0 [packetization-mode sprop-parameter-sets profile-level-id]",
            "audio 97 MPEG4-GENERIC/44100/1 streamid=1 \
             [profile-level-id mode sizelength indexlength indexdeltalength config]",
        ],
        2,
    ),
    (
        "ffmpeg 5.1: H.265 and Opus",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=No Name\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
         a=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps=QAEMAf//BAgAAAMAnggAAAMAADyVlAk=; \
         sprop-sps=QgEBBAgAAAMAnggAAAMAADyQAUEBg+NyysqUmF4C3AgIABAAAAMAEAAAAwCggA==; sprop-pps=RAHAcxgwGJA=\r\n\
         a=control:streamid=0\r\nm=audio 0 RTP/AVP 97\r\nb=AS:64\r\na=rtpmap:97 opus/48000/2\r\na=control:streamid=1\r\n",
        &[
            "video 96 H265/90000/0 streamid=0 [sprop-vps sprop-sps sprop-pps]",
            "audio 97 opus/48000/2 streamid=1 []",
        ],
        2,
    ),
    (
        "ffmpeg 5.1: static payload types have no rtpmap",
        "v=0\r\nm=video 0 RTP/AVP 26\r\nb=AS:200\r\na=control:streamid=0\r\nm=audio 0 RTP/AVP 14\r\na=control:streamid=1\r\n\
         m=audio 0 RTP/AVP 8\r\nb=AS:64\r\na=control:streamid=2\r\nm=audio 0 RTP/AVP 0\r\na=control:streamid=3\r\n",
        &[
            "video 26 JPEG/90000/0 streamid=0 []",
            "audio 14 MPA/90000/0 streamid=1 []",
            "audio 8 PCMA/8000/1 streamid=2 []",
            "audio 0 PCMU/8000/1 streamid=3 []",
        ],
        3,
    ),
    (
        "GStreamer 1.22, rtspclientsink: sound first, numbers of their own",
        "v=0\r\no=- 1556967645 1 IN IP4 127.0.0.1\r\ns=Session streamed with GStreamer\r\ni=rtspclientsink\r\nt=0 0\r\n\
         a=tool:GStreamer\r\nm=audio 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:64\r\na=rtpmap:96 OPUS/48000/2\r\n\
         a=fmtp:96 sprop-stereo=0;sprop-maxcapturerate=48000\r\na=control:stream=1\r\na=ts-refclk:local\r\n\
         a=mediaclk:sender\r\na=ssrc:2225739147 cname:user1490239428@host-c9034281\r\nm=video 0 RTP/AVP 99\r\n\
         c=IN IP4 0.0.0.0\r\nb=AS:2097\r\na=rtpmap:99 H264/90000\r\na=framerate:30\r\n\
         a=fmtp:99 packetization-mode=1;sprop-parameter-sets=Z/QADZGWQFB+wFqDAwMgAAADACAAAAeR4oVJ,aOvMRIRA;\
         profile-level-id=f4000d;level-asymmetry-allowed=1\r\na=control:stream=0\r\n",
        &[
            "audio 96 OPUS/48000/2 stream=1 [sprop-stereo sprop-maxcapturerate]",
            "video 99 H264/90000/0 stream=0 \
             [packetization-mode sprop-parameter-sets profile-level-id level-asymmetry-allowed]",
        ],
        2,
    ),
    (
        "Hikvision: absolute control URLs, a header of its own, metadata",
        "v=0\r\no=- 1109162014219182 1109162014219192 IN IP4 x.y.z.w\r\ns=Media Presentation\r\ne=NONE\r\nb=AS:5100\r\n\
         t=0 0\r\na=control:rtsp://192.168.1.64:554/Streaming/Channels/101/\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\n\
         b=AS:5000\r\na=recvonly\r\na=x-dimensions:1920,1080\r\n\
         a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=1\r\na=rtpmap:96 H264/90000\r\n\
         a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z01AKI2NQDwBE/LgLcBAQFAAAD6AAAw1DoYACYFAABfXgu8uNDAATAoAAL68F3lwoA==,aO44gA==\r\n\
         m=audio 0 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\nb=AS:50\r\na=recvonly\r\n\
         a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=2\r\na=rtpmap:8 PCMA/8000\r\n\
         m=application 0 RTP/AVP 107\r\na=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=3\r\n\
         a=rtpmap:107 vnd.onvif.metadata/90000\r\n\
         a=Media_header:MEDIAINFO=494D4B48010200000400000111710110401F000000FA000000000000000000000000000000000000;\r\n\
         a=appversion:1.0\r\n",
        &[
            "video 96 H264/90000/0 rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=1 \
             [profile-level-id packetization-mode sprop-parameter-sets]",
            "audio 8 PCMA/8000/0 rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=2 []",
            "application 107 vnd.onvif.metadata/90000/0 rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=3 []",
        ],
        2,
    ),
    (
        "Dahua: bare LF, a blank behind the number of packets, AAC in lower case",
        "v=0\no=- 2251938202 2251938202 IN IP4 0.0.0.0\ns=Media Server\nc=IN IP4 0.0.0.0\nt=0 0\na=control:*\n\
         a=packetization-supported:DH\na=rtppayload-supported:DH\na=range:npt=now-\nm=video 0 RTP/AVP 98\n\
         a=control:trackID=0\na=framerate:25.000000\na=rtpmap:98 H265/90000\n\
         a=fmtp:98 profile-id=1;sprop-sps=QgEBAWAAAAMAsAAAAwAAAwB4oAKggC8c1rkI;sprop-pps=RAHA8vA8kA==;sprop-vps=QAEMAf//AWAAAAMAsAAAAwAAAwB4rAk=\n\
         a=recvonly\nm=audio 0 RTP/AVP 97\na=control:trackID=1\na=rtpmap:97 MPEG4-GENERIC/16000\n\
         a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408\na=recvonly\n",
        &[
            "video 98 H265/90000/0 trackID=0 [profile-id sprop-sps sprop-pps sprop-vps]",
            "audio 97 MPEG4-GENERIC/16000/0 trackID=1 \
             [streamtype profile-level-id mode sizelength indexlength indexdeltalength config]",
        ],
        2,
    ),
    (
        "Axis",
        "v=0\r\no=- 1188340656180883 1 IN IP4 10.0.0.9\r\ns=Session streamed with GStreamer\r\ni=rtsp-server\r\nt=0 0\r\n\
         a=tool:GStreamer\r\na=type:broadcast\r\na=range:npt=now-\r\na=control:rtsp://10.0.0.9/axis-media/media.amp?videocodec=h264\r\n\
         m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:50000\r\na=rtpmap:96 H264/90000\r\n\
         a=fmtp:96 packetization-mode=1;profile-level-id=4d0029;sprop-parameter-sets=Z00AKeKQDwBE/LgLcBAQGkHiRFQ=,aO48gA==\r\n\
         a=ts-refclk:local\r\na=mediaclk:sender\r\na=recvonly\r\n\
         a=control:rtsp://10.0.0.9/axis-media/media.amp/stream=0?videocodec=h264\r\na=framerate:25.000000\r\n\
         a=transform:1.000000,0.000000,0.000000;0.000000,1.000000,0.000000;0.000000,0.000000,1.000000\r\n",
        &["video 96 H264/90000/0 rtsp://10.0.0.9/axis-media/media.amp/stream=0?videocodec=h264 \
             [packetization-mode profile-level-id sprop-parameter-sets]"],
        1,
    ),
    (
        "live555: tracks from 1, an older name of MP3",
        "v=0\r\no=- 1700000000000000 1 IN IP4 10.0.0.2\r\ns=Matroska video+audio+(optional)subtitles\r\ni=test.mkv\r\nt=0 0\r\n\
         a=tool:LIVE555 Streaming Media v2023.01.19\r\na=type:broadcast\r\na=control:*\r\na=range:npt=0-30.5\r\n\
         m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:500\r\na=rtpmap:96 VP8/90000\r\na=control:track1\r\n\
         m=audio 0 RTP/AVP 14\r\nc=IN IP4 0.0.0.0\r\nb=AS:128\r\na=control:track2\r\n",
        &["video 96 VP8/90000/0 track1 []", "audio 14 MPA/90000/0 track2 []"],
        2,
    ),
    (
        "Everything that can be missing is, and blanks, NULs and unknown lines are there",
        "\r\n SDP follows \r\n m = video 49170/2 RTP/AVP 96 \r\nx\r\n=\r\nq=1\r\n \
         a = rtpmap:96  H264 \r\na=fmtp:96packetization-mode=1; ;PROFILE-LEVEL-ID = 42E01F;sprop-parameter-sets=Z0IAH5WoFAFuQA==,;foo\r\n\
         a=control:\r\nm=audio 0 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n\0\0",
        &[
            "video 96 H264/90000/0  [packetization-mode profile-level-id sprop-parameter-sets foo]",
            "audio 0 PCMU/8000/1 - []",
        ],
        2,
    ),
    (
        "Formats that only their parameters tell",
        "v=0\nm=video 0 RTP/AVP 96\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==\n\
         m=video 0 RTP/AVP 97\na=fmtp:97 sprop-sps=QgEBAWAAAAMAsAAAAwAAAwB4oAKggC8c1rkI\n\
         m=audio 0 RTP/AVP 98\na=fmtp:98 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=\"1190\"\n",
        &[
            "video 96 H264/90000/0 - [packetization-mode sprop-parameter-sets]",
            "video 97 H265/90000/0 - [sprop-sps]",
            "audio 98 mpeg4-generic/48000/0 - [mode sizelength indexlength indexdeltalength config]",
        ],
        3,
    ),
    (
        "Several payload types: the first that can be taken counts",
        "v=0\nm=video 0 RTP/AVP 100 35 96 97\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtpmap:100 MP4V-ES/90000\n\
         a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1\na=rtpmap:35 ulpfec/90000\n\
         m=audio 0 RTP/AVP 13 8 0\n",
        &["video 96 H264/90000/0 - [packetization-mode]", "audio 8 PCMA/8000/1 - []"],
        2,
    ),
    (
        "Encrypted, of other protocols, without a type",
        "v=0\nm=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\n\
         m=audio 0 RTP/AVP\na=rtpmap:96 opus/48000/2\n",
        &["video 96 H264 in RTP/SAVP/90000/0 - []", "application 255 /0/0 - []", "audio 255 /0/0 - []"],
        0,
    ),
];

#[test]
fn what_clients_and_cameras_send_is_understood() {
    for (who, text, tracks, taken) in SENT {
        let session = session(text);
        let found: Vec<String> = session.media.iter().map(short).collect();
        assert_eq!(found, *tracks, "{who}");
        let can_be = |format: &&Format| Depacketizer::new(format).is_ok();
        assert_eq!(session.formats().iter().filter(can_be).count(), *taken, "{who}");
        // Bare LF, CR alone, and no end of the last line.
        for other in [text.replace("\r\n", "\n"), text.replace("\r\n", "\r"), text.trim_end().to_owned()] {
            assert_eq!(self::session(&other), session, "{who}");
        }
    }
    assert_eq!(session(SENT[0].1).control, None);
    assert_eq!(session(SENT[5].1).control.as_deref(), Some("*"));
    assert_eq!(session(SENT[10].1).media[0].others, [100, 35, 97]);
    assert_eq!(session("").media, []);
}

#[test]
fn what_is_too_much_says_so() {
    let fails = |text: String| Session::parse(text.as_bytes()).unwrap_err().to_string();
    for (text, says) in [
        (" ".repeat((64 << 10) + 1), "65537 bytes long, at most 65536 are taken"),
        ("a\n".repeat(1025), "more than 1024 lines"),
        (format!("v=0\ns={}", "x".repeat(16 << 10)), "16386 bytes in line 2, at most 16384"),
        (
            "m=video 0 RTP/AVP 96\n".repeat(17),
            "line 17 of the description, \"m=video 0 RTP/AVP 96\", is one of more than 16",
        ),
        ("a=x\n".repeat(257), "line 257 of the description, \"a=x\", is one of more than 256 attributes"),
        (
            "v=0\nm=video\n".into(),
            "line 2 of the description, \"m=video\", is no track, expected m=KIND PORT RTP/AVP TYPE",
        ),
        ("m=\n".into(), "line 1 of the description, \"m=\", is no track"),
    ] {
        assert!(fails(text.clone()).contains(says), "{}", fails(text));
    }
    let many = format!("m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 {}", "a=1;".repeat(1000));
    assert_eq!(session(&many).media[0].format.parameters.len(), 64);
    let types: String = (0..200).map(|number| format!(" {number}")).collect();
    assert_eq!(session(&format!("m=video 0 RTP/AVP{types}")).media[0].others.len(), 31);
}

fn video(codec: Codec, config: &'static [u8]) -> Track {
    Track { config: config.into(), width: 640, height: 360, ..Track::new(TrackId(0), 0, codec, 1000) }
}

fn sound(codec: Codec, config: &'static [u8], sample_rate: u32, channels: u8) -> Track {
    Track { config: config.into(), sample_rate, channels, ..Track::new(TrackId(1), 0, codec, 1000) }
}

const AVC: &[u8] =
    b"\x01\x42\xe0\x1f\xff\xe1\x00\x0a\x67\x42\x00\x1f\x95\xa8\x14\x01\x6e\x40\x01\x00\x04\x68\xce\x3c\x80";

fn described(tracks: Vec<Track>, name: &str, rate: Option<f64>) -> String {
    let metadata = rate.map(|rate| Arc::new(Metadata(vec![("framerate".into(), Value::Number(rate))])));
    let description = Description { revision: 1, tracks, metadata };
    String::from_utf8(describe(&description, name, HERE).to_vec()).unwrap()
}

#[test]
fn ours_are_word_for_word() {
    let tracks = vec![video(Codec::H264, AVC), sound(Codec::Aac, b"\x12\x10", 44_100, 2)];
    let expected = [
        "v=0",
        "o=- 0 0 IN IP4 10.0.0.1",
        "s=live/a",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=tool:smart_rtmpd",
        "a=range:npt=now-",
        "a=control:*",
        "m=video 0 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
        "a=fmtp:96 packetization-mode=1;profile-level-id=42E01F;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==",
        "a=framesize:96 640-360",
        "a=control:trackID=0",
        "a=framerate:29.97",
        "m=audio 0 RTP/AVP 97",
        "a=rtpmap:97 mpeg4-generic/44100/2",
        "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1210",
        "a=control:trackID=1",
        "",
    ];
    assert_eq!(described(tracks, "live/a", Some(29.97)), expected.join("\r\n"));
}

#[test]
fn tracks_have_the_types_and_rates_that_everyone_expects() {
    let all = vec![
        video(Codec::Av1, b"\x81\x08\x8c\x00"),
        video(Codec::Vp9, b""),
        Track { codec: Codec::Script, ..sound(Codec::Aac, b"", 0, 0) },
        sound(Codec::G711U, b"", 8000, 1),
        sound(Codec::G711A, b"", 16_000, 1),
        sound(Codec::Mp3, b"", 44_100, 2),
        sound(Codec::Opus, b"", 48_000, 1),
        sound(Codec::Flac, b"", 48_000, 2),
    ];
    let text = described(all, "", Some(f64::NAN));
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("m=") || line.contains(":9") || line.contains(":10"))
        .collect();
    assert_eq!(
        lines,
        [
            "m=video 0 RTP/AVP 96",
            "a=rtpmap:96 AV1/90000",
            "a=fmtp:96 profile=0;level-idx=8;tier=1",
            "a=framesize:96 640-360",
            "m=video 0 RTP/AVP 97",
            "a=rtpmap:97 VP9/90000",
            "a=framesize:97 640-360",
            "m=audio 0 RTP/AVP 0",
            "m=audio 0 RTP/AVP 99",
            "a=rtpmap:99 PCMA/16000",
            "m=audio 0 RTP/AVP 14",
            "m=audio 0 RTP/AVP 101",
            "a=rtpmap:101 opus/48000/2",
            "a=fmtp:101 sprop-stereo=0",
        ]
    );
    assert!(text.contains("\r\ns=-\r\n") && !text.contains("framerate"));
}

#[test]
fn names_make_no_lines() {
    let text = described(vec![video(Codec::Vp8, b"")], "a\r\nm=audio 0 RTP/AVP 0\u{85}", None);
    assert_eq!(session(&text).media.len(), 1);
    assert!(text.contains("\r\ns=a  m=audio 0 RTP/AVP 0\r\n"));
}

fn tracks() -> impl Strategy<Value = Vec<Track>> {
    let one = prop_oneof![
        Just(video(Codec::H264, AVC)),
        Just(video(Codec::Vp8, b"")),
        Just(video(Codec::Vp9, b"")),
        Just(video(Codec::Av1, b"\x81\x08\x8c\x00")),
        Just(sound(Codec::Aac, b"\x12\x10", 44_100, 2)),
        Just(sound(Codec::Opus, b"", 48_000, 2)),
        Just(sound(Codec::Mp3, b"", 44_100, 2)),
        (1_u32..100_000, 1_u8..3).prop_map(|(rate, channels)| sound(Codec::G711A, b"", rate, channels)),
        (1_u32..100_000, 1_u8..3).prop_map(|(rate, channels)| sound(Codec::G711U, b"", rate, channels)),
        Just(sound(Codec::Flac, b"", 48_000, 2)),
    ];
    prop::collection::vec(one, 0..16)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(tracks in tracks(), name in "\\PC{0,20}", rate: Option<f64>) {
        let text = described(tracks.clone(), &name, rate);
        let session = session(&text);
        let description = Description { revision: 0, tracks, metadata: None };
        prop_assert_eq!(session.media.len(), carried(&description).count());
        for (place, (track, media)) in carried(&description).zip(&session.media).enumerate() {
            prop_assert_eq!(media.payload_type, payload_type(track, place));
            let control = format!("trackID={place}");
            prop_assert_eq!(media.control.as_deref(), Some(control.as_str()));
            let depacketizer = Depacketizer::new(&media.format).unwrap();
            prop_assert_eq!(depacketizer.kind(), track.kind());
            let format = Format::of(track).unwrap();
            prop_assert_eq!((&media.format.encoding, media.format.clock_rate), (&format.encoding, format.clock_rate));
            prop_assert_eq!(&media.format.parameters, &format.parameters);
            let found = depacketizer.track().map(|track| track.codec);
            prop_assert!(found.is_none_or(|codec| codec == track.codec));
            prop_assert!(track.kind() != Kind::Audio || media.format.channels.max(1) == format.channels.max(1));
        }
    }

    #[test]
    fn any_text_is_survived(
        lines in prop::collection::vec(
            "(m=(video|audio|\\PC*) [0-9]{0,3} RTP/AVP( [0-9]{1,3}){0,4}|a=(rtpmap|fmtp|control):[0-9]{0,3} ?(\\PC|[;=/,]){0,20}|\\PC{0,9})", 0..20,
        ),
        end in "(\\r\\n|\\n|\\r|\0)",
    ) {
        if let Ok(session) = Session::parse(lines.join(&end).as_bytes()) {
            session.formats().iter().for_each(|format| drop(Depacketizer::new(format)));
        }
    }

    #[test]
    fn any_bytes_are_survived(data: Vec<u8>) {
        Session::parse(&data).ok();
    }
}
