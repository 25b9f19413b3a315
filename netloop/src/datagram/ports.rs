//! Port pairs for RTP and RTCP: RTP on an even port, RTCP on the next one (RFC 3550 §11).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use super::{Options, Socket};

/// Most pairs or ports tried for one call; the next call goes on from there.
const TRIES: usize = 256;

/// Deals out sockets in a range of ports, going around so that a port which was given up rests for a while: late
/// datagrams of its last session should find nobody.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The first even port.
    first: u16,
    /// Pairs that are wholly in the range.
    pairs: u16,
    /// The pair to begin with.
    next: u16,
    range: RangeInclusive<u16>,
}

impl Ports {
    /// Ports of this range; `seed` says where to begin: neighbours begin far from each other, workers for instance.
    ///
    /// # Errors
    /// `InvalidInput` when no pair is in the range.
    pub fn new(range: RangeInclusive<u16>, seed: u64) -> io::Result<Self> {
        let (low, high) = (u32::from(*range.start()).max(2), u32::from(*range.end()));
        let first = low.next_multiple_of(2);
        let pairs = u16::try_from((high + 1).saturating_sub(first) / 2).unwrap_or(u16::MAX);
        let (Ok(first), 1..) = (u16::try_from(first), pairs) else {
            let message = format!("ports {low} to {high} have no pair of an even port and the next one");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        };
        // The golden ratio: whatever comes next lies far from all before it.
        let place = u128::from(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)) * u128::from(pairs);
        let next = u16::try_from(place >> 64).unwrap_or(0);
        Ok(Self { first, pairs, next, range })
    }

    /// Two sockets at this address: RTP at an even port, RTCP at the next one.
    ///
    /// # Errors
    /// `AddrInUse` when no free pair was found; at once what else the system says, such as that the address is not
    /// this machine's or that no descriptors are left.
    pub fn pair(&mut self, ip: IpAddr, options: &Options) -> io::Result<(Socket, Socket)> {
        self.search(|port| {
            let rtp = options.bind(SocketAddr::new(ip, port))?;
            let rtcp = options.bind(SocketAddr::new(ip, port + 1))?;
            Ok((rtp, rtcp))
        })
    }

    /// One socket at this address, at an even port.
    ///
    /// # Errors
    /// As for [`Ports::pair`].
    pub fn one(&mut self, ip: IpAddr, options: &Options) -> io::Result<Socket> {
        self.search(|port| options.bind(SocketAddr::new(ip, port)))
    }

    fn search<T>(&mut self, mut open: impl FnMut(u16) -> io::Result<T>) -> io::Result<T> {
        let tries = TRIES.min(self.pairs.into());
        for _ in 0..tries {
            // Within the range, so it neither overflows nor leaves a port without its next.
            let port = self.first + 2 * self.next;
            self.next = if self.next + 1 < self.pairs { self.next + 1 } else { 0 };
            match open(port) {
                // Some systems keep ports for themselves: those are refused, not in use.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {
                }
                opened => return opened,
            }
        }
        let (low, high) = (self.range.start(), self.range.end());
        let message = format!("none of {tries} port pairs tried between {low} and {high} is free");
        Err(io::Error::new(io::ErrorKind::AddrInUse, message))
    }
}
