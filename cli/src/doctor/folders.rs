//! Whether what is to be written can be written, and whether there is room.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use super::report::Report;

/// Less free room than this is little, in bytes.
const LITTLE: u64 = 1 << 30;

/// Looks at the folders beside the configuration; `free` is what recordings must leave free, in bytes.
pub(super) fn check(folder: &Path, free: u64, report: &mut Report) {
    for (name, of) in [("log", "the log"), ("rec", "recordings"), ("vod", "uploads")] {
        let path = folder.join(name);
        let what = format!("folder {name}/");
        match writable(&path, folder) {
            Ok(()) => report.ok(what, format!("{of} can be written")),
            Err(error) => report.fail(
                what,
                format!("{}: {error}", path.display()),
                format!("let the user who runs the server write there, so that {of} can be kept"),
            ),
        }
    }
    match fs4::available_space(folder) {
        Ok(room) => disk(room, free, report),
        Err(error) => report.warn("disk", format!("its room is unknown: {error}"), "look with df"),
    }
}

/// What there is to say of so much free room.
pub(super) fn disk(room: u64, free: u64, report: &mut Report) {
    let seen = format!("{:.1} GB free", room as f64 / 1e9);
    if room < free {
        report.fail(
            "disk",
            format!(
                "{seen}, <rec free> wants {:.1} GB: the oldest recordings are deleted",
                free as f64 / 1e9
            ),
            "make room, or lower <rec free>",
        );
    } else if room < LITTLE {
        report.warn("disk", format!("{seen}: about {} minutes at 8 Mb/s", room / 60_000_000), "make room");
    } else {
        report.ok("disk", seen);
    }
}

/// Tries it: permissions alone do not tell (read-only disks, quotas). A folder that is not there yet must be possible.
fn writable(path: &Path, parent: &Path) -> io::Result<()> {
    let folder = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => path,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a file, not a folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => parent,
        Err(error) => return Err(error),
    };
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&probe)?;
    fs::remove_file(probe)
}
