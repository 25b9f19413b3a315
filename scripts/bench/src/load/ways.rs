//! A player's own sockets for datagrams: a pair for each track.
//! Follows RFC 3550 section 11: RTP on an even port, RTCP on the next.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::datagrams::Batch;
use crate::rtsp::{Ports, RtspSession};

/// How often the server hears that the player is there.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// What each RTP socket may hold, bytes, if the system allows it.
const ROOM: usize = 4 << 20;
/// How many ports are tried until one with a free neighbour is found.
const TRIES: usize = 100;

#[derive(Debug)]
pub(super) struct Ways {
    pairs: Vec<Pair>,
    report_at: Instant,
}

#[derive(Debug)]
struct Pair {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    ports: Ports,
}

impl Ways {
    /// Sockets for this many tracks. Fails when there are none.
    pub(super) fn open(tracks: usize, ip: IpAddr) -> io::Result<Self> {
        let pairs = (0..tracks).map(|_| Pair::open(ip)).collect::<io::Result<_>>()?;
        Ok(Self { pairs, report_at: Instant::now() + REPORT_EVERY })
    }

    pub(super) fn ports(&self) -> Vec<Ports> {
        self.pairs.iter().map(|pair| pair.ports).collect()
    }

    pub(super) fn watch(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.pairs.iter_mut().try_for_each(|pair| registry.register(&mut pair.rtp, token, Interest::READABLE))
    }

    pub(super) fn unwatch(&mut self, registry: &Registry) -> io::Result<()> {
        self.pairs.iter_mut().try_for_each(|pair| registry.deregister(&mut pair.rtp))
    }

    /// Takes all that is there, `room` bytes of each packet; how many bytes it was.
    pub(super) fn receive(&self, batch: &mut Batch, room: usize, to: &mut RtspSession) -> io::Result<u64> {
        let mut bytes = 0;
        for (place, pair) in self.pairs.iter().enumerate() {
            loop {
                let is_empty = batch.receive(&pair.rtp, room)?;
                for (packet, length) in batch.datagrams() {
                    to.packet(place, packet);
                    bytes += length as u64;
                }
                if is_empty {
                    break;
                }
            }
        }
        Ok(bytes)
    }

    /// Reports when it is time, and throws away what the server has reported.
    pub(super) fn report(
        &mut self,
        batch: &mut Batch,
        server: IpAddr,
        session: &RtspSession,
    ) -> io::Result<()> {
        if Instant::now() < self.report_at {
            return Ok(());
        }
        self.report_at += REPORT_EVERY;
        for (place, pair) in self.pairs.iter().enumerate() {
            if let Some((report, port)) = session.report(place) {
                pair.rtcp.send_to(&report, SocketAddr::new(server, port))?;
            }
            while !batch.receive(&pair.rtcp, 1)? {}
        }
        Ok(())
    }
}

impl Pair {
    fn open(ip: IpAddr) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..TRIES {
            let first = UdpSocket::bind(SocketAddr::new(ip, 0))?;
            let port = first.local_addr()?.port();
            // The neighbour above an even port, below an odd one.
            let second = match UdpSocket::bind(SocketAddr::new(ip, port ^ 1)) {
                Ok(second) => second,
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            let (rtp, rtcp) = if port % 2 == 0 { (first, second) } else { (second, first) };
            SockRef::from(&rtp).set_recv_buffer_size(ROOM)?;
            return Ok(Self { rtp, rtcp, ports: (port & !1, port | 1) });
        }
        Err(last)
    }
}
