//! Counters, read by logs, API and metrics. Each shard writes only its own, so a relaxed load and store is enough.

use std::ops::Add;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::machine::Counted;

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
    PacketsLost,
    PacketsDoubled,
    PacketsLate,
    UnitsDropped,
    PacketsResent,
    DatagramsIn,
    DatagramsOut,
    DatagramsDropped,
    DatagramsStray,
    Dialled,
}

impl From<Counted> for Count {
    fn from(counted: Counted) -> Self {
        match counted {
            Counted::PacketsLost => Self::PacketsLost,
            Counted::PacketsDoubled => Self::PacketsDoubled,
            Counted::PacketsLate => Self::PacketsLate,
            Counted::UnitsDropped => Self::UnitsDropped,
            Counted::PacketsResent => Self::PacketsResent,
        }
    }
}

/// One shard's counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    cells: [AtomicU64; 24],
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
            packets_lost: of(Count::PacketsLost),
            packets_doubled: of(Count::PacketsDoubled),
            packets_late: of(Count::PacketsLate),
            units_dropped: of(Count::UnitsDropped),
            packets_resent: of(Count::PacketsResent),
            datagrams_in: of(Count::DatagramsIn),
            datagrams_out: of(Count::DatagramsOut),
            datagrams_dropped: of(Count::DatagramsDropped),
            datagrams_stray: of(Count::DatagramsStray),
            dialled: of(Count::Dialled),
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
    /// Packets of publishers that never came.
    pub packets_lost: u64,
    /// Packets of publishers that came twice.
    pub packets_doubled: u64,
    /// Packets of publishers that came too late to be of use.
    pub packets_late: u64,
    /// Access units of publishers that were left out because something was missing.
    pub units_dropped: u64,
    /// Packets for players that had to be sent again.
    pub packets_resent: u64,
    /// Datagrams received.
    pub datagrams_in: u64,
    /// Datagrams sent.
    pub datagrams_out: u64,
    /// Datagrams that found no room in a socket's queue.
    pub datagrams_dropped: u64,
    /// Datagrams that were nobody's.
    pub datagrams_stray: u64,
    /// Connections made to other servers.
    pub dialled: u64,
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
            packets_lost: self.packets_lost + other.packets_lost,
            packets_doubled: self.packets_doubled + other.packets_doubled,
            packets_late: self.packets_late + other.packets_late,
            units_dropped: self.units_dropped + other.units_dropped,
            packets_resent: self.packets_resent + other.packets_resent,
            datagrams_in: self.datagrams_in + other.datagrams_in,
            datagrams_out: self.datagrams_out + other.datagrams_out,
            datagrams_dropped: self.datagrams_dropped + other.datagrams_dropped,
            datagrams_stray: self.datagrams_stray + other.datagrams_stray,
            dialled: self.dialled + other.dialled,
        }
    }
}
