//! Where a stream is: `rtmp://host:port/app/stream`, `http://host:port/path.flv`,
//! `rtsp-tcp://host:port/app/stream` or `rtsp-udp://…`.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::error::Fault;

/// A stream's address, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// RTMP over TCP.
    Rtmp(RtmpTarget),
    /// HTTP-FLV.
    Http(HttpTarget),
    /// RTSP.
    Rtsp(RtspTarget),
}

/// The parts of an RTMP URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtmpTarget {
    /// Resolved address.
    pub addr: SocketAddr,
    /// `tcUrl` of the connect command: everything before the stream name.
    pub tc_url: String,
    /// Application name.
    pub app: String,
    /// Stream name with its query, as the server shall see it.
    pub stream: String,
}

/// The parts of an HTTP URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    /// Resolved address.
    pub addr: SocketAddr,
    /// Value of the `Host` header.
    pub host: String,
    /// Path and query.
    pub path: String,
}

/// How a player's RTP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtspWay {
    /// Inside the connection.
    Tcp,
    /// By datagrams.
    Udp,
}

/// The parts of an RTSP URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtspTarget {
    /// Resolved address.
    pub addr: SocketAddr,
    /// The URL as requests have it.
    pub url: String,
    /// How RTP travels.
    pub way: RtspWay,
}

impl Target {
    /// Takes a URL apart and resolves its host. Fails with a text that names the URL.
    pub fn parse(url: &str) -> Result<Self, Fault> {
        if let Some(rest) = url.strip_prefix("rtmp://") {
            return parse_rtmp(url, rest);
        }
        for (scheme, way) in [("rtsp-tcp://", RtspWay::Tcp), ("rtsp-udp://", RtspWay::Udp)] {
            if let Some(rest) = url.strip_prefix(scheme) {
                return parse_rtsp(rest, way);
            }
        }
        let Some(rest) = url.strip_prefix("http://") else {
            let text = format!("url {url:?}: expected rtmp://…, http://…, rtsp-tcp://… or rtsp-udp://…");
            return Err(Fault::new(text));
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let target = HttpTarget { addr: resolve(host, 80)?, host: host.to_owned(), path: format!("/{path}") };
        Ok(Self::Http(target))
    }

    /// The address to connect to.
    pub fn addr(&self) -> SocketAddr {
        match self {
            Self::Rtmp(target) => target.addr,
            Self::Http(target) => target.addr,
            Self::Rtsp(target) => target.addr,
        }
    }
}

fn parse_rtmp(url: &str, rest: &str) -> Result<Target, Fault> {
    let parts = rest
        .split_once('/')
        .and_then(|(host, path)| path.split_once('/').map(|(app, name)| (host, app, name)));
    let Some((host, app, stream)) = parts else {
        return Err(Fault::new(format!("url {url:?}: expected rtmp://host[:port]/app/stream")));
    };
    Ok(Target::Rtmp(RtmpTarget {
        addr: resolve(host, 1935)?,
        tc_url: format!("rtmp://{host}/{app}"),
        app: app.to_owned(),
        stream: stream.to_owned(),
    }))
}

fn parse_rtsp(rest: &str, way: RtspWay) -> Result<Target, Fault> {
    let host = rest.split('/').next().unwrap_or_default();
    Ok(Target::Rtsp(RtspTarget { addr: resolve(host, 554)?, url: format!("rtsp://{rest}"), way }))
}

fn resolve(host: &str, default_port: u16) -> Result<SocketAddr, Fault> {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let with_port = if has_port { host.to_owned() } else { format!("{host}:{default_port}") };
    let found =
        with_port.to_socket_addrs().map_err(|e| Fault::new(format!("host {with_port:?}: {e}")))?.next();
    found.ok_or_else(|| Fault::new(format!("host {with_port:?}: no address")))
}
