//! Counters, read by logs, API and metrics. Each shard writes only its own, so a relaxed load and store is enough.

use std::ops::Add;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Count {
    Accepted,
    Closed,
    Publishes,
    Plays,
    BytesIn,
    BytesOut,
    Refused,
    Faults,
    Bugs,
    SlowConsumers,
    Gaps,
    TimeRepairs,
    MailDrops,
    Fetches,
}

/// One shard's counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    cells: [AtomicU64; 14],
}

impl Counters {
    pub(crate) fn add(&self, count: Count, n: u64) {
        if let Some(cell) = self.cells.get(count as usize) {
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Totals {
        let of = |count: Count| self.cells.get(count as usize).map_or(0, |cell| cell.load(Ordering::Relaxed));
        Totals {
            accepted: of(Count::Accepted),
            closed: of(Count::Closed),
            publishes: of(Count::Publishes),
            plays: of(Count::Plays),
            bytes_in: of(Count::BytesIn),
            bytes_out: of(Count::BytesOut),
            refused: of(Count::Refused),
            faults: of(Count::Faults),
            bugs: of(Count::Bugs),
            slow_consumers: of(Count::SlowConsumers),
            gaps: of(Count::Gaps),
            time_repairs: of(Count::TimeRepairs),
            mail_drops: of(Count::MailDrops),
            fetches: of(Count::Fetches),
        }
    }
}

/// A reading of the counters, since the start of the process.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections that have ended.
    pub closed: u64,
    /// Times a publisher was let in.
    pub publishes: u64,
    /// Times a player was served.
    pub plays: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Publishers and players refused.
    pub refused: u64,
    /// Connections closed because the peer broke its protocol, a limit or a deadline.
    pub faults: u64,
    /// Connections closed because of a defect of ours.
    pub bugs: u64,
    /// Connections closed because the peer accepted nothing.
    pub slow_consumers: u64,
    /// Times a viewer was moved on to a newer keyframe.
    pub gaps: u64,
    /// Frames whose time had to be repaired.
    pub time_repairs: u64,
    /// Batches of packets dropped because a shard's mailbox was full.
    pub mail_drops: u64,
    /// Objects that players fetched by name: playlists, segments, parts.
    pub fetches: u64,
}

impl Add for Totals {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            closed: self.closed + other.closed,
            publishes: self.publishes + other.publishes,
            plays: self.plays + other.plays,
            bytes_in: self.bytes_in + other.bytes_in,
            bytes_out: self.bytes_out + other.bytes_out,
            refused: self.refused + other.refused,
            faults: self.faults + other.faults,
            bugs: self.bugs + other.bugs,
            slow_consumers: self.slow_consumers + other.slow_consumers,
            gaps: self.gaps + other.gaps,
            time_repairs: self.time_repairs + other.time_repairs,
            mail_drops: self.mail_drops + other.mail_drops,
            fetches: self.fetches + other.fetches,
        }
    }
}
