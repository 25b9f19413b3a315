//! The calling side: our own publisher and player, for forwarding and pulling.
//!
//! Specs: see [`super`]. Both are given the address of a listener once a socket for it is there, as
//! [`rtmpd_core::Leg::FIRST`]; MPEG-TS is what they carry, in both directions as our listener does.
//!
//! - `publisher`: a viewer here who is a publisher there · `player`: a publisher here who is a player there

mod player;
mod publisher;

use rtmpd_core::{Close, Dice, Error};

pub use player::SrtPlayer;
pub use publisher::SrtPublisher;

use super::Event as Happened;

/// Ids of sockets that are no groups.
const IDS: u32 = 0x3FFF_FFFF;

/// A socket id for a [`super::Call`].
pub fn call_id(dice: &mut Dice) -> u32 {
    (dice.next_u64() as u32 & IDS).max(1)
}

/// How a connection has ended, if this is its end.
fn end_of(happened: &Happened) -> Option<Close> {
    match happened {
        Happened::Rejected(reject) => {
            let what = format!("the SRT listener refused: {reject}");
            Some(Close::Error(Error::violation(what, "draft-sharabayko-srt §4.3")))
        }
        Happened::Failed(error) => Some(Close::Error(error.clone())),
        Happened::PeerGone => Some(Close::PeerGone),
        Happened::Closed => Some(Close::Done),
        Happened::Asked(_) | Happened::Opened(_) | Happened::Data(_) => None,
    }
}
