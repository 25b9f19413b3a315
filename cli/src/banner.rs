//! What the server says when it has started: where it listens, and every URL that works on this machine.

use std::net::{IpAddr, SocketAddr};

/// The port players assume in `rtmp://`.
const RTMP_PORT: u16 = 1935;
/// The port players assume in `rtsp://`.
const RTSP_PORT: u16 = 554;
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
    /// Services that the configuration asks for and this version does not have.
    pub(crate) missing: Vec<&'static str>,
    /// Services that the configuration disables.
    pub(crate) disabled: Vec<&'static str>,
}

/// One line for each door.
pub(crate) fn doors(doors: &Doors) -> Vec<String> {
    let mut lines = vec![door("rtmp", doors.rtmp)];
    for (name, addr) in [("http", doors.http), ("rtsp", doors.rtsp), ("srt", doors.srt)] {
        lines.push(addr.map_or_else(|| disabled(name), |addr| door(name, addr)));
    }
    lines.extend(doors.disabled.iter().map(|name| disabled(name)));
    lines.extend(doors.missing.iter().map(|name| format!("the {name} server is not in this version")));
    lines
}

/// One line for each URL that works, on each of the machine's `addresses` that a door is open on.
pub(crate) fn urls(doors: &Doors, addresses: &[IpAddr]) -> Vec<String> {
    let mut lines = Vec::new();
    for address in hosts(addresses) {
        if is_open(doors.rtmp, address) {
            let host = authority(address, doors.rtmp.port(), RTMP_PORT);
            lines.push(format!("publish and play: rtmp://{host}/live/stream"));
        }
        if let Some(http) = doors.http.filter(|door| is_open(*door, address)) {
            let host = authority(address, http.port(), HTTP_PORT);
            for ending in ["flv", "m3u8", "mpd", "ts", "mp4"] {
                lines.push(format!("play: http://{host}/live/stream.{ending}"));
            }
            lines.push(format!("play: ws://{host}/live/stream.flv"));
            lines.push(format!("page: http://{host}/"));
        }
        if let Some(rtsp) = doors.rtsp.filter(|door| is_open(*door, address)) {
            let host = authority(address, rtsp.port(), RTSP_PORT);
            lines.push(format!("publish and play: rtsp://{host}/live/stream"));
        }
        if let Some(srt) = doors.srt.filter(|door| is_open(*door, address)) {
            // There is no usual port.
            let host = authority(address, srt.port(), 0);
            for (verb, role) in [("publish", "publisher"), ("play", "player")] {
                lines.push(format!("{verb}: srt://{host}?streamid={host}/live/stream,role={role}"));
            }
        }
    }
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
