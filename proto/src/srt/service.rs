//! The listener: finds the connection that a datagram is for, and makes new ones.
//!
//! Specs: draft-sharabayko-srt §3 (socket ids), §4.3.1 (handshakes are for id 0).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::{Alias, Dice, Instant, Machine, Peer, Service};

use super::crypto::{Passphrase, Secret};
use super::server::SrtServer;
use super::wire::{Control, Handshake, Packet, Stage};
use super::{Answer, Door, Settings};
use crate::bytes::Reader;

/// Ids of sockets that are no groups.
const IDS: u32 = 0x3FFF_FFFF;
/// Aliases of callers, who do not know our id yet, lie above all ids.
const CALLER: u64 = 1 << 63;
/// Where a packet says for which socket it is.
const DESTINATION: usize = 12;
/// Where a handshake says which socket it is from.
const CALLER_ID: usize = 40;

/// Who must know which passphrase.
#[derive(Clone, Debug, Default)]
pub struct Passphrases {
    /// Everybody, unless the stream has its own; `None`: nobody needs to know one.
    pub all: Option<Passphrase>,
    /// By stream, as `app/name`.
    pub streams: BTreeMap<String, Passphrase>,
}

impl Passphrases {
    /// The passphrase of this stream.
    pub(super) fn of(&self, stream: &str) -> Option<&Passphrase> {
        self.streams.get(stream).or(self.all.as_ref())
    }
}

/// See the module's text.
#[derive(Debug)]
pub struct SrtService {
    door: Door,
    settings: Settings,
    passphrases: Arc<Passphrases>,
    secret: Secret,
    dice: Dice,
    made: u64,
    /// In a replay: the ids that the captured server had for a caller's socket.
    recalled: BTreeMap<(SocketAddr, u32), u32>,
}

impl SrtService {
    /// A listener. All secrets of its connections follow from `secret`; the services of one socket that several workers
    /// share need the same one, so that a cookie is good for all of them.
    pub fn new(settings: Settings, passphrases: Arc<Passphrases>, secret: Secret, dice: Dice) -> Self {
        let (door, recalled) = (Door::new(&secret, settings), BTreeMap::new());
        Self { door, settings, passphrases, secret, dice, made: 0, recalled }
    }
}

impl Service for SrtService {
    fn name(&self) -> &'static str {
        "srt"
    }

    fn alias(&self, from: SocketAddr, data: &[u8]) -> Alias {
        match number_at(data, DESTINATION) {
            Some(0) | None => caller(from, number_at(data, CALLER_ID).unwrap_or_default()),
            Some(id) => Alias::Id(id.into()),
        }
    }

    fn stray(
        &mut self,
        now: Instant,
        peer: Peer,
        data: &[u8],
        replies: &mut Vec<Bytes>,
    ) -> Option<Box<dyn Machine>> {
        match self.door.answer(now, peer.remote, data) {
            Answer::Nothing => None,
            Answer::Reply(reply) => {
                replies.push(reply.to_vec().into());
                None
            }
            Answer::Arrival(arrival) => {
                let recalled = self.recalled.remove(&(peer.remote, arrival.caller()));
                let id = recalled.unwrap_or_else(|| (self.dice.next_u64() as u32 & IDS).max(1));
                self.made += 1;
                let secret = self.secret.child("srt connection", self.dice.next_u64() ^ self.made);
                let aliases = [caller(peer.remote, arrival.caller()), Alias::Id(id.into())];
                let connection = super::Connection::answer(now, arrival, id, self.settings, secret);
                Some(Box::new(SrtServer::new(connection, peer, aliases, self.passphrases.clone())))
            }
        }
    }

    fn recall(&mut self, peer: Peer, said: &[u8]) {
        let Ok(Packet::Control { control: Control::Handshake(body), destination, .. }) = Packet::parse(said)
        else {
            return;
        };
        let Ok((handshake, _)) = Handshake::parse(body) else { return };
        match handshake.stage {
            Stage::Induction => self.door.recall(peer.remote, handshake.cookie),
            Stage::Conclusion => {
                self.recalled.insert((peer.remote, destination), handshake.id);
            }
            Stage::WaveAhand | Stage::Agreement | Stage::Rejection(_) | Stage::Other(_) => {}
        }
    }
}

/// The alias of a caller's handshakes: one that repeats its conclusion, as our answer was lost, is no new one.
fn caller(from: SocketAddr, id: u32) -> Alias {
    let mut hasher = DefaultHasher::new();
    (from, id).hash(&mut hasher);
    Alias::Id(hasher.finish() | CALLER)
}

fn number_at(data: &[u8], at: usize) -> Option<u32> {
    let mut reader = Reader::new(data);
    reader.skip(at)?;
    reader.u32()
}
