//! What tunes segments.

use std::time::Duration;

use rtmpd_core::WallClock;

/// What tunes segments.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Segments in an HLS playlist.
    pub hls_count: usize,
    /// Length of an HLS segment, as far as keyframes allow.
    pub hls_duration: Duration,
    /// HLS segments that can still be fetched; at least as many as are listed.
    pub hls_cache: usize,
    /// Length of a part: what low-latency players fetch.
    pub part: Duration,
    /// What HLS segments are.
    pub format: Format,
    /// Length of a DASH segment, as far as keyframes allow.
    pub dash_duration: Duration,
    /// DASH segments that can be fetched.
    pub dash_cache: usize,
    /// What the wall clock says.
    pub wall: WallClock,
}

/// What HLS segments are.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// MPEG-TS for H.264 with AAC or MP3, which plays everywhere; fMP4 for the rest.
    #[default]
    Auto,
    /// MPEG-TS whatever it is.
    Ts,
    /// Fragmented MP4.
    Fmp4,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hls_count: 3,
            hls_duration: Duration::from_secs(5),
            hls_cache: 6,
            part: Duration::from_millis(250),
            format: Format::Auto,
            dash_duration: Duration::from_secs(6),
            dash_cache: 12,
            wall: WallClock::default(),
        }
    }
}

impl Settings {
    /// Length of the segments that HLS and DASH share: the shorter of the two.
    pub fn shared_duration(&self) -> Duration {
        self.hls_duration.min(self.dash_duration)
    }

    /// How many of the segments that HLS and DASH share are kept.
    pub fn shared_cache(&self) -> usize {
        self.hls_cache.max(self.hls_count).max(self.dash_cache)
    }
}
