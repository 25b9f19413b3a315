//! Those who get RTP by datagrams: one socket for all, one call for each run of packets.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::Counts;
use super::caller::{Caller, Change};
use super::cut::Cut;
use super::datagrams::Sender;
use super::serve::Crowd;
use crate::error::Fault;
use crate::flv::Trace;

/// What the socket may hold on its way, bytes, if the system allows it.
const ROOM: usize = 8 << 20;

#[derive(Debug)]
pub(super) struct RtspCrowd {
    socket: UdpSocket,
    port: u16,
    cut: Cut,
    senders: [Sender; 2],
    callers: Vec<Option<Caller>>,
    counts: Counts,
    stop: bool,
}

impl RtspCrowd {
    /// Sends from a free port of this address. Fails when there is none.
    pub(super) fn new(addr: SocketAddr, trace: &Trace) -> Result<Self, Fault> {
        let socket = UdpSocket::bind(SocketAddr::new(addr.ip(), 0))?;
        socket.set_nonblocking(true)?;
        SockRef::from(&socket).set_send_buffer_size(ROOM)?;
        let port = socket.local_addr()?.port();
        Ok(Self {
            socket,
            port,
            cut: Cut::new(trace),
            senders: [Sender::default(), Sender::default()],
            callers: Vec::new(),
            counts: Counts::default(),
            stop: false,
        })
    }

    /// Those who play have changed.
    fn gather(&mut self) {
        let playing = || self.callers.iter().flatten().filter(|caller| caller.playing);
        for (track, sender) in self.senders.iter_mut().enumerate() {
            sender.set_receivers(playing().filter_map(|caller| caller.to[track]));
        }
    }

    /// Throws away what receivers report.
    fn drain(&self) {
        let mut waste = [0; 256];
        while self.socket.recv(&mut waste).is_ok() {}
    }
}

impl Crowd for RtspCrowd {
    fn welcome(&mut self, registry: &Registry, mut socket: TcpStream) -> io::Result<()> {
        registry.register(&mut socket, Token(self.callers.len()), Interest::READABLE)?;
        self.callers.push(Some(Caller::new(socket)));
        Ok(())
    }

    fn on_readable(&mut self, place: usize, _: &Trace) {
        let Some(caller) = self.callers.get_mut(place).and_then(Option::as_mut) else { return };
        let was_playing = caller.playing;
        match caller.read(self.port) {
            Ok(Change::Nothing) => {}
            Ok(Change::Playing) => {
                self.counts.players += u64::from(!was_playing);
                self.gather();
            }
            Ok(Change::Stop) => self.stop = true,
            Err(_) => {
                self.callers[place] = None;
                self.gather();
            }
        }
    }

    fn send(&mut self, (from, to): (u64, u64), trace: &Trace) {
        let Self { socket, cut, senders, counts, .. } = self;
        for index in from..to {
            cut.give(index, trace.due_ms(index), |track, packets, size| {
                senders[track].send(socket, packets, size, counts);
            });
        }
        self.drain();
    }

    fn is_over(&self) -> bool {
        self.stop
    }

    fn counts(&self) -> Counts {
        self.counts
    }
}
