//! The load client: many players of one stream, counted and hardly looked at.
//! After set-up a player's bytes are thrown away inside the kernel (`MSG_TRUNC`), so that the client stays cheap.

mod board;
mod coordinator;
mod datagrams;
mod meter;
mod player;
mod report;
mod segments;
mod ways;
mod worker;

pub use board::{Board, Phase};
pub use coordinator::run;
pub use meter::Meter;
pub use report::{Outcome, Report};

use std::time::Duration;

use crate::target::Target;

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The stream.
    pub target: Target,
    /// Players that count.
    pub players: usize,
    /// Further players that stop reading as soon as they play.
    pub slow: usize,
    /// Players looked at until their first keyframe.
    pub sample: usize,
    /// Length of the measuring window.
    pub window: Duration,
    /// New players per second.
    pub ramp: usize,
    /// Longest time until all players are set up.
    pub ramp_limit: Duration,
    /// Quiet time between set-up and window.
    pub settle: Duration,
    /// Pause between two rounds of reading those who are only counted.
    pub read_every: Duration,
    /// Threads.
    pub threads: usize,
    /// Processes whose cost is read at both ends of the window.
    pub watch: Vec<u32>,
    /// Bits per second of the source's frame bodies, if known.
    pub source_bps: Option<u64>,
    /// Resident memory of the watched processes without players, KiB, if known.
    pub idle_rss_kb: Option<u64>,
}

/// Players that are parsed through the whole window, to know the stream's own rate.
pub const REFERENCES: usize = 3;
