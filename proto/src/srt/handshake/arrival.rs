//! Somebody who wants a connection and has proved where it is.
//!
//! Spec: draft-sharabayko-srt §4.3.1.2, §3.2.1.

use std::net::SocketAddr;

use rtmpd_core::Instant;

use super::door::rejection;
use super::peer_start;
use crate::srt::reject::Reject;
use crate::srt::settings::OLDEST;
use crate::srt::wire::{Extensions, Features, Handshake, Hello, KeyMaterial, Outgoing};

/// See the module's text.
#[derive(Debug)]
pub struct Arrival {
    pub(super) from: SocketAddr,
    pub(super) handshake: Handshake,
    pub(super) hello: Hello,
    pub(super) material: Option<KeyMaterial>,
    pub(super) material_as_sent: Vec<u8>,
    pub(super) peer_start: i64,
    stream_id: Option<String>,
}

/// What there is to decide about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Which stream, in the caller's words; see [`crate::srt::Wanted`].
    pub stream_id: String,
    /// Length of the caller's key in bytes, when it encrypts.
    pub encrypted: Option<usize>,
    /// Version of the caller's library: major, minor and patch, a byte each.
    pub version: u32,
}

impl Arrival {
    /// Judges what needs no knowledge of streams.
    pub(super) fn new(
        now: Instant,
        from: SocketAddr,
        timestamp: u32,
        handshake: &Handshake,
        extensions: Extensions,
    ) -> Result<Self, Reject> {
        if handshake.version != 5 {
            return Err(Reject::VERSION);
        }
        let hello = extensions.request.ok_or(Reject::ROGUE)?;
        check(&hello, &extensions)?;
        if handshake.id == 0 || handshake.mtu < 76 {
            return Err(Reject::ROGUE);
        }
        let material_as_sent = extensions.key_request.unwrap_or_default();
        let material = match material_as_sent.as_slice() {
            [] => None,
            body => Some(KeyMaterial::parse(body).map_err(|_| Reject::CRYPTO)?),
        };
        Ok(Self {
            from,
            handshake: handshake.clone(),
            hello,
            material,
            material_as_sent,
            peer_start: peer_start(now, timestamp),
            stream_id: extensions.stream_id,
        })
    }

    /// The caller's socket id.
    pub fn caller(&self) -> u32 {
        self.handshake.id
    }

    /// What there is to decide about.
    pub fn asked(&self) -> Asked {
        Asked {
            stream_id: self.stream_id.clone().unwrap_or_default(),
            encrypted: self.material.as_ref().map(|material| material.key_length),
            version: self.hello.version,
        }
    }

    /// The answer that says no.
    pub fn reject(&self, reject: Reject) -> Outgoing {
        rejection(&self.handshake, reject)
    }
}

fn check(hello: &Hello, extensions: &Extensions) -> Result<(), Reject> {
    let refusals = [
        (hello.version < OLDEST, Reject::VERSION),
        (hello.features.has(Features::BYTE_STREAM), Reject::MESSAGE_API),
        (extensions.congestion.as_deref().is_some_and(|kind| kind != "live"), Reject::CONGESTION),
        (extensions.filter.as_deref().is_some_and(|filter| !filter.is_empty()), Reject::FILTER),
        (extensions.group, Reject::GROUP),
    ];
    refusals.iter().find(|(refused, _)| *refused).map_or(Ok(()), |(_, reject)| Err(*reject))
}
