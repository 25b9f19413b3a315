//! What the floor has done, as its `/stats` and its last line tell it.

/// What has been done so far.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Write calls; by datagrams, messages handed to the kernel.
    pub writes: u64,
    /// Bytes the kernel has taken.
    pub bytes: u64,
    /// Batches dropped because a socket was full.
    pub dropped: u64,
    /// Players accepted.
    pub players: u64,
}

impl Counts {
    /// One `key=value` line.
    pub fn line(&self) -> String {
        let Self { writes, bytes, dropped, players } = self;
        format!("floor_writes={writes} floor_bytes={bytes} floor_dropped={dropped} floor_players={players}\n")
    }
}
