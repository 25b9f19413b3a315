//! Where a stream is: `rtmp://host:port/app/stream` or `http://host:port/path.flv`.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::error::Fault;

/// A stream's address, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// RTMP over TCP.
    Rtmp(RtmpTarget),
    /// HTTP-FLV.
    Http(HttpTarget),
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

impl Target {
    /// Takes a URL apart and resolves its host. Fails with a text that names the URL.
    pub fn parse(url: &str) -> Result<Self, Fault> {
        if let Some(rest) = url.strip_prefix("rtmp://") {
            return parse_rtmp(url, rest);
        }
        let Some(rest) = url.strip_prefix("http://") else {
            return Err(Fault::new(format!("url {url:?}: expected rtmp://… or http://…")));
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

fn resolve(host: &str, default_port: u16) -> Result<SocketAddr, Fault> {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let with_port = if has_port { host.to_owned() } else { format!("{host}:{default_port}") };
    let found =
        with_port.to_socket_addrs().map_err(|e| Fault::new(format!("host {with_port:?}: {e}")))?.next();
    found.ok_or_else(|| Fault::new(format!("host {with_port:?}: no address")))
}
