//! The receiving half: packets are put in order, missing ones are asked for, and payloads come out at their time.
//!
//! Spec: draft-sharabayko-srt §4.5.1, §4.6, §4.7, §4.8.
//!
//! - [`receiver`]: the ring of what has come, and what comes out · [`losses`]: what is missing, and when to ask for it
//! - [`clock`]: when a packet is due, and how the peer's clock drifts · [`acks`]: acknowledgements and round trips
//! - [`rate`]: how much comes

mod acks;
mod clock;
mod losses;
mod rate;
mod receiver;

pub(super) use receiver::Receiver;
