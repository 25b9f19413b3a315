//! What tunes HTTP.

use std::time::Duration;

use rtmpd_core::WallClock;

/// What tunes HTTP.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How long a request's head may take from its first byte, and its body behind that.
    pub head_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub keep_alive: Duration,
    /// How long a player may wait for a publisher that is not there; zero: 404 at once. A stream that is between two
    /// publishers is always waited for.
    pub patience: Duration,
    /// How long a player may wait for a playlist, segment or part that will come.
    pub shelf_wait: Duration,
    /// How often WebSocket viewers are pinged.
    pub ping: Duration,
    /// The port of RTMP, for the URLs of streams.
    pub rtmp_port: u16,
    /// What clients may put into `vod/`.
    pub uploads: Uploads,
    /// What the wall clock says, for `Date`.
    pub wall: WallClock,
}

/// What clients may put into `vod/`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Uploads {
    /// Most bytes of one form, with all its files; 0: uploads are off.
    pub max_bytes: u64,
    /// Whose.
    pub from: Uploaders,
}

/// Who may upload.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Uploaders {
    /// Uploads are off.
    Nobody,
    /// Clients on the server's own machine: its pages, and programs that run there.
    Local,
    /// Everybody who can reach the server.
    Anyone,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(30),
            patience: Duration::ZERO,
            shelf_wait: Duration::from_secs(20),
            ping: Duration::from_secs(30),
            rtmp_port: 1935,
            uploads: Uploads { max_bytes: 4096 << 20, from: Uploaders::Nobody },
            wall: WallClock::default(),
        }
    }
}
