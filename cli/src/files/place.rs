//! Where a place is on disk, if it may be touched.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rtmpd_core::files::{Place, Root};
use rtmpd_proto::rec::names::folder_name;

use super::{Files, name};
use crate::pages::inside;

impl Files {
    /// Where an existing file or folder really is; `None` when it is not there, or not for the network.
    pub(super) fn find(&self, place: &Place) -> io::Result<Option<PathBuf>> {
        let Some(names) = names(place, false) else { return Ok(None) };
        let Some(root) = real(&self.root(&place.root)?)? else { return Ok(None) };
        let wanted = root.join(names.iter().collect::<PathBuf>());
        Ok(inside(&root, &wanted)?.map(|(path, _)| path))
    }

    /// Where a file is to be written; its folders are made.
    ///
    /// # Errors
    /// When its name is none that we write, or leads out of its root.
    pub(super) fn make_way(&self, place: &Place) -> io::Result<PathBuf> {
        let wrong =
            |why: &str| io::Error::new(io::ErrorKind::InvalidFilename, format!("{:?} {why}", &*place.path));
        let names = names(place, true).ok_or_else(|| wrong("is no name that can be written"))?;
        let Some((file, folders)) = names.split_last() else { return Err(wrong("names a folder")) };
        let root = self.own_root(&place.root);
        fs::create_dir_all(&root)?;
        let root = root.canonicalize()?;
        let mut folder = root.clone();
        for name in folders {
            folder.push(name);
            match fs::create_dir(&folder) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            // A link may lead anywhere, even before the next folder is made.
            folder = folder.canonicalize()?;
            if !folder.starts_with(&root) {
                return Err(wrong("leads out of its folder"));
            }
        }
        Ok(folder.join(file))
    }

    /// The folder that is read for a root.
    fn root(&self, root: &Root) -> io::Result<PathBuf> {
        let own = self.own_root(root);
        match root {
            Root::Vod => Ok(own),
            Root::Rec { .. } if own.is_dir() => Ok(own),
            // A server that is known by one name only serves its recordings by any.
            Root::Rec { .. } => Ok(only_folder(&self.rec)?.unwrap_or(own)),
        }
    }

    /// The folder that is written for a root.
    fn own_root(&self, root: &Root) -> PathBuf {
        match root {
            Root::Vod => self.vod.clone(),
            Root::Rec { vhost } => self.rec.join(folder_name(vhost)),
        }
    }
}

/// The names of a place; `None` when one of them is not for the network. `own`: hidden ones are let through, for what is
/// being written.
fn names(place: &Place, own: bool) -> Option<Vec<&str>> {
    let parts = name::relative(&place.path)?;
    (own || parts.iter().all(|name| !name.starts_with('.'))).then_some(parts)
}

fn real(path: &Path) -> io::Result<Option<PathBuf>> {
    match path.canonicalize() {
        Ok(path) => Ok(Some(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folder in `path`, if there is just one.
fn only_folder(path: &Path) -> io::Result<Option<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut found = None;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() && found.replace(entry.path()).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}
