//! What an operator may tune about the loop.

use std::num::NonZero;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How the workers run; [`Settings::default`] is what config.xml says by default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Worker threads; 0 = one per core.
    pub threads: usize,
    /// Each worker listens itself where the system spreads connections over sockets that share a port. Otherwise,
    /// and everywhere else, worker 0 accepts and deals in turn: exactly even, for a wake-up per connection.
    pub share_ports: bool,
    /// Receive buffer of each connection in the system, in bytes (`SO_RCVBUF`); 0 = let the system choose.
    pub recv_buffer: usize,
    /// Send buffer of each connection in the system, in bytes (`SO_SNDBUF`); 0 = let the system choose.
    pub send_buffer: usize,
    /// Most bytes that may wait in the send buffer without being on the way (`TCP_NOTSENT_LOWAT`, Linux); 0 = no
    /// limit. What waits there is already late: a slow player's lag is better kept in the ring, which can skip.
    pub unsent: u32,
    /// Most bytes read from one connection in one turn of the loop.
    pub read_budget: usize,
    /// Connections that may wait to be accepted, per listener and worker.
    pub backlog: i32,
    /// How long the connections have, at shutdown, to say goodbye and flush.
    pub grace: Duration,
    /// UDP ports of RTP and RTCP.
    pub rtp_ports: RangeInclusive<u16>,
    /// Each worker has a pair of UDP sockets that its connections share.
    pub share_rtp: bool,
    /// Descriptors the process may open (`RLIMIT_NOFILE`); `None` = as many as the system allows.
    pub descriptors: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threads: 0,
            share_ports: true,
            recv_buffer: 4096 * 1024,
            send_buffer: 4096 * 1024,
            unsent: 256 * 1024,
            read_budget: 256 * 1024,
            backlog: 4096,
            grace: Duration::from_millis(1500),
            rtp_ports: 30_000..=65_535,
            share_rtp: true,
            descriptors: None,
        }
    }
}

impl Settings {
    /// The number of workers these settings mean on this machine: never 0. The hub must have as many shards.
    pub fn workers(&self) -> u16 {
        let threads = match self.threads {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        };
        u16::try_from(threads).unwrap_or(u16::MAX)
    }
}
