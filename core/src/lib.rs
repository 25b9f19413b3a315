//! smart_rtmpd's vocabulary and brain: no protocol, no socket, no clock, no thread.
//!
//! A **machine** talks, a **shard** decides, a **driver** carries. Protocols are [`Machine`]s, a `Shard` is
//! one thread's worth of machines plus its part of the hub, and a driver (the mio loop, the pcap replayer or
//! your own loop) is the only one who touches sockets, clocks and threads. Every viewer is a cursor on a ring.
//!
//! Start with [`machine`], then [`media`], then the hub, then the shard.

#![forbid(unsafe_code)]

mod admission;
mod datagram;
mod dial;
mod dice;
pub mod error;
pub mod files;
pub mod hub;
pub mod machine;
pub mod media;
pub mod policy;
pub mod replay;
pub mod report;
mod request;
pub mod shard;
pub mod stats;
mod time;

pub use admission::{Ask, Gate, MakeGate, Role, Verdict};
pub use datagram::{Alias, Bind, Datagram, Head, Leg, MAX_HEAD, Way};
pub use dial::{DIAL_PATIENCE, Dial, Transport};
pub use dice::Dice;
pub use error::{Close, Error, Fault, Refusal};
pub use machine::{
    Answer, Attendant, Attending, Call, Counted, Event, Fetch, Input, Machine, Media, Note, NoteLevel,
    Output, Reply, Service,
};
pub use request::{MAX_NAME, Peer, Request, StreamKey};
pub use time::{Instant, WallClock};
