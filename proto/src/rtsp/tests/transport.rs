use std::net::IpAddr;

use proptest::prelude::*;

use crate::rtsp::transport::{Lower, Transport};

fn all(text: &str) -> Vec<Transport> {
    Transport::parse_all(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn one(text: &str) -> Transport {
    let mut all = all(text);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0)
}

fn udp(profile: &str) -> Transport {
    Transport { profile: profile.into(), ..Transport::default() }
}

fn tcp(first: u8) -> Transport {
    Transport { lower: Lower::Tcp, interleaved: Some((first, first + 1)), ..udp("RTP/AVP/TCP") }
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

#[test]
fn what_clients_ask_for_is_understood() {
    let ports = |first| Some((first, first + 1));
    // ffmpeg, playing and publishing
    assert_eq!(
        one("RTP/AVP/UDP;unicast;client_port=23514-23515"),
        Transport { client_port: ports(23514), ..udp("RTP/AVP/UDP") }
    );
    assert_eq!(
        one("RTP/AVP/UDP;unicast;client_port=23514-23515;mode=record"),
        Transport { client_port: ports(23514), record: true, ..udp("RTP/AVP/UDP") }
    );
    assert_eq!(one("RTP/AVP/TCP;unicast;interleaved=2-3;mode=record"), Transport { record: true, ..tcp(2) });
    // live555, VLC
    assert_eq!(
        one("RTP/AVP;unicast;client_port=55736-55737"),
        Transport { client_port: ports(55736), ..udp("RTP/AVP") }
    );
    // openRTSP's `DarwinInjector`, OBS
    assert_eq!(
        one("RTP/AVP/TCP;unicast;mode=\"RECORD\";interleaved=0-1"),
        Transport { record: true, ..tcp(0) }
    );
    // GStreamer asks for all at once, in its order.
    let gstreamer =
        all("RTP/AVP;unicast;client_port=41258-41259,RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=0-1");
    let multicast = Transport { multicast: true, ..udp("RTP/AVP") };
    assert_eq!(gstreamer, [Transport { client_port: ports(41258), ..udp("RTP/AVP") }, multicast, tcp(0)]);
    // RealMedia's own behind what everyone has.
    let real = all("x-pn-tng/tcp;mode=play;unicast;client_port=6970,rtp/avp;unicast;client_port=6970-6971");
    assert_eq!((real[0].is_plain(), real[1].is_plain()), (false, true));
    // One port or channel means the next one, too.
    assert_eq!(one("RTP/AVP;unicast;client_port=5000").client_port, ports(5000));
    assert_eq!(one("RTP/AVP/TCP;interleaved=4").interleaved, Some((4, 5)));
    // Some NVRs ask for channels without saying TCP.
    assert_eq!(one("RTP/AVP;unicast;interleaved=0-1").lower, Lower::Tcp);
    // RFC 7826 §18.54
    let new = all(
        "RTP/AVP/UDP;unicast;dest_addr=\":3456\"/\":3457\";mode=\"PLAY\", RTP/AVP;unicast;dest_addr=\"[2001:db8::1]:40\"",
    );
    assert_eq!((new[0].client_port, new[0].record), (ports(3456), false));
    assert_eq!(new[1].client_port, ports(40));
    // Lists and commas in quotes.
    assert!(one("RTP/AVP;unicast;client_port=1-2;mode=\"PLAY,RECORD\"").record);
    assert!(one("RTP/AVP;unicast;client_port=1-2;mode=receive").record);
}

#[test]
fn what_cameras_answer_is_understood() {
    // Hikvision
    let hikvision =
        one("RTP/AVP;unicast;client_port=40400-40401;server_port=8258-8259;ssrc=4b2b9c1d;mode=\"play\"");
    assert_eq!((hikvision.server_port, hikvision.ssrc), (Some((8258, 8259)), Some(0x4b2b_9c1d)));
    // Dahua, with blanks
    let dahua = one("RTP/AVP/TCP;unicast;interleaved=0-1; ssrc= 1A2B3C4D ");
    assert_eq!((dahua.lower, dahua.ssrc), (Lower::Tcp, Some(0x1a2b_3c4d)));
    // Axis
    let axis = one(
        "RTP/AVP;unicast;client_port=40400-40401;server_port=50000-50001;ssrc=B3C1F0A2;mode=\"PLAY\";source=10.0.0.9",
    );
    assert_eq!(axis.source, ip("10.0.0.9"));
    // An ssrc in decimal digits, which are too many for hexadecimal ones; several of RTSP 2.0.
    assert_eq!(one("RTP/AVP;ssrc=3735928559").ssrc, Some(3_735_928_559));
    assert_eq!(one("RTP/AVP;ssrc=0A13C760/DEADBEEF").ssrc, Some(0x0a13_c760));
    assert_eq!(one("RTP/AVP;ssrc=never").ssrc, None);
    // Ports that are none; an IPv6 address in brackets.
    assert_eq!(one("RTP/AVP/TCP;unicast;server_port=0-0;interleaved=0-1").server_port, None);
    assert_eq!(one("RTP/AVP;source=[2001:db8::9];destination=camera.local").source, ip("2001:db8::9"));
    let group = one("RTP/AVP;multicast;destination=232.0.0.1;source=10.0.0.9;port=3456-3457;ttl=16");
    assert_eq!((group.destination, group.port, group.ttl), (ip("232.0.0.1"), Some((3456, 3457)), Some(16)));
}

#[test]
fn what_makes_no_sense_is_passed_over_where_something_else_does() {
    let good = all("RTP/AVP;client_port=a-b,RTP/AVP;client_port=70000,RTP/AVP;unicast;client_port=6-7");
    assert_eq!((good.len(), good[0].client_port), (1, Some((6, 7))));
    for (text, says) in [
        ("RTP/AVP;unicast;client_port=a-b", "client_port=\"a-b\", expected FIRST-LAST"),
        ("RTP/AVP;unicast;client_port=65536-65537", "client_port=\"65536-65537\""),
        ("RTP/AVP;unicast;client_port=-1", "client_port=\"-1\""),
        ("RTP/AVP/TCP;interleaved=255", "interleaved=\"255\""),
        ("RTP/AVP/TCP;interleaved=256-257", "interleaved=\"256-257\""),
        ("RTP/AVP/TCP;interleaved=", "interleaved=\"\""),
    ] {
        let error = Transport::parse_all(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    assert_eq!(all(""), []);
    assert_eq!(all(" , ,"), []);
    assert_eq!(all(&"RTP/AVP,".repeat(1000)).len(), 16);
    for profile in ["RTP/SAVP", "RTP/SAVPF/UDP", "RAW/RAW/UDP", "MP2T/H2221/UDP", ""] {
        assert!(!udp(profile).is_plain(), "{profile}");
    }
    for profile in ["RTP/AVP", "rtp/avp/tcp", "RTP/AVPF/UDP"] {
        assert!(udp(profile).is_plain(), "{profile}");
    }
}

fn pair() -> impl Strategy<Value = Option<(u16, u16)>> {
    prop::option::of((1_u16.., any::<u16>()))
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        profile in "RTP/S?AVPF?(/UDP)?", flags: (bool, bool), ports in (pair(), pair(), pair()),
        addresses: (Option<IpAddr>, Option<IpAddr>), ttl: Option<u8>, ssrc: Option<u32>, channels: Option<(u8, u8)>,
    ) {
        let transport = Transport {
            profile,
            lower: if channels.is_some() { Lower::Tcp } else { Lower::Udp },
            multicast: flags.0,
            client_port: ports.0,
            server_port: ports.1,
            port: ports.2,
            interleaved: channels,
            source: addresses.0,
            destination: addresses.1,
            ttl,
            ssrc,
            record: flags.1,
        };
        prop_assert_eq!(one(&transport.write()), transport);
    }

    #[test]
    fn any_header_is_survived(text in "(RTP/AVP|[a-z_]+=|[;,=\"/:-]|[0-9a-f]{1,9}|\\PC){0,40}") {
        for transport in Transport::parse_all(&text).unwrap_or_default() {
            prop_assert_eq!(Transport::parse_all(&transport.write()).map(|all| all.len()), Ok(1));
        }
    }
}
