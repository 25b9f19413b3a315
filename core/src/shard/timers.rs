//! When which connection wants to hear of the time.

use std::collections::BTreeSet;

use super::ConnId;
use crate::time::Instant;

/// A sorted set: machines move their deadlines rarely (seconds apart), so the logarithm is never felt.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, ConnId)>,
}

impl Timers {
    /// Moves a connection's deadline.
    pub(crate) fn refile(&mut self, conn: ConnId, old: Option<Instant>, new: Option<Instant>) {
        if old == new {
            return;
        }
        if let Some(at) = old {
            self.due.remove(&(at, conn));
        }
        if let Some(at) = new {
            self.due.insert((at, conn));
        }
    }

    /// The earliest deadline.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.due.first().map(|&(at, _)| at)
    }

    /// Takes the next connection whose deadline has come.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<ConnId> {
        let &(at, conn) = self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        Some(conn)
    }
}
