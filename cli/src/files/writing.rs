//! Changes of files. Each is whole before the next begins; the first that fails ends them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::path::Path;

use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_core::files::{FileChange, Place, UPLOADING};

use super::Files;
use crate::recordings::mend;

impl Files {
    /// Removes what uploads left that were under way when the program last ended. None may be under way now.
    ///
    /// # Errors
    /// When the folder cannot be read, or something in it not be removed.
    pub(crate) fn discard_uploads(&self) -> io::Result<u32> {
        let entries = match fs::read_dir(&self.vod) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut count = 0;
        for entry in entries {
            let entry = entry?;
            let is_ours = entry.file_name().to_string_lossy().starts_with(UPLOADING);
            // A link is not ours, whatever it is called.
            if is_ours && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
                count += 1;
            }
        }
        Ok(count)
    }

    pub(super) fn write(&self, changes: Vec<FileChange>) -> io::Result<Answer> {
        for change in changes {
            let text = describe(&change);
            self.change(change).map_err(|error| io::Error::new(error.kind(), format!("{text}: {error}")))?;
        }
        Ok(Answer::Done)
    }

    /// Whether the name is free and can be had: folders that are not there yet can be made.
    fn is_vacant(&self, place: &Place) -> io::Result<()> {
        let mut path = &*place.path;
        while let Some((folder, _)) = path.rsplit_once('/') {
            path = folder;
            match self.find(&Place::new(place.root.clone(), path))?.map(fs::metadata).transpose()? {
                Some(found) if found.is_dir() => break,
                Some(_) => return Err(io::ErrorKind::AlreadyExists.into()),
                None => {}
            }
        }
        match self.find(place)? {
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            None => Ok(()),
        }
    }

    /// Removes the folder of an upload, and no other.
    fn discard(&self, place: &Place) -> io::Result<()> {
        if !place.path.starts_with(UPLOADING) || place.path.contains('/') {
            let text = format!("{:?} is no upload's", &*place.path);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        match fs::remove_dir_all(self.make_way(place)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn change(&self, change: FileChange) -> io::Result<()> {
        match change {
            FileChange::Append { place, data } => {
                let path = self.make_way(&place)?;
                let mut file = OpenOptions::new().create(true).append(true).open(path)?;
                let length = file.metadata()?.len();
                let written = write_all(&mut file, &data);
                if written.is_err() {
                    // Half a piece would be worse than none: what is there stays whole.
                    file.set_len(length)?;
                }
                written
            }
            FileChange::Create { place, data } => {
                let path = self.make_way(&place)?;
                let mut file = OpenOptions::new().create_new(true).write(true).open(&path)?;
                let written = file.write_all(&data);
                if written.is_err() {
                    // Half of it would be in the way of the next attempt.
                    fs::remove_file(&path)?;
                }
                written
            }
            FileChange::Replace { place, data } => {
                let path = self.make_way(&place)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let new = path.with_file_name(format!(".{name}.new"));
                let written = fs::write(&new, &data).and_then(|()| fs::rename(&new, &path));
                if written.is_err() {
                    // It may not even have come to be.
                    let _ = fs::remove_file(&new);
                }
                written
            }
            FileChange::Rename { from, to } => {
                let (from, to) = (self.make_way(&from)?, self.make_way(&to)?);
                rename(&from, &to)
            }
            FileChange::Vacant(place) => self.is_vacant(&place),
            FileChange::Discard(place) => self.discard(&place),
            FileChange::Remove(place) => {
                let path = self.make_way(&place)?;
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    Ok(()) | Err(_) => Ok(()),
                }
            }
            FileChange::Mend(place) => match mend(&self.make_way(&place)?) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                Ok(_) | Err(_) => Ok(()),
            },
            FileChange::Sync(place) => File::open(self.make_way(&place)?)?.sync_data(),
        }
    }
}

/// Gives a file another name that nothing bears.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    // A link fails where a name is taken, a rename would not; systems without links look first.
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if to.try_exists()? => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => carry(from, to),
        Err(_) => fs::rename(from, to),
    }
}

/// As [`rename`], to another disk: by way of a hidden copy, so that readers see all of it or nothing.
fn carry(from: &Path, to: &Path) -> io::Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let copy = to.with_file_name(format!("{UPLOADING}{name}"));
    let carried = fs::copy(from, &copy)
        .and_then(|_| File::open(&copy)?.sync_data())
        .and_then(|()| fs::hard_link(&copy, to));
    // It may not even have come to be.
    let _ = fs::remove_file(&copy);
    carried.and_then(|()| fs::remove_file(from))
}

/// Writes all pieces, many at a time.
fn write_all(file: &mut File, data: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = data.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut slices = slices.as_mut_slice();
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => IoSlice::advance_slices(&mut slices, n),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn describe(change: &FileChange) -> String {
    let path = |place: &Place| place.path.to_string();
    match change {
        FileChange::Create { place, .. }
        | FileChange::Append { place, .. }
        | FileChange::Replace { place, .. } => {
            format!("writing {}", path(place))
        }
        FileChange::Rename { from, to } => format!("renaming {} to {}", path(from), path(to)),
        FileChange::Vacant(place) => format!("looking for {}", path(place)),
        FileChange::Discard(place) | FileChange::Remove(place) => format!("removing {}", path(place)),
        FileChange::Mend(place) => format!("completing {}", path(place)),
        FileChange::Sync(place) => format!("keeping {}", path(place)),
    }
}
