//! What the server says when it has started: where it listens, and every URL that works on this machine.

use std::net::{IpAddr, SocketAddr};

/// The port players assume in `rtmp://`.
const RTMP_PORT: u16 = 1935;
/// The port players assume in `rtsp://`.
const RTSP_PORT: u16 = 554;
/// The port players assume in `rtmps://` and `https://`.
const HTTPS_PORT: u16 = 443;
/// The port players assume in `rtsps://`.
const RTSPS_PORT: u16 = 322;
/// The port players assume in `http://` and `ws://`.
const HTTP_PORT: u16 = 80;

/// The doors of the server, as they are to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Doors {
    /// Where RTMP is listened to.
    pub(crate) rtmp: SocketAddr,
    /// Where HTTP is listened to; `None` = it is disabled.
    pub(crate) http: Option<SocketAddr>,
    /// Where RTSP is listened to; `None` = it is disabled.
    pub(crate) rtsp: Option<SocketAddr>,
    /// Where SRT is listened to (UDP); `None` = it is disabled.
    pub(crate) srt: Option<SocketAddr>,
    /// Where HTTPS is listened to; `None` = it is disabled.
    pub(crate) https: Option<SocketAddr>,
    /// Whether RTMP may come in TLS.
    pub(crate) rtmps: bool,
    /// Whether RTSP may come in TLS.
    pub(crate) rtsps: bool,
}

/// One line for each door.
pub(crate) fn doors(doors: &Doors) -> Vec<String> {
    let mut lines = vec![door("rtmp", doors.rtmp)];
    for (name, addr) in
        [("http", doors.http), ("rtsp", doors.rtsp), ("srt", doors.srt), ("https", doors.https)]
    {
        lines.push(addr.map_or_else(|| disabled(name), |addr| door(name, addr)));
    }
    lines
}

/// One line for each URL that works, on each of the machine's `addresses` that a door is open on.
pub(crate) fn urls(doors: &Doors, addresses: &[IpAddr]) -> Vec<String> {
    hosts(addresses).into_iter().flat_map(|address| urls_on(doors, address)).collect()
}

fn urls_on(doors: &Doors, address: IpAddr) -> Vec<String> {
    let mut lines = Vec::new();
    let at = |door: SocketAddr, usual| authority(address, door.port(), usual);
    let open = |door: Option<SocketAddr>| door.filter(|door| is_open(*door, address));
    if let Some(rtmp) = open(Some(doors.rtmp)) {
        lines.push(format!("publish and play: rtmp://{}/live/stream", at(rtmp, RTMP_PORT)));
        if doors.rtmps {
            lines.push(format!("publish and play: rtmps://{}/live/stream", at(rtmp, HTTPS_PORT)));
        }
    }
    if let Some(http) = open(doors.http) {
        lines.extend(by_http(["http", "ws"], &at(http, HTTP_PORT)));
    }
    if let Some(https) = open(doors.https) {
        lines.extend(by_http(["https", "wss"], &at(https, HTTPS_PORT)));
    }
    if let Some(rtsp) = open(doors.rtsp) {
        lines.push(format!("publish and play: rtsp://{}/live/stream", at(rtsp, RTSP_PORT)));
        if doors.rtsps {
            lines.push(format!("publish and play: rtsps://{}/live/stream", at(rtsp, RTSPS_PORT)));
        }
    }
    if let Some(srt) = open(doors.srt) {
        // There is no usual port.
        let host = at(srt, 0);
        for (verb, role) in [("publish", "publisher"), ("play", "player")] {
            lines.push(format!("{verb}: srt://{host}?streamid={host}/live/stream,role={role}"));
        }
    }
    lines
}

fn by_http([http, ws]: [&str; 2], host: &str) -> Vec<String> {
    let endings = ["flv", "m3u8", "mpd", "ts", "mp4"];
    let mut lines: Vec<String> =
        endings.iter().map(|ending| format!("play: {http}://{host}/live/stream.{ending}")).collect();
    lines.push(format!("play: {ws}://{host}/live/stream.flv"));
    lines.push(format!("page: {http}://{host}/"));
    lines
}

fn door(name: &str, addr: SocketAddr) -> String {
    format!("the {name} server ip: {}, port is: {}", addr.ip(), addr.port())
}

fn disabled(name: &str) -> String {
    format!("the {name} server disable")
}

/// The addresses that can stand in a URL, each once: others' first, then loopback; IPv4 before IPv6.
fn hosts(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut hosts: Vec<IpAddr> = addresses.iter().copied().filter(|address| is_usable(*address)).collect();
    hosts.sort_by_key(|address| (address.is_loopback(), *address));
    hosts.dedup();
    hosts
}

/// Link-local IPv6 addresses mean nothing without the interface, which a URL cannot name.
fn is_usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_unspecified() && !v6.is_unicast_link_local(),
    }
}

/// Whether who connects to `address` reaches this door: `[::]` takes IPv4 as well.
fn is_open(door: SocketAddr, address: IpAddr) -> bool {
    match door.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => address.is_ipv4(),
        IpAddr::V6(v6) if v6.is_unspecified() => true,
        IpAddr::V4(_) | IpAddr::V6(_) => door.ip() == address,
    }
}

/// Host and port as they stand in a URL, without the port where players know it.
fn authority(address: IpAddr, port: u16, usual: u16) -> String {
    let host = match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    if port == usual { host } else { format!("{host}:{port}") }
}
