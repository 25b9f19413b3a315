//! Acknowledgements: some servers stop sending when a whole window stays unconfirmed.
//! Follows RTMP 1.0 sections 5.4.3 and 5.4.4.

/// Counts received bytes and says when to confirm them.
#[derive(Debug, Default, Clone, Copy)]
pub struct AckBook {
    received: u64,
    confirmed: u64,
    window: u64,
}

impl AckBook {
    /// Takes the server's Window Acknowledgement Size, bytes; 0 means never.
    pub fn set_window(&mut self, bytes: u32) {
        self.window = u64::from(bytes);
    }

    /// Counts received bytes; when a window is full, the whole Acknowledgement message to send.
    pub fn count(&mut self, bytes: usize) -> Option<[u8; 16]> {
        self.received += bytes as u64;
        if self.window == 0 || self.received - self.confirmed < self.window {
            return None;
        }
        self.confirmed = self.received;
        let mut message = [2, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0];
        message[12..].copy_from_slice(&(self.received as u32).to_be_bytes());
        Some(message)
    }
}
