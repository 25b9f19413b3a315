//! Completes recordings that were cut off: see `rtmpd_proto::rec::repair`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use log::warn;
use rtmpd_proto::rec::repair::{Repair, manifest, playlist};

/// Longest playlist that is looked at, in bytes: a day in segments of a second has a tenth of that.
const MAX_TEXT: u64 = 64 << 20;

/// Repairs everything in `rec` that was last written before `begun`; gives how much that was.
///
/// # Errors
/// When the folder cannot be read. What cannot be repaired is logged, and left as it is.
pub(super) fn all(rec: &Path, begun: SystemTime) -> io::Result<usize> {
    let mut count = 0;
    for day in super::days(rec)? {
        for entry in fs::read_dir(&day)? {
            let path = entry?.path();
            match one(&path, begun) {
                Ok(repaired) => count += usize::from(repaired),
                Err(error) => warn!(target: "rtmpd", "{}: cannot be repaired: {error}", path.display()),
            }
        }
    }
    Ok(count)
}

/// Completes this playlist or manifest, whoever wrote it and when; false when it needs nothing.
///
/// # Errors
/// When it cannot be read or written.
pub(crate) fn mend(path: &Path) -> io::Result<bool> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let find: fn(&str) -> Option<Repair> = match name.rsplit_once('.') {
        Some((_, "m3u8")) => playlist,
        Some((_, "mpd")) => manifest,
        _ => return Ok(false),
    };
    if fs::metadata(path)?.len() > MAX_TEXT {
        return Ok(false);
    }
    let Some(repair) = find(&fs::read_to_string(path)?) else { return Ok(false) };
    for (name, length) in &repair.cuts {
        let piece = path.with_file_name(name);
        let present = fs::metadata(&piece)?.len();
        if present > *length {
            OpenOptions::new().write(true).open(&piece)?.set_len(*length)?;
        }
    }
    let new = path.with_file_name(format!(".{name}.new"));
    match fs::write(&new, &repair.text).and_then(|()| fs::rename(&new, path)) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            // A full disk has no room for a second one, but for a line more in its last block.
            fs::remove_file(&new)?;
            let mut file = OpenOptions::new().write(true).open(path)?;
            file.write_all(repair.text.as_bytes())?;
            file.set_len(repair.text.len() as u64)?;
        }
        other => other?,
    }
    Ok(true)
}

/// Repairs a playlist or manifest; false when it needs nothing. What a write left half done is removed.
fn one(path: &Path, begun: SystemTime) -> io::Result<bool> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.modified()? >= begun {
        return Ok(false);
    }
    if name.starts_with('.') && name.ends_with(".new") {
        fs::remove_file(path)?;
        return Ok(false);
    }
    mend(path)
}
