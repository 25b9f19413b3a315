//! Lists of addresses. Specs: RFC 4632 §3.1, RFC 4291 §2.3 (prefixes).

use std::fmt;
use std::net::IpAddr;

/// Addresses that begin alike.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

impl Net {
    /// `10.0.0.0/8`, `fd00::/8`, or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let most: u8 = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().ok().filter(|bits| *bits <= most)?,
            None => most,
        };
        // An IPv4 address in IPv6 clothes is compared as what it is.
        match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(inner)) => {
                Some(Self { address: inner.into(), bits: bits.checked_sub(96)? })
            }
            _ => Some(Self { address, bits }),
        }
    }

    /// Whether `address` is one of these.
    pub fn contains(self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            let rest = width.saturating_sub(self.bits.into());
            one.checked_shr(rest).unwrap_or(0) == other.checked_shr(rest).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(other)) => same(u32::from(net).into(), u32::from(other).into(), 32),
            (IpAddr::V6(net), IpAddr::V6(other)) => same(net.into(), other.into(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Who may connect at all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Addresses {
    /// Only these, unless it is empty.
    pub allow: Vec<Net>,
    /// Not these.
    pub deny: Vec<Net>,
}

impl Addresses {
    /// Whether this one may.
    ///
    /// # Errors
    /// With the rule that says no.
    pub fn check(&self, address: IpAddr) -> Result<(), String> {
        if let Some(net) = self.deny.iter().find(|net| net.contains(address)) {
            return Err(format!("addresses of {net} are not let in"));
        }
        if self.allow.is_empty() || self.allow.iter().any(|net| net.contains(address)) {
            return Ok(());
        }
        Err("its address is not one of those that are let in".to_owned())
    }
}
