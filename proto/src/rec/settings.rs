//! What tunes recording.

use std::time::Duration;

use rtmpd_core::WallClock;

/// What is written.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// A playlist with segments: MPEG-TS for H.264 with AAC or MP3, fragmented MP4 for the rest.
    #[default]
    Hls,
    /// A manifest with fragmented MP4, a track each.
    Dash,
    /// One fragmented MP4.
    Mp4,
    /// One FLV.
    Flv,
}

/// What tunes recording.
#[derive(Copy, Clone, Debug)]
pub struct Settings {
    /// What is written.
    pub mode: Mode,
    /// How long a recording is before a new one is begun, as far as keyframes allow.
    pub period: Duration,
    /// Length of a segment, as far as keyframes allow.
    pub segment: Duration,
    /// How much is written at a time: the most that is lost when the power is.
    pub part: Duration,
    /// How long after a failed write it is tried again.
    pub retry: Duration,
    /// Most bytes that wait to be written before a recording is given up.
    pub max_queue: usize,
    /// What the wall clock says.
    pub wall: WallClock,
    /// How far local time is ahead of UTC at a time, both in seconds: names are in local time.
    pub offset: fn(i64) -> i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Hls,
            period: Duration::from_secs(180),
            segment: Duration::from_secs(5),
            part: Duration::from_millis(500),
            retry: Duration::from_secs(10),
            max_queue: 64 << 20,
            wall: WallClock::default(),
            offset: |_| 0,
        }
    }
}
