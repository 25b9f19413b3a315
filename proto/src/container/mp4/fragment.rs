//! A `moof` → which samples its `mdat` has. Specs: ISO/IEC 14496-12 §8.8.4–8.8.8, §8.8.12.

use rtmpd_core::Error;

use super::boxes::{Boxes, SPEC, cut_off, full};
use crate::bytes::Reader;

/// A sample that a decoder cannot begin with.
const NOT_SYNC: u32 = 0x0001_0000;

/// What holds for samples of a track that do not say otherwise (`trex`, `tfhd`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Defaults {
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
}

/// A track's part of a fragment.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// The track's number.
    pub(super) number: u32,
    /// Decoding time of the first sample, in the track's timescale.
    pub(super) base: Option<u64>,
    pub(super) runs: Vec<Run<'a>>,
}

/// Where the samples of a run lie.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// At this byte of the file.
    At(u64),
    /// Where those of the run before it end.
    Behind,
}

/// A `trun`: an iterator of its samples.
#[derive(Clone, Debug)]
pub(super) struct Run<'a> {
    pub(super) place: Place,
    reader: Reader<'a>,
    left: u32,
    fields: u32,
    defaults: Defaults,
    /// Of the first sample only.
    first: Option<u32>,
}

/// What a run says of a sample.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) cts: i32,
    pub(super) key: bool,
}

/// Reads a `moof` that begins at byte `start` of its file. `find` gives what is known of a track; parts of tracks that
/// are not known are left out.
///
/// # Errors
/// When a box is malformed.
pub(super) fn parse<'a>(
    moof: &'a [u8],
    start: u64,
    find: &dyn Fn(u32) -> Option<Defaults>,
) -> Result<Vec<Part<'a>>, Error> {
    let mut parts = Vec::new();
    let mut boxes = Boxes::new(moof);
    let mut is_first = true;
    while let Some((kind, content)) = boxes.next()? {
        if kind == *b"traf" {
            parts.extend(part(content, start, is_first, find)?);
            is_first = false;
        }
    }
    Ok(parts)
}

fn part<'a>(
    traf: &'a [u8],
    start: u64,
    is_first: bool,
    find: &dyn Fn(u32) -> Option<Defaults>,
) -> Result<Option<Part<'a>>, Error> {
    let Some(tfhd) = Boxes::new(traf).find(b"tfhd")? else {
        return Err(Error::malformed("a 'traf' has no 'tfhd'", "ISO/IEC 14496-12 §8.8.7"));
    };
    let (_, flags, mut reader) = full(b"tfhd", tfhd)?;
    let number = reader.u32().ok_or_else(|| cut_off(b"tfhd", tfhd))?;
    let Some(mut defaults) = find(number) else { return Ok(None) };
    let data = head(&mut reader, flags, &mut defaults).ok_or_else(|| cut_off(b"tfhd", tfhd))?;
    // default-base-is-moof; without it, parts after the first follow the one before.
    let base = data.or((is_first || flags & 0x02_0000 != 0).then_some(start));
    let mut part = Part { number, base: None, runs: Vec::new() };
    let mut boxes = Boxes::new(traf);
    while let Some((kind, content)) = boxes.next()? {
        match &kind {
            b"tfdt" => part.base = Some(time(content)?),
            b"trun" => {
                let run = run(content, base, start, &defaults)?;
                let is_first = part.runs.is_empty();
                let place = base.filter(|_| is_first && run.place == Place::Behind).map(Place::At);
                part.runs.push(Run { place: place.unwrap_or(run.place), ..run });
            }
            _ => {}
        }
    }
    Ok(Some(part))
}

/// The optional fields of a `tfhd`; gives where its data offsets count from, if it says.
fn head(reader: &mut Reader<'_>, flags: u32, defaults: &mut Defaults) -> Option<Option<u64>> {
    let data = if flags & 0x01 != 0 { Some(reader.u64()?) } else { None };
    if flags & 0x02 != 0 {
        reader.u32()?; // sample entry
    }
    for (flag, field) in
        [(0x08, &mut defaults.duration), (0x10, &mut defaults.size), (0x20, &mut defaults.flags)]
    {
        if flags & flag != 0 {
            *field = reader.u32()?;
        }
    }
    Some(data)
}

fn time(tfdt: &[u8]) -> Result<u64, Error> {
    let (version, _, mut reader) = full(b"tfdt", tfdt)?;
    let time = if version == 1 { reader.u64() } else { reader.u32().map(u64::from) };
    time.ok_or_else(|| cut_off(b"tfdt", tfdt))
}

fn run<'a>(trun: &'a [u8], base: Option<u64>, start: u64, defaults: &Defaults) -> Result<Run<'a>, Error> {
    let (_, flags, mut reader) = full(b"trun", trun)?;
    let mut left = reader.u32().ok_or_else(|| cut_off(b"trun", trun))?;
    let mut place = Place::Behind;
    if flags & 0x01 != 0 {
        let offset = reader.u32().ok_or_else(|| cut_off(b"trun", trun))? as i32;
        // Where parts follow each other, some writers count from the `moof` all the same.
        let at = base.unwrap_or(start).checked_add_signed(i64::from(offset));
        place = Place::At(at.ok_or_else(|| {
            Error::malformed(
                format!("data offset is {offset}, which is before the file"),
                "ISO/IEC 14496-12 §8.8.8",
            )
        })?);
    }
    let first =
        if flags & 0x04 != 0 { Some(reader.u32().ok_or_else(|| cut_off(b"trun", trun))?) } else { None };
    let fields = flags & 0xF00;
    let needed = (left as usize).saturating_mul(4 * fields.count_ones() as usize);
    if needed > reader.remaining() {
        let what = format!("a run of {left} samples needs {needed} bytes, it has {}", reader.remaining());
        return Err(Error::malformed(what, SPEC));
    }
    // Samples of which nothing is said and that have nothing in them: there is no end to how many there can be.
    if fields == 0 && defaults.size == 0 {
        left = 0;
    }
    Ok(Run { place, reader, left, fields, defaults: *defaults, first })
}

impl Iterator for Run<'_> {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        self.left = self.left.checked_sub(1)?;
        let mut field = |flag: u32, default: u32| {
            if self.fields & flag == 0 { Some(default) } else { self.reader.u32() }
        };
        let duration = field(0x100, self.defaults.duration)?;
        let size = field(0x200, self.defaults.size)?;
        let flags = field(0x400, self.defaults.flags)?;
        let cts = field(0x800, 0)? as i32;
        let flags = self.first.take().unwrap_or(flags);
        Some(Told { duration, size, cts, key: flags & NOT_SYNC == 0 })
    }
}
