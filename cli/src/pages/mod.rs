//! The static site: files of `html/` beside the configuration, and the player page where that has none.
//!
//! Names come from the network: `name` lets through what is a plain name on every system, and what the file system
//! makes of it must still lie inside the folder.

pub(crate) mod built_in;
mod shared;

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_proto::http::mime;
use shared::Shared;

use crate::certificates;
use crate::files::name;

/// Longest file that is served, in bytes: it is held in memory, once, as long as its slowest reader needs.
const MAX_FILE: u64 = 64 << 20;
const INDEX: &str = "index.html";
/// Where browsers get the certificate of the server's own authority.
const AUTHORITY_PATH: &str = "/ca.crt";

/// The site's folder.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    root: PathBuf,
    shared: Arc<Shared>,
}

impl Pages {
    /// The site in this folder, which need not exist.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, shared: Arc::default() }
    }

    /// Reads the file of a decoded absolute URL path, unless the client's copy is current. `gzip`: the client takes
    /// packed bodies.
    pub(crate) fn answer(&self, path: &str, if_none_match: Option<&str>, gzip: bool) -> Answer {
        if path == AUTHORITY_PATH {
            return self.authority(if_none_match).unwrap_or_else(|error| failed(&error));
        }
        let answer = self.find(path, if_none_match).unwrap_or_else(|error| failed(&error));
        let ours = (answer == Answer::NotFound).then(|| built_in::answer(path, if_none_match, gzip));
        ours.flatten().unwrap_or(answer)
    }

    /// The certificate of the server's own authority, for those who want to trust it.
    fn authority(&self, if_none_match: Option<&str>) -> io::Result<Answer> {
        let beside = self.root.parent().unwrap_or(Path::new("."));
        let file = beside.join(certificates::FOLDER).join(certificates::AUTHORITY);
        match fs::metadata(&file) {
            Ok(metadata) => self.read(&file, &metadata, certificates::AUTHORITY, if_none_match),
            Err(error) if is_absent(&error) => Ok(Answer::NotFound),
            Err(error) => Err(error),
        }
    }

    fn find(&self, path: &str, if_none_match: Option<&str>) -> io::Result<Answer> {
        let Some(names) = name::parts(path) else { return Ok(Answer::NotFound) };
        let root = match self.root.canonicalize() {
            Ok(root) => root,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Answer::NotFound),
            Err(error) => return Err(error),
        };
        let wanted = root.join(names.iter().collect::<PathBuf>());
        let Some((file, metadata)) = inside(&root, &wanted)? else { return Ok(Answer::NotFound) };
        match (metadata.is_dir(), path.ends_with('/')) {
            (true, false) => Ok(Answer::Folder),
            (true, true) => match inside(&root, &file.join(INDEX))? {
                Some((index, metadata)) => self.read(&index, &metadata, INDEX, if_none_match),
                None => Ok(Answer::NotFound),
            },
            (false, false) => self.read(&file, &metadata, path, if_none_match),
            (false, true) => Ok(Answer::NotFound),
        }
    }

    fn read(
        &self,
        file: &Path,
        metadata: &Metadata,
        name: &str,
        if_none_match: Option<&str>,
    ) -> io::Result<Answer> {
        // Opening a pipe would wait for its other end.
        if !metadata.is_file() {
            return Ok(Answer::NotFound);
        }
        if metadata.len() > MAX_FILE {
            let text = format!("it has {} bytes, at most {MAX_FILE} can be served", metadata.len());
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        let etag = etag_of(metadata)?;
        let not_modified = if_none_match.is_some_and(|tags| matches_any(tags, &etag));
        let body = match not_modified {
            true => Bytes::new(),
            false => self.shared.body(file, &etag, || load(file, metadata.len()))?,
        };
        Ok(Answer::Page { content_type: mime::of(name), etag, body, not_modified, gzip: false })
    }
}

/// Where `wanted` really is, when that is inside `root`: symbolic links may lead anywhere.
pub(crate) fn inside(root: &Path, wanted: &Path) -> io::Result<Option<(PathBuf, Metadata)>> {
    let real = match wanted.canonicalize() {
        Ok(real) => real,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !real.starts_with(root) {
        return Ok(None);
    }
    let metadata = fs::metadata(&real)?;
    Ok(Some((real, metadata)))
}

/// There is no such file; a name that the system cannot have is no trouble of the server's either.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::InvalidInput
    )
}

fn load(file: &Path, length: u64) -> io::Result<Arc<Vec<u8>>> {
    let mut body = Vec::new();
    body.reserve_exact(usize::try_from(length).unwrap_or_default());
    // It may grow while it is read.
    File::open(file)?.take(MAX_FILE).read_to_end(&mut body)?;
    Ok(Arc::new(body))
}

/// Length and time of the last change, in ns: no two states of a file share both.
pub(crate) fn etag_of(metadata: &Metadata) -> io::Result<Arc<str>> {
    Ok(format!("\"{:x}-{:x}\"", metadata.len(), changed(metadata)?.as_nanos()).into())
}

/// When a file was last changed, since 1970.
pub(crate) fn changed(metadata: &Metadata) -> io::Result<Duration> {
    Ok(metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// `If-None-Match`: RFC 9110 §13.1.2, by weak comparison.
fn matches_any(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn failed(error: &io::Error) -> Answer {
    Answer::Failed(error.to_string().into())
}
