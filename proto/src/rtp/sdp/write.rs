//! Descriptions of ours.
//!
//! Specs: RFC 8866 §5, §6; RFC 2326 §C.1; RFC 6064 §6.2.1 (`framesize`).

use std::fmt::Write;
use std::net::IpAddr;

use bytes::Bytes;
use rtmpd_core::media::{Description, Kind, Track};

use crate::rtp::payload::Format;
use crate::rtp::{carried, payload_type};

/// Longest name of a session, in characters.
const MAX_NAME: usize = 200;

/// The description of a stream called `name`, as this server has it at `host`.
pub fn describe(description: &Description, name: &str, host: IpAddr) -> Bytes {
    let mut out = String::with_capacity(1024);
    let (family, nowhere) = if host.is_ipv6() { ("IP6", "::") } else { ("IP4", "0.0.0.0") };
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_NAME).collect();
    // RFC 8866 §5.3: a session without a name is called so.
    let name = Some(name.trim()).filter(|name| !name.is_empty()).unwrap_or("-");
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        out,
        "v=0\r\no=- 0 0 IN {family} {host}\r\ns={name}\r\nc=IN {family} {nowhere}\r\nt=0 0\r\n\
         a=tool:smart_rtmpd\r\na=range:npt=now-\r\na=control:*\r\n"
    );
    let rate = description.metadata.as_ref().and_then(|metadata| metadata.number("framerate"));
    for (place, track) in carried(description).enumerate() {
        if let Some(format) = Format::of(track) {
            write_track(&mut out, track, place, &format);
            let rate = rate.filter(|rate| is_first_video(track) && (1.0..=1000.0).contains(rate));
            if let Some(rate) = rate {
                let _ = write!(out, "a=framerate:{}\r\n", (rate * 1000.0).round() / 1000.0);
            }
        }
    }
    out.into()
}

/// What the publisher says of its pictures it says of the first ones.
fn is_first_video(track: &Track) -> bool {
    track.kind() == Kind::Video && track.index == 0
}

fn write_track(out: &mut String, track: &Track, place: usize, format: &Format) {
    let kind = match track.kind() {
        Kind::Video => "video",
        Kind::Audio => "audio",
        Kind::Data => "application",
    };
    let number = payload_type(track, place);
    let Format { encoding, clock_rate, channels, parameters } = format;
    let _ = write!(out, "m={kind} 0 RTP/AVP {number}\r\na=rtpmap:{number} {encoding}/{clock_rate}");
    if track.kind() == Kind::Audio && *channels > 1 || encoding == "opus" || encoding == "mpeg4-generic" {
        let _ = write!(out, "/{}", channels.max(&1));
    }
    out.push_str("\r\n");
    if !parameters.is_empty() {
        let all: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = write!(out, "a=fmtp:{number} {}\r\n", all.join(";"));
    }
    if track.width > 0 && track.height > 0 {
        let _ = write!(out, "a=framesize:{number} {}-{}\r\n", track.width, track.height);
    }
    let _ = write!(out, "a=control:trackID={place}\r\n");
}
