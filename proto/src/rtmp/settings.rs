//! What tunes RTMP.

use std::time::Duration;

use crate::container::flv::DEFAULT_H265_ID;

/// Smallest chunk size that may be configured, in bytes (RTMP 1.0 §5.4.1 recommends at least 128).
pub const MIN_CHUNK_SIZE: u32 = 128;
/// Largest chunk size that may be configured, in bytes: what a message may be at most.
pub const MAX_CHUNK_SIZE: u32 = 0x00FF_FFFF;

/// What tunes RTMP.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Largest chunk payload we send, in bytes.
    pub chunk_size: u32,
    /// The classic codec id that stands for H.265.
    pub h265_id: u8,
    /// A publisher that sends no media for this long is closed.
    pub max_idle: Duration,
    /// How long a player may wait for its publisher.
    pub patience: Duration,
    /// How long handshake and `connect` may take together.
    pub greeting: Duration,
    /// How often players are pinged.
    pub ping: Duration,
    /// Longest message taken from a publisher, in bytes.
    pub max_message: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chunk_size: 8192,
            h265_id: DEFAULT_H265_ID,
            max_idle: Duration::from_secs(10),
            patience: Duration::from_secs(10),
            greeting: Duration::from_secs(10),
            ping: Duration::from_secs(30),
            max_message: 16 << 20,
        }
    }
}
