//! A reference player's view of the stream: what is payload, what is wrapping, and how fast it should come.

use crate::media::Message;

/// Timestamps further apart than this, ms, do not follow each other.
const JUMP_MS: u32 = 1000;

/// Counts one player's window by stream time as well as by clock.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Meter {
    wire: u64,
    payload: u64,
    messages: u64,
    newest_ms: Option<u32>,
    span_ms: u64,
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
        self.follow(message.timestamp);
    }

    /// Adds up stream time; the jump where a looped source begins again adds nothing.
    fn follow(&mut self, timestamp: u32) {
        let newest = *self.newest_ms.get_or_insert(timestamp);
        let (ahead, behind) = (timestamp.wrapping_sub(newest), newest.wrapping_sub(timestamp));
        if ahead < JUMP_MS {
            self.span_ms += u64::from(ahead);
        } else if behind < JUMP_MS {
            return;
        }
        self.newest_ms = Some(timestamp);
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
        (self.span_ms >= 1000).then(|| self.wire as f64 * 1000.0 / self.span_ms as f64)
    }
}
