//! Where digests are in the 1536 bytes, and what they are made of.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::LEN;

/// Length of a digest.
pub(super) const DIGEST: usize = 32;

const PLAYER_NAME: &[u8] = b"Genuine Adobe Flash Player 001";
const SERVER_NAME: &[u8] = b"Genuine Adobe Flash Media Server 001";
/// What both sides' long keys end with.
const TAIL: [u8; 32] = [
    0xF0, 0xEE, 0xC2, 0x4A, 0x80, 0x68, 0xBE, 0xE8, 0x2E, 0x00, 0xD0, 0xD1, 0x02, 0x9E, 0x7E, 0x57, 0x6E,
    0xEC, 0x5D, 0x2D, 0x29, 0x80, 0x6F, 0xAB, 0x93, 0xB8, 0xE6, 0x36, 0xCF, 0xEB, 0x31, 0xAE,
];

/// Whose digest it is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    /// The key of the first packet's digest.
    fn name(self) -> &'static [u8] {
        match self {
            Self::Client => PLAYER_NAME,
            Self::Server => SERVER_NAME,
        }
    }

    /// The key that the second packet's key is made with.
    fn long_key(self) -> Vec<u8> {
        [self.name(), &TAIL].concat()
    }
}

/// Where a digest is put.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Schema {
    /// In the second half, behind the key.
    KeyFirst,
    /// In the first half, before the key.
    DigestFirst,
}

impl Schema {
    /// Where the digest of `packet` begins.
    fn place(self, packet: &[u8; LEN]) -> usize {
        let pointer = match self {
            Self::KeyFirst => 772,
            Self::DigestFirst => 8,
        };
        let sum: usize = packet.iter().skip(pointer).take(4).map(|&byte| usize::from(byte)).sum();
        pointer + 4 + sum % 728
    }
}

/// The digest in a first packet, if it is a genuine one of this side.
pub(super) fn find(packet: &[u8; LEN], side: Side) -> Option<(Schema, [u8; DIGEST])> {
    [Schema::KeyFirst, Schema::DigestFirst].into_iter().find_map(|schema| {
        let (digest, genuine) = digest_at(packet, schema, side)?;
        (digest == genuine).then_some((schema, digest))
    })
}

/// Puts this side's digest into a first packet; returns it.
pub(super) fn seal(packet: &mut [u8; LEN], schema: Schema, side: Side) -> [u8; DIGEST] {
    let Some((_, digest)) = digest_at(packet, schema, side) else { return [0; DIGEST] };
    let place = schema.place(packet);
    for (byte, sealed) in packet.iter_mut().skip(place).zip(digest) {
        *byte = sealed;
    }
    digest
}

/// The digest that a first packet has, and the one that it should have.
fn digest_at(packet: &[u8; LEN], schema: Schema, side: Side) -> Option<([u8; DIGEST], [u8; DIGEST])> {
    let place = schema.place(packet);
    let (before, rest) = packet.split_at_checked(place)?;
    let (digest, after) = rest.split_first_chunk::<DIGEST>()?;
    Some((*digest, hmac(side.name(), [before, after])))
}

/// Puts into the end of a second packet that its sender has seen the other side's digest.
pub(super) fn confirm(packet: &mut [u8; LEN], side: Side, seen: &[u8; DIGEST]) {
    let key = hmac(&side.long_key(), [seen, &[]]);
    let (body, end) = packet.split_at_mut(LEN - DIGEST);
    for (byte, sealed) in end.iter_mut().zip(hmac(&key, [body, &[]])) {
        *byte = sealed;
    }
}

/// Whether a second packet confirms `seen`.
#[cfg(test)]
pub(super) fn confirms(packet: &[u8; LEN], side: Side, seen: &[u8; DIGEST]) -> bool {
    let mut genuine = *packet;
    confirm(&mut genuine, side, seen);
    genuine == *packet
}

fn hmac(key: &[u8], parts: [&[u8]; 2]) -> [u8; DIGEST] {
    // HMAC takes keys of any length, so there is no error to report.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; DIGEST] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
