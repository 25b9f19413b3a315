//! The start-up lines, as tables.

use std::net::IpAddr;

use crate::banner::{Doors, doors, urls};

fn with(rtmp: &str, http: Option<&str>) -> Doors {
    Doors {
        rtmp: rtmp.parse().unwrap(),
        http: http.map(|http| http.parse().unwrap()),
        rtsp: Some("127.0.0.1:8554".parse().unwrap()),
        srt: None,
        https: None,
        rtmps: false,
        rtsps: false,
    }
}

fn machine() -> Vec<IpAddr> {
    let all = ["::1", "127.0.0.1", "fe80::1", "2001:db8::7", "192.168.1.5", "10.0.0.1", "192.168.1.5"];
    all.iter().map(|ip| ip.parse().unwrap()).collect()
}

#[test]
fn doors_are_named_as_ever() {
    assert_eq!(
        doors(&with("0.0.0.0:1935", Some("[::]:8080"))),
        [
            "the rtmp server ip: 0.0.0.0, port is: 1935",
            "the http server ip: ::, port is: 8080",
            "the rtsp server ip: 127.0.0.1, port is: 8554",
            "the srt server disable",
            "the https server disable",
        ]
    );
    assert_eq!(doors(&with("[::1]:1", None))[1], "the http server disable");
}

#[test]
fn every_address_and_every_url() {
    let lines = urls(&with("[::]:1935", Some("[::]:80")), &machine());
    let hosts = ["10.0.0.1", "192.168.1.5", "[2001:db8::7]", "127.0.0.1", "[::1]"];
    let expected: Vec<String> = hosts
        .iter()
        .flat_map(|host| {
            let played = ["flv", "m3u8", "mpd", "ts", "mp4"];
            let mut lines = vec![format!("publish and play: rtmp://{host}/live/stream")];
            lines.extend(played.map(|ending| format!("play: http://{host}/live/stream.{ending}")));
            lines.push(format!("play: ws://{host}/live/stream.flv"));
            lines.push(format!("page: http://{host}/"));
            if *host == "127.0.0.1" {
                lines.push(format!("publish and play: rtsp://{host}:8554/live/stream"));
            }
            lines
        })
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn only_what_is_open() {
    let rtmp = |lines: Vec<String>| -> Vec<String> {
        lines
            .iter()
            .filter_map(|line| line.strip_prefix("publish and play: "))
            .filter(|url| url.starts_with("rtmp"))
            .map(String::from)
            .collect()
    };
    let table: [(&str, &[&str]); 5] = [
        (
            "0.0.0.0:1936",
            &[
                "rtmp://10.0.0.1:1936/live/stream",
                "rtmp://192.168.1.5:1936/live/stream",
                "rtmp://127.0.0.1:1936/live/stream",
            ],
        ),
        ("192.168.1.5:1935", &["rtmp://192.168.1.5/live/stream"]),
        ("[2001:db8::7]:19350", &["rtmp://[2001:db8::7]:19350/live/stream"]),
        ("127.0.0.1:80", &["rtmp://127.0.0.1:80/live/stream"]),
        ("8.8.8.8:1935", &[]),
    ];
    for (door, expected) in table {
        assert_eq!(rtmp(urls(&with(door, None), &machine())), expected, "{door}");
    }
    let lines = urls(&with("127.0.0.1:1935", Some("0.0.0.0:1935")), &machine());
    assert!(lines.contains(&"play: ws://10.0.0.1:1935/live/stream.flv".into()));
    assert!(!lines.contains(&"publish and play: rtmp://10.0.0.1/live/stream".into()));
    assert!(urls(&with("[::]:1935", None), &[]).is_empty());
}

#[test]
fn what_comes_in_tls_is_told_too() {
    let plain = with("127.0.0.1:1935", None);
    let doors = Doors { https: Some("127.0.0.1:8181".parse().unwrap()), rtmps: true, rtsps: true, ..plain };
    let lines = urls(&doors, &machine());
    for url in [
        "publish and play: rtmps://127.0.0.1:1935/live/stream",
        "publish and play: rtsps://127.0.0.1:8554/live/stream",
        "play: https://127.0.0.1:8181/live/stream.flv",
        "play: wss://127.0.0.1:8181/live/stream.flv",
        "page: https://127.0.0.1:8181/",
    ] {
        assert!(lines.iter().any(|line| line == url), "{url} is not in {lines:?}");
    }
}
