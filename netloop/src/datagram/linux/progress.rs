//! How far a batch has come, by what the kernel answers: what was taken, what is lost, what is to go singly.

use std::io;

use super::run::Run;
use super::segmenting::Segmenting;
use crate::datagram::error::is_fatal;

/// How far a batch has come, and what all batches before it have taught.
#[derive(Debug, Default)]
pub(in crate::datagram) struct Progress {
    taken: usize,
    /// Datagrams before this one go singly: as one message they failed.
    singly: usize,
    segmenting: Segmenting,
    lost: u64,
}

/// What is to be done after an answer of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::datagram) enum Next {
    /// Send the rest.
    Go,
    /// The socket takes nothing more for now.
    Full,
    /// Nothing will ever go through this socket.
    Broken,
}

impl Progress {
    /// A new batch.
    pub(in crate::datagram) fn begin(&mut self) {
        (self.taken, self.singly) = (0, 0);
        self.segmenting.begin();
    }

    /// Datagrams of the batch that need not be sent again.
    pub(in crate::datagram) fn taken(&self) -> usize {
        self.taken
    }

    /// Datagrams that were taken and lost, since the beginning.
    pub(in crate::datagram) fn lost(&self) -> u64 {
        self.lost
    }

    /// How many of this many datagrams to come must go singly.
    pub(in crate::datagram) fn singles(&self, rest: usize, can_segment: bool) -> usize {
        if can_segment && self.segmenting.works() { self.singly.saturating_sub(self.taken) } else { rest }
    }

    /// Takes note of the kernel's answer to a call with these messages: how many it sent, or what is wrong with the
    /// first.
    pub(in crate::datagram) fn answered(&mut self, runs: &[Run], answer: &io::Result<usize>) -> Next {
        match answer {
            Ok(0) => Next::Full,
            Ok(messages) => {
                runs.iter().take(*messages).for_each(|run| self.sent(*run));
                Next::Go
            }
            Err(error) => self.failed(runs.first().map_or(1, |run| run.count), error),
        }
    }

    fn sent(&mut self, run: Run) {
        self.taken += run.count;
        if run.count > 1 {
            self.segmenting.succeeded();
        } else {
            self.segmenting.single(true);
        }
    }

    fn failed(&mut self, count: usize, error: &io::Error) -> Next {
        if error.kind() == io::ErrorKind::Interrupted {
            return Next::Go;
        }
        if error.kind() == io::ErrorKind::WouldBlock {
            return Next::Full;
        }
        if is_fatal(error) {
            return Next::Broken;
        }
        if count > 1 && self.segmenting.suspect(error) {
            self.singly = self.taken + count;
            return Next::Go;
        }
        self.segmenting.single(false);
        self.lost += count as u64;
        self.taken += count;
        Next::Go
    }
}
