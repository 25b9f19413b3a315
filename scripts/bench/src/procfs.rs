//! What Linux says about a running process: CPU time, write calls, memory.
//! Follows proc(5): `/proc/PID/stat`, `/proc/PID/io`, `/proc/PID/status`; `/proc/net/snmp` for what RFC 4113 leaves to the system.

use std::collections::BTreeMap;
use std::fs;

/// `USER_HZ`: the unit of `utime` and `stime`, the same on every Linux architecture in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// One reading, or the sum of several processes' readings.
#[derive(Debug, Default, Clone, Copy)]
pub struct Usage {
    /// User and system time, seconds.
    pub cpu_s: f64,
    /// Calls of write, writev and the like; `send` and `sendmsg` are not counted by Linux.
    pub writes: u64,
    /// Resident memory, KiB.
    pub rss_kb: u64,
}

impl Usage {
    /// Sums over processes; one that is gone counts nothing.
    pub fn of(pids: &[u32]) -> Self {
        pids.iter().fold(Self::default(), |sum, pid| {
            let base = format!("/proc/{pid}");
            Self {
                cpu_s: sum.cpu_s + cpu_seconds(&base),
                writes: sum.writes + field(&format!("{base}/io"), "syscw:"),
                rss_kb: sum.rss_kb + field(&format!("{base}/status"), "VmRSS:"),
            }
        })
    }

    /// This process itself.
    pub fn own() -> Self {
        Self::of(&[std::process::id()])
    }
}

/// Descriptors the process has open; 0 when it is gone.
pub fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// CPU seconds of each thread of the processes, by thread id.
pub fn thread_times(pids: &[u32]) -> BTreeMap<u32, f64> {
    let tasks =
        pids.iter().filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok()).flatten().flatten();
    let times = tasks.filter_map(|task| {
        let id = task.file_name().to_str()?.parse().ok()?;
        Some((id, cpu_seconds(task.path().to_str()?)))
    });
    times.collect()
}

/// Datagrams thrown away since the system started because the receiving socket was full.
pub fn socket_overflows() -> u64 {
    let text = fs::read_to_string("/proc/net/snmp").unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut fields = names.split_whitespace().zip(values.split_whitespace());
    let found = fields.find(|(name, _)| *name == "RcvbufErrors");
    found.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

fn cpu_seconds(base: &str) -> f64 {
    let stat = fs::read_to_string(format!("{base}/stat")).unwrap_or_default();
    // The command's name may hold blanks and parentheses: fields are counted from its end.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

fn field(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|value| value.parse().ok()).unwrap_or(0)
}
