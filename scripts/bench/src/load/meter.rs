//! A reference player's view of the stream: what is payload, what is wrapping, and how fast it should come.

use crate::media::Message;

/// Counts one player's window by stream time as well as by clock.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Meter {
    wire: u64,
    payload: u64,
    messages: u64,
    first_ms: Option<u32>,
    last_ms: u32,
}

impl Meter {
    /// Counts bytes as they come from the socket.
    pub fn add_wire(&mut self, bytes: usize) {
        self.wire += bytes as u64;
    }

    /// Counts one message.
    pub fn add(&mut self, message: &Message) {
        if !message.is_media() {
            return;
        }
        self.payload += message.payload.len() as u64;
        self.messages += 1;
        self.first_ms.get_or_insert(message.timestamp);
        self.last_ms = message.timestamp;
    }

    /// Wire bytes per payload byte; 1 when nothing came.
    pub fn overhead(&self) -> f64 {
        if self.payload == 0 { 1.0 } else { self.wire as f64 / self.payload as f64 }
    }

    /// Messages received.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Wire bytes per second of the stream's own time; nothing when less than a second was seen.
    pub fn wire_per_second(&self) -> Option<f64> {
        let span = self.last_ms.wrapping_sub(self.first_ms?);
        (1000..3_600_000).contains(&span).then(|| self.wire as f64 * 1000.0 / f64::from(span))
    }
}
