//! The validated settings, a struct for each section of config.xml; defaults are those of a server without a file.

mod access;
mod auth;
mod global;
mod http;
mod nat;
pub(crate) mod ports;
mod rtmp;
mod rtsp;
mod srt;
mod ssl;

pub use access::Access;
pub use auth::{Auth, AuthTarget, HttpType};
pub use global::{Global, HostMap, Rtp, Sock};
pub use http::{Dash, Hls, HlsFormat, Http, Rec, RecMode, Upload, UploadFrom};
pub use nat::{HostPort, Nat};
pub use rtmp::{GopCache, Rtmp};
pub use rtsp::{Account, Multicast, Rtsp};
pub use srt::{Passphrase, Srt};
pub use ssl::Ssl;

/// Everything config.xml says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// What stands directly in `<config>`.
    pub global: Global,
    /// Who may do what, by rules of our own.
    pub access: Access,
    /// `<nat>`: the addresses that the outside sees.
    pub nat: Nat,
    /// `<ssl>`: keys and certificates.
    pub ssl: Ssl,
    /// `<rtmp>`.
    pub rtmp: Rtmp,
    /// `<rtsp>`.
    pub rtsp: Rtsp,
    /// `<http>`.
    pub http: Http,
    /// `<srt>`.
    pub srt: Srt,
}
