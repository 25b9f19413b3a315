//! What a connection has counted.

use std::time::Duration;

/// Counters since the connection began; bytes are payload.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Data packets sent for the first time.
    pub sent: u64,
    /// Bytes of these.
    pub sent_bytes: u64,
    /// Data packets sent again.
    pub retransmitted: u64,
    /// Payloads that were given up before the peer had them, as they had become too old.
    pub send_dropped: u64,
    /// How many packets the peer has said to miss; repeated reports count again.
    pub reported_lost: u64,
    /// Data packets that came, all of them.
    pub received: u64,
    /// Bytes of these.
    pub received_bytes: u64,
    /// Packets of which the first sending never came.
    pub lost: u64,
    /// Packets that came later than packets behind them, without being sent again.
    pub reordered: u64,
    /// Packets that came although they were there already, or came after they had been given up.
    pub duplicates: u64,
    /// Packets that were given up, as they did not come in time.
    pub dropped: u64,
    /// Packets that could not be decrypted.
    pub undecryptable: u64,
    /// Packets for which there was no room.
    pub overflowed: u64,
    /// Datagrams that made no sense.
    pub malformed: u64,
    /// Payloads delivered.
    pub delivered: u64,
    /// How often the peer announced keys that are of no use.
    pub keys_refused: u64,
    /// How often our key has been changed.
    pub keys_changed: u64,
    /// Round trip time.
    pub rtt: Duration,
}
