//! A `moov` → its tracks. Specs: ISO/IEC 14496-12 §8.2–8.5, §8.8.1–8.8.3.

use rtmpd_core::Error;
use rtmpd_core::media::{Kind, Track, TrackId};

use super::boxes::{Boxes, cut_off, find, full};
use super::edits;
use super::entry::{self, Entry};
use super::fragment::Defaults;

/// More tracks than this are left out.
const MAX_TRACKS: usize = 64;

/// What a `moov` says.
#[derive(Clone, Debug, Default)]
pub(super) struct Movie<'a> {
    pub(super) tracks: Vec<MovieTrack<'a>>,
    /// Fragments may follow.
    pub(super) is_fragmented: bool,
    /// Tracks that cannot be read, and why.
    pub(super) left_out: Vec<String>,
}

/// One of its tracks.
#[derive(Clone, Debug)]
pub(super) struct MovieTrack<'a> {
    /// Its number in the file.
    pub(super) number: u32,
    pub(super) track: Track,
    /// Bytes of each NAL unit's length.
    pub(super) length_size: u8,
    /// What is to be added to all times.
    pub(super) shift: i64,
    /// What holds for samples in fragments.
    pub(super) defaults: Defaults,
    pub(super) stbl: &'a [u8],
}

/// Reads a `moov`. Tracks that cannot be read are left out.
///
/// # Errors
/// When its boxes are malformed.
pub(super) fn parse(moov: &[u8]) -> Result<Movie<'_>, Error> {
    let timescale = match Boxes::new(moov).find(b"mvhd")? {
        Some(mvhd) => timescale(b"mvhd", mvhd)?,
        None => 0,
    };
    let mut movie = Movie::default();
    let mut boxes = Boxes::new(moov);
    let mut place = 0;
    while let Some((kind, content)) = boxes.next()? {
        match &kind {
            b"trak" => {
                place += 1;
                match track(content, timescale) {
                    Ok(track) if movie.tracks.len() < MAX_TRACKS => movie.add(track),
                    Ok(_) => {}
                    Err(error) if movie.left_out.len() < MAX_TRACKS => {
                        movie.left_out.push(format!("track {place}: {error}"));
                    }
                    Err(_) => {}
                }
            }
            b"mvex" => movie.is_fragmented = true,
            _ => {}
        }
    }
    if let Some(mvex) = Boxes::new(moov).find(b"mvex")? {
        movie.extend(mvex)?;
    }
    Ok(movie)
}

impl<'a> Movie<'a> {
    fn add(&mut self, mut track: MovieTrack<'a>) {
        let kind = track.track.kind();
        let alike = self.tracks.iter().filter(|other| other.track.kind() == kind).count();
        // Both are less than MAX_TRACKS.
        track.track.index = alike as u8;
        track.track.id = TrackId(self.tracks.len() as u8);
        self.tracks.push(track);
    }

    /// Takes in what fragments' samples are by default.
    fn extend(&mut self, mvex: &[u8]) -> Result<(), Error> {
        let mut boxes = Boxes::new(mvex);
        while let Some((kind, content)) = boxes.next()? {
            if kind != *b"trex" {
                continue;
            }
            let (_, _, mut reader) = full(&kind, content)?;
            let mut read = || {
                let number = reader.u32()?;
                reader.u32()?; // sample entry
                let [duration, size, flags] = [reader.u32()?, reader.u32()?, reader.u32()?];
                Some((number, Defaults { duration, size, flags }))
            };
            let (number, defaults) = read().ok_or_else(|| cut_off(&kind, content))?;
            for track in self.tracks.iter_mut().filter(|track| track.number == number) {
                track.defaults = defaults;
            }
        }
        Ok(())
    }
}

fn track(trak: &[u8], movie: u32) -> Result<MovieTrack<'_>, Error> {
    let tkhd = find(trak, &[b"tkhd"])?;
    let (version, _, mut reader) = full(b"tkhd", tkhd)?;
    let number = reader.skip(if version == 1 { 16 } else { 8 }).and_then(|()| reader.u32());
    let number = number.ok_or_else(|| cut_off(b"tkhd", tkhd))?;
    let mdia = find(trak, &[b"mdia"])?;
    let timescale = timescale(b"mdhd", find(mdia, &[b"mdhd"])?)?;
    if timescale == 0 {
        return Err(Error::malformed("timescale is 0, expected ticks per second", "ISO/IEC 14496-12 §8.4.2"));
    }
    let stbl = find(mdia, &[b"minf", b"stbl"])?;
    let Entry { track, length_size } = entry::parse(find(stbl, &[b"stsd"])?, timescale)?;
    let shift = edits::shift(trak, movie, timescale)?;
    Ok(MovieTrack { number, track, length_size, shift, defaults: Defaults::default(), stbl })
}

/// `mvhd` and `mdhd` begin alike.
fn timescale(kind: &[u8; 4], content: &[u8]) -> Result<u32, Error> {
    let (version, _, mut reader) = full(kind, content)?;
    let timescale = reader.skip(if version == 1 { 16 } else { 8 }).and_then(|()| reader.u32());
    timescale.ok_or_else(|| cut_off(kind, content))
}

impl MovieTrack<'_> {
    /// Every sample of it is one to begin with.
    pub(super) fn all_keys(&self) -> bool {
        self.track.kind() != Kind::Video
    }
}
