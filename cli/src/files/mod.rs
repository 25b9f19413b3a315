//! The server's files on disk: `vod/` and `rec/` beside the configuration.
//!
//! Paths come from the network: `name` lets through what is a plain name on every system, `place` sees to it that what
//! the file system makes of it still lies inside its folder.

pub(crate) mod name;
mod place;
#[cfg(test)]
mod tests;
mod writing;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_core::files::{Facts, FileCall, Place, is_plain};

use crate::pages::{changed, etag_of, is_absent};

/// Most bytes of one answer.
const MAX_READ: u32 = 1 << 20;
/// Most names of a folder that are told: a listing is held in memory.
const MAX_NAMES: usize = 100_000;

/// The folders of files.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    vod: PathBuf,
    rec: PathBuf,
}

impl Files {
    /// The folders `vod` and `rec` in this one; they need not exist.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { vod: folder.join("vod"), rec: folder.join("rec") }
    }

    /// Does what is asked.
    pub(crate) fn answer(&self, call: FileCall) -> Answer {
        let answer = match call {
            FileCall::Look(place) => self.look(&place),
            FileCall::Read { place, offset, len, etag } => self.read(&place, (offset, len), &etag),
            FileCall::List(place) => self.list(&place),
            FileCall::Write(changes) => self.write(changes),
        };
        answer.unwrap_or_else(|error| {
            let (kind, text) = (error.kind(), error.to_string().into());
            if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
                Answer::Full(text)
            } else if kind == io::ErrorKind::AlreadyExists {
                Answer::Exists
            } else {
                Answer::Failed(text)
            }
        })
    }

    fn look(&self, place: &Place) -> io::Result<Answer> {
        let Some(path) = self.find(place)? else { return Ok(Answer::NotFound) };
        let metadata = fs::metadata(&path)?;
        // Opening a pipe would wait for its other end.
        if !metadata.is_file() && !metadata.is_dir() {
            return Ok(Answer::NotFound);
        }
        let modified = u64::try_from(changed(&metadata)?.as_micros()).unwrap_or(u64::MAX);
        let (is_folder, etag) = (metadata.is_dir(), etag_of(&metadata)?);
        Ok(Answer::File(Facts { is_folder, size: metadata.len(), modified, etag }))
    }

    fn read(&self, place: &Place, (offset, len): (u64, u32), etag: &Arc<str>) -> io::Result<Answer> {
        let Some(path) = self.find(place)? else { return Ok(Answer::NotFound) };
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || etag_of(&metadata)? != *etag {
            return Ok(Answer::NotFound);
        }
        file.seek(SeekFrom::Start(offset))?;
        let len = len.min(MAX_READ);
        let mut data = Vec::with_capacity(len as usize);
        file.take(len.into()).read_to_end(&mut data)?;
        Ok(Answer::Data(Bytes::from(data)))
    }

    fn list(&self, place: &Place) -> io::Result<Answer> {
        let Some(path) = self.find(place)? else { return Ok(Answer::NotFound) };
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Answer::NotFound),
            Err(error) => return Err(error),
        };
        for entry in entries.take(MAX_NAMES) {
            let entry = entry?;
            // What cannot be asked for by name is not told.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let hidden = name.starts_with('.') || !is_plain(&name);
            if hidden {
                continue;
            }
            let inner = Place { root: place.root.clone(), path: format!("{}/{name}", place.path).into() };
            match self.find(&Place::new(inner.root, &inner.path))?.map(fs::metadata) {
                Some(Ok(metadata)) if metadata.is_dir() => folders.push(name),
                Some(Ok(metadata)) if metadata.is_file() => files.push(name),
                Some(_) | None => {}
            }
        }
        folders.sort_unstable();
        files.sort_unstable();
        Ok(Answer::Listing { folders, files })
    }
}
