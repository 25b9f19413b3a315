//! What a run says at its end, as `key=value` lines.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::{Meter, Plan};
use crate::dist::Dist;
use crate::procfs::Usage;
use crate::rtsp::Tally;

/// What became of one player.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    /// Bytes received in the window.
    pub window_bytes: u64,
    /// Packets of the window, where there are packets.
    pub packets: Tally,
    /// From connect to the server's yes.
    pub set_up: Option<Duration>,
    /// From connect to the first byte of any kind.
    pub first_byte: Option<Duration>,
    /// From connect to the first keyframe (samples only).
    pub keyframe: Option<Duration>,
    /// What a reference player saw in the window.
    pub meter: Meter,
    /// True when it was never set up.
    pub failed: bool,
    /// Why it ended, if it did before the run's end.
    pub end: Option<String>,
}

/// A whole run.
#[derive(Debug)]
pub struct Report {
    /// What was to be done.
    pub plan: Plan,
    /// Length of the window.
    pub seconds: f64,
    /// The watched processes: CPU and writes within the window, memory at its end.
    pub server: Usage,
    /// This client, likewise.
    pub own: Usage,
    /// CPU seconds of the watched processes' busiest thread within the window.
    pub busiest_thread_s: f64,
    /// TCP data segments per second the server has sent, if `ss` could be asked.
    pub segments_per_second: Option<f64>,
    /// Datagrams that the system threw away within the window because sockets were full, whoever's they were.
    pub overflows: u64,
    /// One per counted player.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// Bytes all players received in the window.
    pub fn delivered(&self) -> u64 {
        self.outcomes.iter().map(|outcome| outcome.window_bytes).sum()
    }

    /// Packets all players received in the window.
    pub fn packets(&self) -> Tally {
        self.outcomes.iter().fold(Tally::default(), |sum, outcome| sum.plus(outcome.packets))
    }

    /// Bytes that should have come, by the reference player's stream time; nothing without one.
    pub fn expected(&self) -> Option<f64> {
        let rate = self.references().filter_map(|meter| meter.wire_per_second()).fold(0.0, f64::max);
        (rate > 0.0).then_some(rate * self.seconds * self.plan.players as f64)
    }

    /// Bytes that should have come, by the source's own rate and the reference player's overhead.
    pub fn expected_by_source(&self) -> Option<f64> {
        let overhead = self.references().find(|meter| meter.messages() > 0).map(|meter| meter.overhead())?;
        let bytes_per_second = self.plan.source_bps? as f64 / 8.0;
        Some(bytes_per_second * overhead * self.seconds * self.plan.players as f64)
    }

    /// All figures, one or several per line.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String does not fail.
        let _ = self.write_players(&mut out);
        let _ = self.write_bytes(&mut out);
        let _ = self.write_cost(&mut out);
        out
    }

    fn references(&self) -> impl Iterator<Item = &Meter> {
        self.outcomes.iter().map(|outcome| &outcome.meter)
    }

    fn write_players(&self, out: &mut String) -> std::fmt::Result {
        let failed = self.outcomes.iter().filter(|outcome| outcome.failed).count();
        let ended = self.outcomes.iter().filter(|outcome| !outcome.failed && outcome.end.is_some()).count();
        let live = self.outcomes.len() - failed;
        let stalled = self.outcomes.iter().filter(|o| o.end.is_none() && o.window_bytes == 0).count();
        writeln!(
            out,
            "players={} live={live} failed={failed} disconnected={ended} stalled={stalled}",
            self.plan.players
        )?;
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in self.outcomes.iter().filter_map(|outcome| outcome.end.as_deref()) {
            *reasons.entry(reason).or_default() += 1;
        }
        for (reason, count) in reasons.iter().take(10) {
            writeln!(out, "ended={count} reason={reason:?}")?;
        }
        writeln!(out, "{}", self.times(|outcome| outcome.first_byte).line("first_byte", "us"))?;
        writeln!(out, "{}", self.times(|outcome| outcome.set_up).line("set_up", "us"))?;
        writeln!(out, "{}", self.times(|outcome| outcome.keyframe).line("first_keyframe", "us"))
    }

    fn write_bytes(&self, out: &mut String) -> std::fmt::Result {
        let delivered = self.delivered();
        let mbit = delivered as f64 * 8.0 / 1e6 / self.seconds;
        writeln!(out, "window_s={:.3} delivered_bytes={delivered} delivered_mbit_s={mbit:.1}", self.seconds)?;
        if let Some(expected) = self.expected() {
            writeln!(out, "expected_bytes={expected:.0} delivered_ratio={:.4}", delivered as f64 / expected)?;
        }
        if let Some(expected) = self.expected_by_source() {
            writeln!(
                out,
                "source_expected_bytes={expected:.0} source_ratio={:.4}",
                delivered as f64 / expected
            )?;
        }
        let packets = self.packets();
        if packets.expected > 0 {
            let Tally { received, expected } = packets;
            let (lost, per_viewer) =
                (packets.lost(), received as f64 / self.seconds / self.plan.players as f64);
            let share = lost as f64 * 100.0 / expected as f64;
            write!(out, "packets={received} packets_expected={expected} packets_lost={lost} ")?;
            writeln!(out, "lost_percent={share:.4} packets_per_viewer_s={per_viewer:.1}")?;
            writeln!(out, "udp_socket_overflows={}", self.overflows)?;
        }
        let each: Dist = self.outcomes.iter().filter(|o| !o.failed).map(|o| o.window_bytes).collect();
        writeln!(
            out,
            "player_bytes_min={} player_bytes_median={} player_bytes_max={}",
            each.min(),
            each.at(500),
            each.max()
        )
    }

    fn write_cost(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "load_cpu_s={:.2} load_cpu_percent={:.1}",
            self.own.cpu_s,
            self.own.cpu_s * 100.0 / self.seconds
        )?;
        if self.plan.watch.is_empty() {
            return Ok(());
        }
        let players = self.plan.players.max(1) as f64;
        let gigabytes = self.delivered() as f64 / 1e9;
        let server = &self.server;
        let per_viewer = server.writes as f64 / self.seconds / players;
        let segments = self.segments_per_second.unwrap_or(0.0) / players;
        let per_gb = if gigabytes > 0.0 { server.cpu_s / gigabytes } else { 0.0 };
        let percent = server.cpu_s * 100.0 / self.seconds;
        writeln!(
            out,
            "server_cpu_s={:.2} server_cpu_percent={percent:.1} cpu_s_per_gb={per_gb:.4}",
            server.cpu_s
        )?;
        // Sending may run in the receiver's context (Nagle, pacing): the sum shows what one side alone hides.
        let both = if gigabytes > 0.0 { (server.cpu_s + self.own.cpu_s) / gigabytes } else { 0.0 };
        writeln!(out, "both_cpu_s_per_gb={both:.4}")?;
        writeln!(out, "busiest_thread_percent={:.1}", self.busiest_thread_s * 100.0 / self.seconds)?;
        writeln!(out, "writes_per_viewer_s={per_viewer:.2} segments_per_viewer_s={segments:.2}")?;
        write!(out, "server_rss_kb={}", server.rss_kb)?;
        if let Some(idle) = self.plan.idle_rss_kb {
            let each = (server.rss_kb as f64 - idle as f64) * 1024.0 / players;
            write!(out, " idle_rss_kb={idle} rss_per_player_bytes={each:.0}")?;
        }
        writeln!(out)
    }

    fn times(&self, pick: impl Fn(&Outcome) -> Option<Duration>) -> Dist {
        self.outcomes.iter().filter_map(pick).map(|time| time.as_micros() as u64).collect()
    }
}
