//! What values are allowed. Each function takes the trimmed text and gives the value, or says what is expected.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use crate::settings::HostPort;

/// Longest host name, in bytes (RFC 1035 §2.3.4).
const MAX_HOST: usize = 253;

/// A whole number in `range`; `unit` says of what, and may be empty.
pub(crate) fn number(range: RangeInclusive<u32>, unit: &'static str) -> impl Fn(&str) -> Result<u32, String> {
    move |text| {
        let space = if unit.is_empty() { "" } else { " " };
        let expected = || format!("a whole number {}-{}{space}{unit}", range.start(), range.end());
        digits(text).filter(|number| range.contains(number)).ok_or_else(expected)
    }
}

/// A TCP or UDP port.
pub(crate) fn port(text: &str) -> Result<u16, String> {
    let number = digits(text).and_then(|number| u16::try_from(number).ok());
    number.filter(|port| *port != 0).ok_or_else(|| "a port number 1-65535".into())
}

/// A truth value, as people write it.
pub(crate) fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("true or false (or 1, 0, yes, no, on, off)".into()),
    }
}

/// An address to listen on.
pub(crate) fn ip(text: &str) -> Result<Option<IpAddr>, String> {
    let address = unbracketed(text).unwrap_or(text).parse();
    address
        .map(Some)
        .map_err(|_| "an IPv4 or IPv6 address of this machine, or nothing for all of them".into())
}

/// A host name or address, with or without a port.
pub(crate) fn host_port(text: &str) -> Result<Option<HostPort>, String> {
    split_host(text).map(Some).ok_or_else(|| "a host name or address, with or without :port".into())
}

/// A host name or address without a port.
pub(crate) fn host(text: &str) -> Result<String, String> {
    let host = split_host(text).filter(|host| host.port.is_none());
    host.map(|host| host.host).ok_or_else(|| "a host name or address without a port".into())
}

/// `host`, `host:port`, `[IPv6]`, `[IPv6]:port` or a bare IPv6 address.
pub(crate) fn split_host(text: &str) -> Option<HostPort> {
    let bare = |host: &str| Some(HostPort { host: host.into(), port: None });
    if text.parse::<IpAddr>().is_ok() {
        return bare(text);
    }
    if let Some(host) = unbracketed(text) {
        return host.parse::<Ipv6Addr>().ok().and_then(|_| bare(host));
    }
    let Some((host, port_text)) = text.rsplit_once(':') else {
        return is_host_name(text).then(|| bare(text)).flatten();
    };
    let port = Some(port(port_text).ok()?);
    let host = match unbracketed(host) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok().then_some(inner)?,
        None => (is_host_name(host) || host.parse::<Ipv4Addr>().is_ok()).then_some(host)?,
    };
    Some(HostPort { host: host.into(), port })
}

fn unbracketed(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.len() <= 63 && label.chars().all(good)
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    // What is all digits and dots was meant to be an IPv4 address, and is none.
    let is_number = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.len() <= MAX_HOST && !is_number && text.split('.').all(is_label)
}

/// Decimal digits and nothing else: no sign, no blanks.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
