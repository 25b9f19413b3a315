//! The UDP sockets of a replayed server: what each has sent, and who hears what comes to a port.

use std::net::SocketAddr;

use super::digest::Digest;
use super::reassembly::{Step, What};
use crate::shard::PortId;

/// Sockets that the capture knows nothing of have ports from here on.
const FIRST_PORT: u16 = 50_000;

/// What a real driver has a UDP socket for.
pub(super) struct Mouth {
    pub(super) id: PortId,
    pub(super) number: u16,
    /// Of several with one number, this one is for this peer: the captured server had one socket for all.
    remote: Option<SocketAddr>,
    pub(super) sent: u64,
    pub(super) digest: Digest,
}

/// All of them.
pub(super) struct Mouths {
    all: Vec<Mouth>,
    /// Between whom datagrams went in the capture, in the order of the first.
    ways: Vec<(SocketAddr, SocketAddr)>,
}

impl Mouths {
    /// None yet; `steps` are the capture's.
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut ways = Vec::new();
        for step in steps {
            if let What::Datagram { from, to, .. } = step.what
                && !ways.contains(&(from, to))
            {
                ways.push((from, to));
            }
        }
        Self { all: Vec::new(), ways }
    }

    /// There is a socket, for this peer or for whoever comes.
    pub(super) fn add(&mut self, id: PortId, number: u16, remote: Option<SocketAddr>) {
        self.all.push(Mouth { id, number, remote, sent: 0, digest: Digest::new() });
    }

    /// Who hears a datagram.
    pub(super) fn hearing(&self, from: SocketAddr, number: u16) -> Option<PortId> {
        let mut those = self.all.iter().filter(|mouth| mouth.number == number);
        let first = those.clone().next();
        those.find(|mouth| mouth.remote == Some(from)).or(first).map(|mouth| mouth.id)
    }

    /// The ports for a pair of sockets, the first of the two: what the captured server had for this peer, or any.
    pub(super) fn choose(&self, remotes: [SocketAddr; 2]) -> u16 {
        let had = self.ways.iter().find_map(|&(from, to)| match (from, to) {
            (from, to) if from == remotes[0] => Some(to.port()),
            (from, to) if to == remotes[0] => Some(from.port()),
            (from, to) if from == remotes[1] => to.port().checked_sub(1),
            _ => None,
        });
        let is_same = |mouth: &Mouth| mouth.remote.is_none_or(|remote| remotes.contains(&remote));
        let is_taken = |number: u16| self.all.iter().any(|mouth| mouth.number == number && is_same(mouth));
        let is_free = |number: &u16| !self.all.iter().any(|mouth| mouth.number == *number);
        let any = || (FIRST_PORT..u16::MAX).step_by(2).find(is_free);
        had.filter(|number| !is_taken(*number) && *number < u16::MAX).or_else(any).unwrap_or(FIRST_PORT)
    }

    /// The socket of this id.
    pub(super) fn find_mut(&mut self, id: PortId) -> Option<&mut Mouth> {
        self.all.iter_mut().find(|mouth| mouth.id == id)
    }

    /// Closes the socket of this id.
    pub(super) fn remove(&mut self, id: PortId) -> Option<Mouth> {
        let place = self.all.iter().position(|mouth| mouth.id == id)?;
        Some(self.all.remove(place))
    }

    /// The id of the first one that is still open.
    pub(super) fn first(&self) -> Option<PortId> {
        self.all.first().map(|mouth| mouth.id)
    }
}
