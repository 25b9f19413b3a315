//! What the system allows the process: open files, socket buffers.

use std::fs;

use rtmpd_conf::Settings;

use super::report::Report;

/// A player costs one; below this many the server is soon full.
const FEW_FILES: u64 = 4096;
/// Below this a burst of datagrams is lost before anybody can read it, in bytes. Linux begins with 208 KiB.
const SMALL_BUFFER: u64 = 200 << 10;

/// What the system says of itself; `None` where it does not say.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Limits {
    /// Most files that the process may open.
    pub(super) files: Option<u64>,
    /// Largest buffers that a socket may ask for, receiving and sending, in bytes.
    pub(super) buffers: Option<(u64, u64)>,
}

impl Limits {
    /// What Linux tells in `/proc`.
    pub(super) fn here() -> Self {
        let number = |file: &str| fs::read_to_string(file).ok()?.trim().parse().ok();
        let core = |name: &str| number(&format!("/proc/sys/net/core/{name}"));
        Self {
            files: fs::read_to_string("/proc/self/limits").ok().and_then(|text| hard_limit(&text)),
            buffers: core("rmem_max").zip(core("wmem_max")),
        }
    }
}

/// The server takes as many as it may have: the hard limit.
pub(super) fn hard_limit(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_ascii_whitespace().nth(1)? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// Looks at them.
pub(super) fn check(limits: Limits, settings: &Settings, report: &mut Report) {
    if let Some(files) = limits.files {
        let what = "open files";
        if files < FEW_FILES {
            report.warn(
                what,
                format!("{files} at most: about {} viewers", files.saturating_sub(64)),
                "ulimit -Hn 1048576 as root, or LimitNOFILE=1048576 in the systemd unit",
            );
        } else {
            report.ok(what, format!("{files} at most"));
        }
    }
    let by_udp = settings.srt.enable || settings.rtsp.enable;
    if let Some((receive, send)) = limits.buffers.filter(|_| by_udp) {
        let (what, kib) = ("UDP buffers", |bytes: u64| bytes >> 10);
        let seen = format!("{} KiB receiving, {} KiB sending at most", kib(receive), kib(send));
        if receive.min(send) < SMALL_BUFFER {
            report.warn(
                what,
                format!("{seen}: bursts are lost"),
                "sysctl -w net.core.rmem_max=8388608 net.core.wmem_max=8388608",
            );
        } else {
            report.ok(what, seen);
        }
    }
}
