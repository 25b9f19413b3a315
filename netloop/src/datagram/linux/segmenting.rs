//! Whether the kernel's cutting of messages works on the ways that datagrams take: only sending tells.

use std::io;

/// So many failures in a row, and it rests for as many batches as two to their number: a way may change.
const PATIENCE: u8 = 8;

/// Failures that count: from here on it rests for 65,536 batches each time.
const LONGEST: u8 = 16;

/// What is known about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segmenting {
    failures: u8,
    /// Batches for which it is not tried.
    rest: u32,
    /// A message to be cut failed and its datagrams have not been sent singly yet.
    suspected: bool,
}

impl Segmenting {
    /// A new batch.
    pub(super) fn begin(&mut self) {
        self.rest = self.rest.saturating_sub(1);
    }

    /// Whether it is worth trying.
    pub(super) fn works(self) -> bool {
        self.rest == 0
    }

    /// A message was cut.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A message to be cut failed: whether its datagrams may go singly.
    ///
    /// `EINVAL` is a device without checksums, on older kernels also segments that are too long for the way, or a
    /// peer that cannot be written to at all; `EIO` is IPsec or such a device; the others kernels without it.
    /// `EMSGSIZE` is too long for the way: those may go in fragments.
    pub(super) fn suspect(&mut self, error: &io::Error) -> bool {
        match error.raw_os_error() {
            Some(libc::EINVAL | libc::EIO | libc::ENOPROTOOPT | libc::EOPNOTSUPP) => {
                self.suspected = true;
                true
            }
            code => code == Some(libc::EMSGSIZE),
        }
    }

    /// A datagram was sent by itself: then it was the cutting which failed before. Otherwise it is the peer.
    pub(super) fn single(&mut self, sent: bool) {
        if std::mem::take(&mut self.suspected) && sent {
            self.failures = LONGEST.min(self.failures + 1);
            if self.failures >= PATIENCE {
                self.rest = 1 << self.failures;
            }
        }
    }
}
