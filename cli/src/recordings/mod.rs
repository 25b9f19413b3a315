//! Looks after recordings: completes what a sudden end left open, and deletes the oldest where they may not stay.
//!
//! It runs on a thread of its own, at its leisure: a folder may hold very many.

mod repair;
mod sweep;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, thread};

use log::{info, warn};

pub(crate) use repair::mend;
pub(crate) use sweep::Limits;

/// How often the limits are looked at.
const PERIOD: Duration = Duration::from_secs(30);

/// Repairs what is in `rec`, then keeps its limits for as long as the process lives.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn look_after(rec: PathBuf, limits: Limits) -> io::Result<()> {
    // Whatever was begun before now belongs to nobody that lives.
    let begun = std::time::SystemTime::now();
    let work = move || {
        match repair::all(&rec, begun) {
            Ok(0) => {}
            Ok(count) => info!(target: "rtmpd", "recordings: {count} that were cut off are playable again"),
            Err(error) => warn!(target: "rtmpd", "recordings cannot be repaired: {error}"),
        }
        while limits.any() {
            match sweep::once(&rec, &limits) {
                Ok(swept) if swept.recordings > 0 => {
                    let megabytes = swept.bytes >> 20;
                    info!(target: "rtmpd", "recordings: the oldest {} deleted, {megabytes} MB", swept.recordings);
                }
                Ok(_) => {}
                Err(error) => warn!(target: "rtmpd", "recordings cannot be deleted: {error}"),
            }
            thread::sleep(PERIOD);
        }
    };
    thread::Builder::new().name("recordings".into()).spawn(work).map(drop)
}

/// The day folders of all streams: `rec/<vhost>/<stream>/<day>`.
fn days(rec: &Path) -> io::Result<Vec<PathBuf>> {
    let mut level = vec![rec.to_path_buf()];
    for _ in 0..3 {
        let mut next = Vec::new();
        for folder in level {
            next.extend(folders(&folder)?);
        }
        level = next;
    }
    level.retain(|day| {
        day.file_name().and_then(|name| name.to_str()).is_some_and(rtmpd_proto::rec::names::is_day)
    });
    Ok(level)
}

/// The folders in a folder; none where it is not there. Links are not followed.
fn folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
