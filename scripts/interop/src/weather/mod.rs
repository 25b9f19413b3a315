//! Bad weather on the way between a client and the server: what networks do to datagrams, as often as a test says.
//!
//! [`Relay`] stands between any number of peers and one UDP address. [`RtspRelay`] stands between RTSP clients and a
//! server, and sees to it that the RTP and RTCP which they agree about goes through the same weather. What happens to
//! a datagram depends on the seed, its flow and its number in that flow; only its time depends on the machine.

mod engine;
mod flow;
mod lane;
mod relay;
mod rtsp;
mod transport;

use std::time::Duration;

pub use relay::Relay;
pub use rtsp::RtspRelay;

/// What happens to datagrams on their way, in each direction.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Weather {
    /// Other seeds hit other datagrams.
    pub seed: u64,
    /// To the server.
    pub there: Path,
    /// To the clients.
    pub back: Path,
}

/// What happens to datagrams of one direction; the default is nothing.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Path {
    /// How many get lost, in percent.
    pub loss: f64,
    /// How many come twice, in percent.
    pub duplicate: f64,
    /// How many come late, in percent.
    pub reorder: f64,
    /// How many later datagrams overtake one that comes late; if they do not come, it does after 200 ms.
    pub displacement: usize,
    /// How long each one takes.
    pub delay: Duration,
    /// How much longer it may take, evenly spread. This alone changes no order.
    pub jitter: Duration,
}

/// What has happened in both directions so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// To the server.
    pub there: Tally,
    /// To the clients.
    pub back: Tally,
}

/// What has happened in one direction so far, in datagrams.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Came to the relay.
    pub came: u64,
    /// Left it, twice-sent ones twice.
    pub left: u64,
    /// Were lost on purpose.
    pub lost: u64,
    /// Those of them that were data packets of SRT which had not been sent before.
    pub lost_fresh: u64,
    /// Were sent twice.
    pub duplicated: u64,
    /// Were held back for others to overtake.
    pub reordered: u64,
    /// Were lost because more than 4,096 were on their way, or the system did not take them.
    pub overflowed: u64,
}

impl Weather {
    /// The same weather both ways.
    pub fn both(seed: u64, path: Path) -> Self {
        Self { seed, there: path, back: path }
    }

    /// So many percent lost both ways.
    pub fn lossy(seed: u64, loss: f64) -> Self {
        Self::both(seed, Path { loss, ..Path::default() })
    }
}
