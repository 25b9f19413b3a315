//! What captured servers said.
//!
//! Their clients answer what those drew by chance: ids of sessions, nonces, cookies. A service that is told of it draws
//! the same ([`crate::Service::recall`]).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;

use super::reassembly::{Step, What};

/// What is kept for one client. A server says early what it has drawn.
const MAX_KEPT: usize = 1 << 20;

/// What one server said.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// In connections, by the client; one after the other.
    connections: BTreeMap<SocketAddr, VecDeque<Vec<u8>>>,
    /// In datagrams, by the client.
    datagrams: BTreeMap<SocketAddr, Vec<Bytes>>,
}

impl Said {
    /// By the ports of the servers. `answers` are their directions of connections, each seen as a server's client;
    /// datagrams are among `steps`.
    pub(super) fn sort(answers: &[Step], steps: &[Step]) -> BTreeMap<u16, Self> {
        let mut all: BTreeMap<u16, Self> = BTreeMap::new();
        let mut flows = BTreeMap::new();
        for step in answers {
            match &step.what {
                What::Open { client: server, server: client, .. } => {
                    flows.insert(step.flow, (server.port(), *client));
                    all.entry(server.port())
                        .or_default()
                        .connections
                        .entry(*client)
                        .or_default()
                        .push_back(Vec::new());
                }
                What::Data(data) => {
                    let Some((server, client)) = flows.get(&step.flow) else { continue };
                    let said = all.get_mut(server).and_then(|said| said.connections.get_mut(client));
                    let Some(kept) = said.and_then(VecDeque::back_mut) else { continue };
                    let room = MAX_KEPT - kept.len();
                    kept.extend_from_slice(&data[..data.len().min(room)]);
                }
                // What follows would only be misunderstood.
                What::Gap { .. } | What::End => drop(flows.remove(&step.flow)),
                What::Datagram { .. } => {}
            }
        }
        for step in steps {
            if let What::Datagram { from, to, data } = &step.what {
                let kept = all.entry(from.port()).or_default().datagrams.entry(*to).or_default();
                if kept.len() * data.len() < MAX_KEPT {
                    kept.push(data.clone());
                }
            }
        }
        all
    }

    /// What the server said in the client's next connection.
    pub(super) fn in_connection(&mut self, client: SocketAddr) -> Option<Vec<u8>> {
        self.connections.get_mut(&client)?.pop_front()
    }

    /// What the server said to the client in datagrams, the first time this is asked.
    pub(super) fn in_datagrams(&mut self, client: SocketAddr) -> Vec<Bytes> {
        self.datagrams.remove(&client).unwrap_or_default()
    }
}
