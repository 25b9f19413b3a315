//! Whether the server can listen where the configuration says, and who is in its way.

use std::fmt::Display;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use rtmpd_conf::settings::Rtp;

use super::holder::{Protocol, holder};
use super::report::Report;
use crate::banner::Doors;

/// How long a neighbour may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(2);
/// Fewer UDP ports than these serve few publishers.
const FEW_PORTS: u32 = 100;
/// How many of the UDP ports are tried.
const SAMPLE: u32 = 64;

/// Looks at each door; whether a server of ours is behind them already.
pub(super) fn check(doors: &Doors, report: &mut Report) -> bool {
    let running = doors.http.is_some_and(is_ours);
    let tcp =
        [("rtmp", Some(doors.rtmp)), ("http", doors.http), ("rtsp", doors.rtsp), ("https", doors.https)];
    for (name, addr) in tcp {
        let Some(addr) = addr else { continue };
        door(name, addr, Protocol::Tcp, running, report);
    }
    if let Some(addr) = doors.srt {
        door("srt", addr, Protocol::Udp, running, report);
    }
    running
}

fn door(name: &str, addr: SocketAddr, protocol: Protocol, running: bool, report: &mut Report) {
    let what = format!("port of {name}");
    let shown = format!("{protocol} {addr}");
    let Err(error) = bind(addr, protocol) else {
        report.ok(what, format!("{shown} is free"));
        return;
    };
    let option = if name == "https" { "<http><sport>".to_owned() } else { format!("<{name}><port>") };
    let kind = error.kind();
    if kind == ErrorKind::AddrInUse {
        let who = holder(addr.port(), protocol);
        if running && who.as_ref().is_none_or(|who| who.name.starts_with("smart_rtmpd")) {
            report.ok(what, format!("{shown} is a running smart_rtmpd's"));
            return;
        }
        let by = who.map_or_else(|| "another program".to_owned(), |who| who.to_string());
        let fix = format!("end {by}, or choose another port in {option}");
        report.fail(what, format!("{shown} is taken by {by}"), fix);
    } else if kind == ErrorKind::PermissionDenied {
        let fix = format!(
            "choose a port from 1024 on in {option}, run as root, or allow it: \
             setcap cap_net_bind_service=+ep smart_rtmpd"
        );
        report.fail(what, format!("{shown}: this user may not listen there"), fix);
    } else if kind == ErrorKind::AddrNotAvailable {
        let fix = format!("give <{name}><ip> one of this machine's addresses ({}), or none", own_addresses());
        report.fail(what, format!("{shown}: this machine does not have that address"), fix);
    } else {
        report.fail(what, format!("{shown}: {error}"), format!("choose another address in {option}"));
    }
}

fn bind(addr: SocketAddr, protocol: Protocol) -> io::Result<()> {
    let attempt = |addr: SocketAddr| match protocol {
        Protocol::Tcp => TcpListener::bind(addr).map(drop),
        Protocol::Udp => UdpSocket::bind(addr).map(drop),
    };
    match attempt(addr) {
        // Without IPv6 the server listens by IPv4.
        Err(error) if addr.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) && no_ipv6(&error) => {
            attempt(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), addr.port()))
        }
        outcome => outcome,
    }
}

fn no_ipv6(error: &io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied)
}

/// Whether what answers HTTP there is one of us.
fn is_ours(addr: SocketAddr) -> bool {
    let addr = super::reachable(addr);
    let ask = || -> io::Result<String> {
        let mut socket = TcpStream::connect_timeout(&addr, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        write!(socket, "GET /api/live HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")?;
        let mut head = Vec::new();
        socket.take(4096).read_to_end(&mut head)?;
        Ok(String::from_utf8_lossy(&head).into_owned())
    };
    ask().is_ok_and(|head| head.lines().any(|line| line.trim_end() == "Server: smart_rtmpd"))
}

/// The UDP ports of RTP.
pub(super) fn check_range(range: &Rtp, report: &mut Report) {
    let (what, min, max) = ("ports of RTP", u32::from(range.min), u32::from(range.max));
    let count = (max + 1).saturating_sub(min);
    let step = (count / SAMPLE).max(1);
    let tried: Vec<u16> =
        (min..=max).step_by(step as usize).filter_map(|port| port.try_into().ok()).collect();
    let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let taken = |port: &&u16| {
        bind(SocketAddr::new(any.ip(), **port), Protocol::Udp)
            .is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
    };
    let taken = tried.iter().filter(taken).count();
    let seen = format!("UDP {min}-{max}");
    if count < FEW_PORTS {
        report.warn(
            what,
            format!("{seen}: {count} ports, a publisher by UDP needs two for each track"),
            "widen <rtp min=\"30000\" max=\"65535\"/>",
        );
    } else if taken * 2 > tried.len() {
        let seen = format!("{seen}: {taken} of {} that were tried are taken", tried.len());
        report.warn(what, seen, "choose another range in <rtp min=\"…\" max=\"…\"/>");
    } else {
        report.ok(what, format!("{seen} are free, but for {taken} of {} that were tried", tried.len()));
    }
}

/// The machine's addresses, for people.
pub(super) fn own_addresses() -> impl Display {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(|interface| interface.ip().to_string()).collect::<Vec<_>>().join(", ")
}
