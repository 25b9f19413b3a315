//! TCP data segments a server has sent to its players, from `ss`.
//! On loopback one write of up to 64 KiB is one segment, so this counts writes where Linux does not (`sendmsg`).

use std::process::{Command, Stdio};

/// Sum of `data_segs_out` over the connections of a local port; nothing when `ss` is missing.
pub(super) fn sent_from(port: u16) -> Option<u64> {
    let filter = format!("sport = :{port}");
    let output = Command::new("ss").args(["-tniH", &filter]).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let counts =
        text.split_whitespace().filter_map(|word| word.strip_prefix("data_segs_out:")?.parse::<u64>().ok());
    output.status.success().then(|| counts.sum())
}
