//! Whether the hosts that the configuration names can be found: outside addresses, the auth server.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rtmpd_conf::Settings;
use rtmpd_conf::settings::{AuthTarget, HostPort};

use super::ports::own_addresses;
use super::report::Report;

/// How long a name may take to be looked up.
const PATIENCE: Duration = Duration::from_secs(5);

/// `<nat>` and `<hostmap>`.
pub(super) fn check_nat(settings: &Settings, report: &mut Report) {
    let nat = &settings.nat;
    let all = [
        ("rtmp", &nat.rtmp),
        ("http", &nat.http),
        ("https", &nat.https),
        ("rtsp", &nat.rtsp),
        ("srt", &nat.srt),
        ("rtp", &nat.rtp),
    ];
    for (name, host) in all {
        let Some(host) = host else { continue };
        outside(&format!("<nat><{name}>"), &host.host, report);
    }
    if let Some(map) = &settings.global.hostmap {
        outside("<hostmap outer>", &map.outer, report);
        inside(&map.inner, report);
    }
}

fn outside(what: &str, host: &str, report: &mut Report) {
    match look_up(host, 1) {
        Ok(addr) if addr.ip().is_loopback() || addr.ip().is_unspecified() => report.warn(
            what,
            format!("{host} is {}, which nobody outside can reach", addr.ip()),
            format!("give {what} the address that the outside sees"),
        ),
        Ok(addr) => report.ok(what, format!("{host} is {}", addr.ip())),
        Err(error) => report.fail(
            what,
            format!("{host} cannot be looked up: {error}"),
            format!("correct the name in {what}, or give an address"),
        ),
    }
}

fn inside(host: &str, report: &mut Report) {
    let what = "<hostmap inner>";
    let own = |ip: IpAddr| {
        if_addrs::get_if_addrs().is_ok_and(|all| all.iter().any(|interface| interface.ip() == ip))
    };
    match look_up(host, 1) {
        Ok(addr) if own(addr.ip()) => report.ok(what, format!("{host} is one of this machine's addresses")),
        Ok(_) | Err(_) => report.warn(
            what,
            format!("{host} is no address of this machine"),
            format!("give it one of {}", own_addresses()),
        ),
    }
}

/// `<authurl>`: a server that cannot be reached refuses everybody.
pub(super) fn check_auth(settings: &Settings, report: &mut Report) {
    let Some(auth) = &settings.global.auth else { return };
    let (host, usual): (&HostPort, u16) = match &auth.target {
        AuthTarget::Host { host, .. } | AuthTarget::Url { tls: false, host, .. } => (host, 80),
        AuthTarget::Url { tls: true, host, .. } => (host, 443),
    };
    let patience = Duration::from_millis(auth.timeout_ms.into());
    let met = look_up(&host.host, host.port.unwrap_or(usual))
        .and_then(|addr| TcpStream::connect_timeout(&addr, patience));
    match met {
        Ok(_) => report.ok("auth server", format!("{host} can be reached")),
        Err(error) => report.fail(
            "auth server",
            format!("{host}: {error}: everybody is refused"),
            "start it, correct <authurl>, or leave <authurl> empty so that nobody is asked",
        ),
    }
}

/// Looks a name up, in a thread of its own: nobody can end a look-up.
fn look_up(host: &str, port: u16) -> io::Result<SocketAddr> {
    let (tell, hear) = mpsc::channel();
    let host = host.to_owned();
    thread::Builder::new().name("look-up".into()).spawn(move || {
        // Nobody listens any more when patience was over.
        let _late = tell.send((host.as_str(), port).to_socket_addrs().map(|mut addrs| addrs.next()));
    })?;
    let found = hear.recv_timeout(PATIENCE).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it has no address"))
}
