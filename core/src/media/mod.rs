//! The media model: what a stream is made of once its wire is taken off.
//!
//! - [`Frame`]: one encoded access unit · [`Track`], [`Codec`], [`Description`]: what the frames are
//! - [`timebase`]: the only conversion of time in the house · [`Timeline`]: makes a publisher's time continuous
//! - [`Packager`]: frames → the bytes of one packaging, made once for all its viewers · [`Packet`]: those bytes
//! - [`Ring`]: packets since the newest keyframe; it is the GOP cache, the fan-out queue and the lag limit
//! - [`Shelf`]: objects with names, such as segments, that players fetch one by one
//!
//! Times are ticks of the track's clock rate, as in ISO BMFF and RTP.

mod frame;
mod metadata;
mod packager;
mod passing;
mod ring;
mod shelf;
pub mod timebase;
mod timeline;
mod track;

pub use frame::Frame;
pub use metadata::{Metadata, Value};
pub use packager::{MakePackager, Packager, Packaging, Packed, Packet, Stamp};
pub use passing::{FRAMES, Passing};
pub use ring::{Cursor, Ring, RingLimits, Step};
pub use shelf::{Fetched, Look, Shelf, Shelved};
pub use timeline::{Repair, Resume, Timeline};
pub use track::{Codec, Description, Kind, Track, TrackId};

#[cfg(test)]
mod tests;
