//! What stands directly in `<config>`: threads, pace, sockets, RTP ports, the auth server.

use crate::settings::Auth;
use crate::value;
use crate::xml::Section;

/// What stands directly in `<config>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// `<threads>`: worker threads; 0 = one per core.
    pub threads: u32,
    /// `<elapse>`: most ms a frame may wait so that several go out in one write; 0 = never wait.
    pub elapse_ms: u32,
    /// `<hold>`: for how many seconds viewers are kept when their publisher has gone.
    pub hold_s: u32,
    /// `<sock>`: the system's socket buffers.
    pub sock: Sock,
    /// `<authurl>`: the server that is asked about every push and play; `None`: nobody is asked.
    pub auth: Option<Auth>,
    /// `<rtp>`: ports of RTP, RTCP and WebRTC.
    pub rtp: Rtp,
    /// `<hostmap>`: the older way to say what `<nat>` says.
    pub hostmap: Option<HostMap>,
}

/// Socket buffers of each connection, in KB (1024 bytes); 0 = let the system choose.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sock {
    /// `<recvbuffer>`.
    pub recv_kb: u32,
    /// `<sendbuffer>`.
    pub send_kb: u32,
}

/// UDP ports of RTP, RTCP and WebRTC.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Rtp {
    /// First port of the range.
    pub min: u16,
    /// Last port of the range, above `min`.
    pub max: u16,
    /// Packets that may wait in a queue.
    pub que: u32,
    /// Each RTSP player has sockets of its own, and is sent media to where its first packet came from.
    pub follow: bool,
}

/// An inside and an outside name or address of this server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostMap {
    /// As clients of the own network reach it.
    pub inner: String,
    /// As all others reach it.
    pub outer: String,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            threads: 0,
            elapse_ms: 10,
            hold_s: 30,
            sock: Sock::default(),
            auth: None,
            rtp: Rtp::default(),
            hostmap: None,
        }
    }
}

impl Default for Sock {
    fn default() -> Self {
        Self { recv_kb: 4096, send_kb: 4096 }
    }
}

impl Default for Rtp {
    fn default() -> Self {
        Self { min: 30_000, max: 65_535, que: 20_000, follow: false }
    }
}

impl Global {
    pub(crate) fn read(section: &mut Section) -> Self {
        let default = Self::default();
        Self {
            threads: section.take("threads", value::number(0..=1024, ""), default.threads),
            elapse_ms: elapse(section),
            hold_s: section.take("hold", value::number(0..=86_400, "(seconds)"), default.hold_s),
            sock: Sock::read(section),
            auth: Auth::read(section),
            rtp: Rtp::read(section),
            hostmap: HostMap::read(section),
        }
    }
}

/// In old files `<elapse>` was a switch for tracing, which this server has no use for.
fn elapse(section: &mut Section) -> u32 {
    let default = Global::default().elapse_ms;
    let is_old = |text: String| text.parse::<u32>().is_err() && value::truth(&text).is_ok();
    if section.peek("elapse").is_some_and(is_old) {
        section.warn("elapse", &format!("which is its older meaning; taken as {default} (ms)"));
        return default;
    }
    section.take("elapse", value::number(0..=10_000, "(ms)"), default)
}

impl Sock {
    fn read(section: &mut Section) -> Self {
        let default = Self::default();
        let kb = value::number(0..=1_048_576, "(KB)");
        Self {
            recv_kb: section.take("sock_recvbuffer", &kb, default.recv_kb),
            send_kb: section.take("sock_sendbuffer", &kb, default.send_kb),
        }
    }
}

impl Rtp {
    fn read(section: &mut Section) -> Self {
        let default = Self::default();
        let min = section.take("rtp_min", value::port, default.min);
        let max = section.take("rtp_max", value::port, default.max);
        if min >= max {
            let name = if section.peek("rtp_max").is_some() { "rtp_max" } else { "rtp_min" };
            section.refuse(name, &format!("expected min below max, but min is {min} and max is {max}"));
        }
        Self {
            min,
            max,
            que: section.take("rtp_que", value::number(1..=1_000_000, "(packets)"), default.que),
            follow: section.take("rtp_follow", value::truth, default.follow),
        }
    }
}

impl HostMap {
    fn read(section: &mut Section) -> Option<Self> {
        let some = |text: &str| value::host(text).map(Some);
        let inner = section.take("hostmap_inner", some, None);
        let outer = section.take("hostmap_outer", some, None);
        let given = [section.peek("hostmap_inner").is_some(), section.peek("hostmap_outer").is_some()];
        match given {
            [true, false] => section.refuse("hostmap_inner", "expected outer beside it"),
            [false, true] => section.refuse("hostmap_outer", "expected inner beside it"),
            [true, true] | [false, false] => {}
        }
        Some(Self { inner: inner?, outer: outer? })
    }
}
