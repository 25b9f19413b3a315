//! What tunes SRT.

use std::time::Duration;

use super::crypto::Refresh;

/// Version of libsrt that we claim to be: from 1.5.4 on AES-GCM is what it should be.
pub const VERSION: u32 = 0x01_0504;

/// The oldest version that we talk to: the first with handshakes of version 5.
pub const OLDEST: u32 = 0x01_0300;

/// What tunes SRT.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How long packets are held before they are delivered, at least, in both directions; at most 65 s count.
    pub latency: Duration,
    /// How many packets may be on their way, and are held at most for one connection.
    pub window: u32,
    /// The largest IP packet, bytes.
    pub mtu: u32,
    /// A peer that is silent for this long is gone.
    pub max_idle: Duration,
    /// How long a caller tries.
    pub patience: Duration,
    /// What may always be sent, bytes per second: streams with less pass unhindered, and it is the pace of what a joiner
    /// gets first.
    pub join_rate: u64,
    /// When keys are changed.
    pub refresh: Refresh,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(120),
            window: 16384,
            mtu: 1500,
            max_idle: Duration::from_secs(5),
            patience: Duration::from_secs(3),
            join_rate: 1_250_000,
            refresh: Refresh::default(),
        }
    }
}

impl Settings {
    /// [`Self::latency`] as a handshake says it, ms.
    pub(super) fn delay(&self) -> u16 {
        u16::try_from(self.latency.as_millis()).unwrap_or(u16::MAX)
    }
}
