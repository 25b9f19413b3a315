//! What one client and the server exchange: two sockets, two addresses, and a lane each way.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use mio::net::UdpSocket;

use super::lane::{self, Lane};
use super::{Counts, Tally, Weather};

/// One client's datagrams and the answers to them.
#[derive(Debug)]
pub(super) struct Flow {
    /// Faces the client.
    front: Rc<UdpSocket>,
    /// Faces the server, and is this client to it.
    back: UdpSocket,
    client: SocketAddr,
    server: SocketAddr,
    lane_there: Lane,
    lane_back: Lane,
}

impl Flow {
    pub(super) fn new(
        (front, client): (Rc<UdpSocket>, SocketAddr),
        (back, server): (UdpSocket, SocketAddr),
        weather: &Weather,
        number: u64,
    ) -> Self {
        let lane_there = Lane::new(weather.there, lane::seed(weather.seed, number, false));
        let lane_back = Lane::new(weather.back, lane::seed(weather.seed, number, true));
        Self { front, back, client, server, lane_there, lane_back }
    }

    /// Whether a datagram that came from there to this front socket is this client's.
    pub(super) fn is_of(&self, front: &Rc<UdpSocket>, from: SocketAddr) -> bool {
        Rc::ptr_eq(&self.front, front) && self.client == from
    }

    /// The socket that faces the server.
    pub(super) fn back(&mut self) -> &mut UdpSocket {
        &mut self.back
    }

    /// The client sent something.
    pub(super) fn sent(&mut self, now: Instant, data: &[u8], counts: &mut Counts) {
        self.lane_there.push(now, data, &mut counts.there);
    }

    /// Takes all that the server has sent.
    pub(super) fn answers(&mut self, now: Instant, buffer: &mut [u8], counts: &mut Counts) {
        while let Ok((length, from)) = self.back.recv_from(buffer) {
            if from == self.server {
                self.lane_back.push(now, &buffer[..length], &mut counts.back);
            }
        }
    }

    /// Sends on what has come to the end of its way.
    pub(super) fn deliver(&mut self, now: Instant, counts: &mut Counts) {
        while let Some(data) = self.lane_there.pop(now) {
            left(self.back.send_to(&data, self.server), &mut counts.there);
        }
        while let Some(data) = self.lane_back.pop(now) {
            left(self.front.send_to(&data, self.client), &mut counts.back);
        }
    }

    /// When there is something to be sent on.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.lane_there.next_at().into_iter().chain(self.lane_back.next_at()).min()
    }
}

fn left(sent: io::Result<usize>, tally: &mut Tally) {
    match sent {
        Ok(_) => tally.left += 1,
        Err(_) => tally.overflowed += 1,
    }
}
