//! Files that are being read: a viewer's next block costs one read, not a walk through folders.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtmpd_core::files::Place;

/// Most files kept open.
const MOST: usize = 64;
/// One that nobody has read for this long is closed: it may have been deleted, and its space is only free then.
const IDLE: Duration = Duration::from_secs(20);

/// Files that are kept open, the last one used at the end.
#[derive(Debug, Default)]
pub(super) struct Open(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    place: Place,
    etag: Arc<str>,
    file: Arc<File>,
    used: Instant,
}

impl Open {
    /// The file, if it is open in this state.
    pub(super) fn file(&self, place: &Place, etag: &Arc<str>) -> Option<Arc<File>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|entry| entry.place == *place && entry.etag == *etag)?;
        let entry = Entry { used: Instant::now(), ..entries.remove(at) };
        let file = Arc::clone(&entry.file);
        entries.push(entry);
        Some(file)
    }

    /// Keeps a file that was opened in this state.
    pub(super) fn keep(&self, place: &Place, etag: &Arc<str>, file: File) -> Arc<File> {
        let file = Arc::new(file);
        let entry = Entry {
            place: place.clone(),
            etag: Arc::clone(etag),
            file: Arc::clone(&file),
            used: Instant::now(),
        };
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.place != *place);
        if entries.len() >= MOST {
            entries.remove(0);
        }
        entries.push(entry);
        file
    }

    /// Closes a file: it is another one by now.
    pub(super) fn forget(&self, place: &Place) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|entry| entry.place != *place);
    }

    /// Closes what nobody reads any more.
    pub(super) fn close_idle(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // They are in the order of their last use.
        if entries.first().is_some_and(|entry| entry.used.elapsed() > IDLE) {
            entries.retain(|entry| entry.used.elapsed() <= IDLE);
        }
    }

    /// How many are open.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// At most `length` bytes from `offset` on; fewer at the end of the file.
pub(super) fn read_at(file: &File, offset: u64, length: usize) -> io::Result<Bytes> {
    let mut data = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match read_once(file, &mut data[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    data.truncate(filled);
    Ok(Bytes::from(data))
}

#[cfg(unix)]
fn read_once(file: &File, data: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, data, offset)
}

#[cfg(windows)]
fn read_once(file: &File, data: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, data, offset)
}
