//! Films as players of HLS fetch them: an MP4 is read where it lies and cut at its keyframes; nothing is transcoded.
//!
//! What a film has and where is kept for a while; what is cut of it is not.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_core::files::Piece;
use rtmpd_proto::bytes::encode_path;
use rtmpd_proto::container::mp4::{Index, Locator, Plan, plan};

use super::open::read_at;

/// Length of a segment: it ends at the first keyframe after that.
const SEGMENT_MS: u32 = 6000;
/// Longest segment, in bytes: it is held in memory until it is sent.
const MAX_SEGMENT: u64 = 64 << 20;
/// Most bytes of segments that wait to be sent, of all viewers.
const MAX_WAITING: u64 = 512 << 20;
/// Most films whose index is kept.
const MOST_FILMS: usize = 32;
/// Most samples of all of them: 24 bytes each.
const MOST_SAMPLES: usize = 4 << 20;

/// Indexes of films, the last one used at the end; and how much of them is on its way.
#[derive(Debug, Default)]
pub(super) struct Films {
    known: Mutex<Vec<Arc<Film>>>,
    waiting: Arc<AtomicU64>,
}

/// One state of a film.
#[derive(Debug)]
struct Film {
    path: PathBuf,
    etag: Arc<str>,
    index: Index,
    plan: Plan,
}

impl Films {
    /// A piece of the film in this state, which is called `name` in URLs.
    pub(super) fn cut(
        &self,
        file: &File,
        path: &Path,
        etag: &Arc<str>,
        (name, piece): (&str, &Piece),
    ) -> io::Result<Answer> {
        let film = match self.find(path, etag) {
            Some(film) => film,
            None => match read(file, path, etag) {
                Ok(film) => self.keep(film),
                Err(Trouble::Disk(error)) => return Err(error),
                Err(Trouble::Film(text)) => {
                    return Ok(Answer::Unfit(format!("{name} cannot be cut: {text}").into()));
                }
            },
        };
        let version = etag.trim_matches('"');
        let page = |content_type, part: &str, body| Answer::Page {
            content_type,
            etag: format!("\"{version}-{part}\"").into(),
            body,
            not_modified: false,
            gzip: false,
        };
        match piece {
            Piece::Playlist { query } => {
                let url = |what: &str| format!("{}?hls={what}&v={version}{query}", encode_path(name));
                let text = film.plan.playlist(&url("init"), |n| url(&n.to_string()));
                Ok(page("application/vnd.apple.mpegurl", "list", Bytes::from(text)))
            }
            Piece::Init => Ok(page("video/mp4", "init", film.plan.init(&film.index))),
            Piece::Segment(n) => match self.segment(file, &film, *n as usize)? {
                Ok(body) => Ok(page("video/mp4", &n.to_string(), body)),
                Err(answer) => Ok(answer),
            },
        }
    }

    fn segment(&self, file: &File, film: &Film, n: usize) -> io::Result<Result<Bytes, Answer>> {
        if n >= film.plan.segments.len() {
            return Ok(Err(Answer::NotFound));
        }
        let ranges = film.plan.ranges(&film.index, n);
        let size: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        if size > MAX_SEGMENT {
            let text =
                format!("segment {n} has {size} bytes, at most {MAX_SEGMENT} can be sent: too few keyframes");
            return Ok(Err(Answer::Unfit(text.into())));
        }
        let Some(room) = Room::take(&self.waiting, size) else {
            let text = format!("{MAX_WAITING} bytes of segments wait to be sent already");
            return Ok(Err(Answer::Failed(text.into())));
        };
        let parts = ranges.iter().map(|range| {
            read_at(file, range.start, usize::try_from(range.end - range.start).unwrap_or_default())
        });
        let parts = parts.collect::<io::Result<Vec<Bytes>>>()?;
        match film.plan.segment(&film.index, n, &parts) {
            Ok(data) => Ok(Ok(room.hold(data))),
            Err(error) => Ok(Err(Answer::Unfit(error.to_string().into()))),
        }
    }

    fn find(&self, path: &Path, etag: &Arc<str>) -> Option<Arc<Film>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().position(|film| film.path == path && film.etag == *etag)?;
        let film = known.remove(at);
        known.push(Arc::clone(&film));
        Some(film)
    }

    fn keep(&self, film: Film) -> Arc<Film> {
        let film = Arc::new(film);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|other| other.path != film.path);
        known.push(Arc::clone(&film));
        let samples = |known: &[Arc<Film>]| known.iter().map(|film| film.index.len()).sum::<usize>();
        while known.len() > 1 && (known.len() > MOST_FILMS || samples(&known) > MOST_SAMPLES) {
            known.remove(0);
        }
        film
    }

    /// How many films are known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A share of what may wait, and what waits there.
struct Room {
    size: u64,
    all: Arc<AtomicU64>,
    data: Bytes,
}

impl Room {
    fn take(all: &Arc<AtomicU64>, size: u64) -> Option<Self> {
        let more = |waiting: u64| waiting.checked_add(size).filter(|&sum| sum <= MAX_WAITING);
        all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self { size, all: Arc::clone(all), data: Bytes::new() })
    }

    /// The data, which take this room until the last of them is sent.
    fn hold(mut self, data: Bytes) -> Bytes {
        self.data = data;
        Bytes::from_owner(self)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.all.fetch_sub(self.size, Ordering::Relaxed);
    }
}

impl AsRef<[u8]> for Room {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

enum Trouble {
    Disk(io::Error),
    Film(String),
}

fn read(file: &File, path: &Path, etag: &Arc<str>) -> Result<Film, Trouble> {
    let film = |error: rtmpd_core::Error| Trouble::Film(error.to_string());
    let mut locator = Locator::new(file.metadata().map_err(Trouble::Disk)?.len());
    while let Some(range) = locator.want() {
        let length = usize::try_from(range.end - range.start).unwrap_or_default();
        let data = read_at(file, range.start, length).map_err(Trouble::Disk)?;
        locator.push(&data).map_err(film)?;
    }
    let index = locator.finish().map_err(film)?;
    let plan = plan(&index, SEGMENT_MS);
    if plan.segments.is_empty() {
        return Err(Trouble::Film(format!("there is nothing to play; {}", index.left_out.join("; "))));
    }
    Ok(Film { path: path.to_path_buf(), etag: Arc::clone(etag), index, plan })
}
