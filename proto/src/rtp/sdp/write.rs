//! Descriptions of ours.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use rtmpd_core::media::{Description, Kind};

use crate::rtp::payload::Format;
use crate::rtp::{carried, payload_type};

/// Multicast: where each track goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Casting {
    /// The group.
    pub group: Ipv4Addr,
    /// RTP port of the first track; the next has the next even one.
    pub port: u16,
    /// Routers that packets may cross.
    pub ttl: u8,
}

/// The description of a stream called `name`, as this server has it at `host`.
pub fn describe(description: &Description, name: &str, host: IpAddr) -> Bytes {
    let mut out = String::with_capacity(1024);
    let (family, nowhere) = if host.is_ipv6() { ("IP6", "::") } else { ("IP4", "0.0.0.0") };
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = if name.is_empty() { "-" } else { &name };
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "v=0\r\no=- 0 0 IN {family} {host}\r\ns={name}\r\nc=IN {family} {nowhere}\r\nt=0 0\r\n\
         a=tool:smart_rtmpd\r\na=range:npt=now-\r\na=control:*\r\n"
    );
    for (place, track) in carried(description).enumerate() {
        let Some(format) = Format::of(track) else { continue };
        let kind = match track.kind() {
            Kind::Video => "video",
            Kind::Audio => "audio",
            Kind::Data => "application",
        };
        let number = payload_type(track, place);
        let Format { encoding, clock_rate, channels, parameters } = format;
        let _ = write!(out, "m={kind} 0 RTP/AVP {number}\r\na=rtpmap:{number} {encoding}/{clock_rate}");
        if track.kind() == Kind::Audio && channels > 1 || encoding == "opus" || encoding == "mpeg4-generic" {
            let _ = write!(out, "/{}", channels.max(1));
        }
        out.push_str("\r\n");
        if !parameters.is_empty() {
            let all: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let _ = write!(out, "a=fmtp:{number} {}\r\n", all.join(";"));
        }
        let _ = write!(out, "a=control:trackID={place}\r\n");
    }
    out.into()
}
