//! The server's files on disk: `vod/` and `rec/` beside the configuration.
//!
//! Paths come from the network: `name` lets through what is a plain name on every system, `place` sees to it that what
//! the file system makes of it still lies inside its folder. `open` keeps files open that are being read, `film` cuts
//! films into what players of HLS fetch, `writing` is all that changes anything.

mod film;
pub(crate) mod name;
mod open;
mod place;
#[cfg(test)]
mod tests;
mod writing;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rtmpd_core::Answer;
use rtmpd_core::files::{Facts, FileCall, Piece, Place, Root, is_plain};

use film::Films;
use open::{Open, read_at};

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
    open: Arc<Open>,
    films: Arc<Films>,
    /// Why the last change to a recording could not be made, when it could not.
    trouble: Arc<Mutex<Option<Arc<str>>>>,
}

impl Files {
    /// The folders `vod` and `rec` in this one; they need not exist.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            vod: folder.join("vod"),
            rec: folder.join("rec"),
            open: Arc::default(),
            films: Arc::default(),
            trouble: Arc::default(),
        }
    }

    /// Does what is asked.
    pub(crate) fn answer(&self, call: FileCall) -> Answer {
        self.open.close_idle();
        let answer = match call {
            FileCall::Look(place) => self.look(&place),
            FileCall::Read { place, offset, len, etag } => self.read(&place, (offset, len), &etag),
            FileCall::Cut { place, piece, etag } => self.cut(&place, &piece, etag.as_ref()),
            FileCall::List(place) => self.list(&place),
            FileCall::Write(changes) => {
                let recorded =
                    matches!(changes.first().map(|change| &change.place().root), Some(Root::Rec { .. }));
                let written = self.write(changes);
                if recorded {
                    let trouble = written.as_ref().err().map(|error| error.to_string().into());
                    *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
                }
                written
            }
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

    /// What an operator should know of the files of this root.
    fn trouble_of(&self, root: &Root) -> Option<Arc<str>> {
        let trouble = || self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        matches!(root, Root::Rec { .. }).then(trouble).flatten()
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
        let file = match self.open.file(place, etag) {
            Some(file) => file,
            None => {
                let Some(path) = self.find(place)? else { return Ok(Answer::NotFound) };
                match open_as(&path, Some(etag))? {
                    Some((file, _)) => self.open.keep(place, etag, file),
                    None => return Ok(Answer::NotFound),
                }
            }
        };
        // It may be written to while it is read.
        if etag_of(&file.metadata()?)? != *etag {
            self.open.forget(place);
            return Ok(Answer::NotFound);
        }
        Ok(Answer::Data(read_at(&file, offset, len.min(MAX_READ) as usize)?))
    }

    fn cut(&self, place: &Place, piece: &Piece, etag: Option<&Arc<str>>) -> io::Result<Answer> {
        let Some(path) = self.find(place)? else { return Ok(Answer::NotFound) };
        let Some((file, etag)) = open_as(&path, etag)? else { return Ok(Answer::NotFound) };
        let name = place.path.rsplit('/').next().unwrap_or_default();
        self.films.cut(&file, &path, &etag, (name, piece))
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
            // What cannot be asked for by name is not told.
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if name.starts_with('.') || !is_plain(&name) {
                continue;
            }
            // One that has just gone, or a link that leads nowhere, keeps nobody from the others.
            let inner = Place::new(place.root.clone(), &format!("{}/{name}", place.path));
            let Ok(Some(Ok(metadata))) = self.find(&inner).map(|path| path.map(fs::metadata)) else {
                continue;
            };
            if metadata.is_dir() {
                folders.push(name);
            } else if metadata.is_file() {
                files.push(name);
            }
        }
        folders.sort_unstable();
        files.sort_unstable();
        Ok(Answer::Listing { folders, files, trouble: self.trouble_of(&place.root) })
    }
}

/// The regular file, if it still is in this state, or in any where none is given; with its state.
fn open_as(path: &Path, etag: Option<&Arc<str>>) -> io::Result<Option<(File, Arc<str>)>> {
    // Opening a pipe would wait for its other end.
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !found.is_file() {
        return Ok(None);
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let state = etag_of(&file.metadata()?)?;
    Ok(etag.is_none_or(|etag| *etag == state).then_some((file, state)))
}
