//! How much is let in.

/// Most of this and that; 0: as much as comes.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Connections of one address.
    pub per_address: u32,
    /// Players of one stream that hold a connection.
    pub viewers: u32,
    /// Bits per second that go out in all: above that, nobody begins to play.
    pub bits_out: u64,
}
