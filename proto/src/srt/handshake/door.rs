//! The listener's door: answers callers without remembering them until they have proved their address.
//!
//! Spec: draft-sharabayko-srt §4.3.1.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use rtmpd_core::Instant;

use super::Arrival;
use crate::srt::crypto::Secret;
use crate::srt::reject::Reject;
use crate::srt::settings::Settings;
use crate::srt::wire::{Control, Handshake, Outgoing, Packet, Stage};

/// A cookie is good for the minute it was made in and the next.
const MINUTE: u64 = 60_000_000;

/// See the module's text.
#[derive(Debug)]
pub struct Door {
    secret: Secret,
    settings: Settings,
    /// In a replay: the cookies of the captured server.
    recalled: BTreeSet<(SocketAddr, u32)>,
}

/// What a datagram for no connection comes to.
#[derive(Debug)]
pub enum Answer {
    /// Nothing: it was no handshake, or its cookie was not ours.
    Nothing,
    /// This answers it, to where it came from.
    Reply(Outgoing),
    /// Somebody with a proved address wants a connection. When there is one already from that address with the same
    /// [`Arrival::caller`], it is the one to be given the datagram: our answer was lost.
    Arrival(Box<Arrival>),
}

impl Door {
    /// A door whose cookies follow from `secret`.
    pub fn new(secret: &Secret, settings: Settings) -> Self {
        Self { secret: secret.child("srt cookie", 0), settings, recalled: BTreeSet::new() }
    }

    /// In a replay: the captured server gave this caller this cookie.
    pub fn recall(&mut self, from: SocketAddr, cookie: u32) {
        self.recalled.insert((from, cookie));
    }

    /// Takes a datagram that is for socket id 0.
    pub fn answer(&self, now: Instant, from: SocketAddr, data: &[u8]) -> Answer {
        let Ok(Packet::Control { control: Control::Handshake(body), timestamp, destination: 0 }) =
            Packet::parse(data)
        else {
            return Answer::Nothing;
        };
        let Ok((handshake, extensions)) = Handshake::parse(body) else { return Answer::Nothing };
        match handshake.stage {
            Stage::Induction => Answer::Reply(self.induce(now, from, &handshake)),
            Stage::Conclusion if !self.is_ours(now, from, handshake.cookie) => Answer::Nothing,
            Stage::Conclusion => match Arrival::new(now, from, timestamp, &handshake, extensions) {
                Ok(arrival) => Answer::Arrival(Box::new(arrival)),
                Err(reject) => Answer::Reply(rejection(&handshake, reject)),
            },
            // We are where we are: no rendezvous.
            Stage::WaveAhand => Answer::Reply(rejection(&handshake, Reject::ROGUE)),
            Stage::Agreement | Stage::Rejection(_) | Stage::Other(_) => Answer::Nothing,
        }
    }

    /// The answer to the first handshake is as long as it is, so it is of no use to those who fake addresses.
    fn induce(&self, now: Instant, from: SocketAddr, handshake: &Handshake) -> Outgoing {
        let reply = Handshake {
            version: 5,
            encryption: 0,
            extension: Handshake::MAGIC,
            window: self.settings.window,
            mtu: self.settings.mtu,
            cookie: self.cookie(now.as_micros() / MINUTE, from),
            address: crate::srt::wire::address_field(from.ip()),
            ..handshake.clone()
        };
        Control::Handshake(&reply.write(&Default::default())).write(0, handshake.id)
    }

    fn is_ours(&self, now: Instant, from: SocketAddr, cookie: u32) -> bool {
        let minute = now.as_micros() / MINUTE;
        let is_made =
            [minute, minute.saturating_sub(1)].iter().any(|&minute| self.cookie(minute, from) == cookie);
        is_made || self.recalled.contains(&(from, cookie))
    }

    /// A keyed digest of the address and the minute; never 0, which means none.
    fn cookie(&self, minute: u64, from: SocketAddr) -> u32 {
        let address = match from.ip() {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        let digest =
            self.secret.digest(&[&minute.to_be_bytes(), &address.octets(), &from.port().to_be_bytes()]);
        let [a, b, c, d, ..] = digest;
        u32::from_be_bytes([a, b, c, d]).max(1)
    }
}

/// Says no.
pub(super) fn rejection(handshake: &Handshake, reject: Reject) -> Outgoing {
    let reply = Handshake {
        version: 5,
        encryption: 0,
        extension: 0,
        stage: Stage::Rejection(reject.wire()),
        ..handshake.clone()
    };
    let body: Bytes = reply.write(&Default::default()).freeze();
    Control::Handshake(&body).write(0, handshake.id)
}
