//! Deletes the oldest recordings where they are too old, too many or in the way. One that is being written is never
//! touched.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A recording that was written to this recently may be open.
const OPEN: Duration = Duration::from_secs(120);
/// Length of a recording's own name: `18-22-11`.
const STEM: usize = 8;

/// How long and how much is kept; zero is no limit.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Limits {
    /// Longest age.
    pub(crate) age: Duration,
    /// Most bytes of all recordings.
    pub(crate) total: u64,
    /// Bytes that stay free on the disk.
    pub(crate) free: u64,
}

impl Limits {
    /// Whether there is one.
    pub(crate) fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// What was deleted.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Swept {
    pub(super) recordings: usize,
    pub(super) bytes: u64,
}

/// All files of a recording.
struct Recording {
    changed: SystemTime,
    bytes: u64,
    files: Vec<PathBuf>,
}

/// Deletes what must go now.
///
/// # Errors
/// When the folder cannot be read, or nothing of what must go can be deleted.
pub(super) fn once(rec: &Path, limits: &Limits) -> io::Result<Swept> {
    let now = SystemTime::now();
    let mut all = Vec::new();
    for day in super::days(rec)? {
        all.extend(recordings(&day)?);
    }
    all.sort_by_key(|recording| recording.changed);
    let mut total: u64 = all.iter().map(|recording| recording.bytes).sum();
    let mut lacking = match (limits.free, all.is_empty()) {
        (0, _) | (_, true) => 0,
        (free, false) => free.saturating_sub(fs4::available_space(rec)?),
    };
    let (mut swept, mut failure) = (Swept::default(), None);
    for recording in all {
        let age = now.duration_since(recording.changed).unwrap_or_default();
        let old = limits.age > Duration::ZERO && age > limits.age;
        let many = limits.total > 0 && total > limits.total;
        if age < OPEN || !(old || many || lacking > 0) {
            continue;
        }
        // One that cannot be deleted must not keep the others.
        if let Err(error) = delete(&recording.files) {
            failure.get_or_insert(error);
            continue;
        }
        total -= recording.bytes;
        lacking = lacking.saturating_sub(recording.bytes);
        swept.recordings += 1;
        swept.bytes += recording.bytes;
        if let Some(file) = recording.files.first() {
            // Only what is empty goes: the day, then the stream.
            let gone = file.parent().map(fs::remove_dir).is_some_and(|result| result.is_ok());
            if let Some(stream) = file.parent().and_then(Path::parent).filter(|_| gone) {
                let _ = fs::remove_dir(stream);
            }
        }
    }
    match failure {
        Some(error) if swept == Swept::default() => Err(error),
        Some(_) | None => Ok(swept),
    }
}

/// Deletes these files; one that is gone already is no failure.
fn delete(files: &[PathBuf]) -> io::Result<()> {
    for file in files {
        match fs::remove_file(file) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let text = format!("{}: {error}", file.display());
                return Err(io::Error::new(error.kind(), text));
            }
        }
    }
    Ok(())
}

/// The recordings of a day.
fn recordings(day: &Path) -> io::Result<Vec<Recording>> {
    let mut by_name: BTreeMap<String, Recording> = BTreeMap::new();
    for entry in fs::read_dir(day)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name();
        let Some(stem) = name.to_str().and_then(stem_of).filter(|_| metadata.is_file()) else { continue };
        let changed = metadata.modified()?;
        let recording = by_name.entry(stem.to_owned()).or_insert_with(|| Recording {
            changed,
            bytes: 0,
            files: Vec::new(),
        });
        recording.changed = recording.changed.max(changed);
        recording.bytes += metadata.len();
        recording.files.push(entry.path());
    }
    Ok(by_name.into_values().collect())
}

/// The own name of the recording that a file is of: `18-22-11` of `18-22-11-3.ts`. `None` for what is no recording's: that
/// is not ours to delete.
fn stem_of(name: &str) -> Option<&str> {
    let (stem, rest) = name.split_at_checked(STEM)?;
    let is_time = stem.bytes().enumerate().all(|(place, byte)| match place {
        2 | 5 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    (is_time && rest.starts_with(['.', '-'])).then_some(stem)
}
