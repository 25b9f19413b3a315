//! A track's sample table → its samples. Specs: ISO/IEC 14496-12 §8.6.1 (stts, ctts), §8.6.2 (stss), §8.7 (stsz, stz2,
//! stsc, stco, co64).

use rtmpd_core::Error;

use super::boxes::{Boxes, cut_off, full};
use super::samples::{MAX_SIZE, Sample, Samples};
use crate::bytes::Reader;

const SPEC: &str = "ISO/IEC 14496-12 §8.7";

/// What is known of a track and its file beside the table.
#[derive(Copy, Clone, Debug)]
pub(super) struct Frame {
    /// Bytes of the file: samples beyond it are not there.
    pub(super) length: u64,
    /// Added to all times.
    pub(super) shift: i64,
    /// Every sample is one to begin with.
    pub(super) all_keys: bool,
    /// Most samples.
    pub(super) most: usize,
}

/// Reads an `stbl`. Ends early where a table does, or where samples lie beyond the end of the file.
///
/// # Errors
/// When a box is malformed or there are too many samples.
pub(super) fn read(stbl: &[u8], frame: &Frame) -> Result<Samples, Error> {
    let boxes = Boxes::new(stbl);
    let mut sizes = Sizes::new(&boxes, frame.most)?;
    let mut places = Places::new(&boxes)?;
    let mut durations = Runs::new(boxes.clone().find(b"stts")?, b"stts")?;
    let mut offsets = Runs::new(boxes.clone().find(b"ctts")?, b"ctts")?;
    let mut keys = Keys::new(&boxes, frame.all_keys)?;
    let mut samples = Samples::default();
    let mut dts = frame.shift;
    let mut duration = 0;
    while let Some(size) = sizes.next() {
        let Some(offset) = places.next(u64::from(size)) else { break };
        if offset.checked_add(u64::from(size)).is_none_or(|end| end > frame.length) || size > MAX_SIZE {
            break;
        }
        // Where the table is too short, the last one holds.
        duration = durations.next().unwrap_or(duration);
        let cts = offsets.next().unwrap_or(0) as i32;
        samples.push(Sample { offset, size, dts, cts, duration, key: keys.next() });
        dts = dts.saturating_add(i64::from(duration));
    }
    Ok(samples)
}

/// Pairs of a count and a value: `stts` and `ctts`.
#[derive(Debug)]
struct Runs<'a> {
    reader: Reader<'a>,
    left: u32,
    value: u32,
}

impl<'a> Runs<'a> {
    fn new(content: Option<&'a [u8]>, kind: &[u8; 4]) -> Result<Self, Error> {
        let reader = match content {
            Some(content) => {
                let (_, _, mut reader) = full(kind, content)?;
                let count = reader.u32().ok_or_else(|| cut_off(kind, content))?;
                limited(reader, count, 8)
            }
            None => Reader::new(&[]),
        };
        Ok(Self { reader, left: 0, value: 0 })
    }

    fn next(&mut self) -> Option<u32> {
        while self.left == 0 {
            self.left = self.reader.u32()?;
            self.value = self.reader.u32()?;
        }
        self.left -= 1;
        Some(self.value)
    }
}

/// No more than `count` entries of `size` bytes.
fn limited(reader: Reader<'_>, count: u32, size: usize) -> Reader<'_> {
    let length = (count as usize).saturating_mul(size);
    Reader::new(reader.rest().get(..length).unwrap_or(reader.rest()))
}

/// `stsz` and `stz2`.
#[derive(Debug)]
struct Sizes<'a> {
    reader: Reader<'a>,
    left: u32,
    /// Of all samples; 0: each has its own.
    each: u32,
    /// Bits of an entry.
    bits: u8,
    /// The second half of a byte.
    half: Option<u32>,
}

impl<'a> Sizes<'a> {
    fn new(boxes: &Boxes<'a>, most: usize) -> Result<Self, Error> {
        let (kind, content) = match boxes.clone().find(b"stsz")? {
            Some(content) => (b"stsz", content),
            None => (b"stz2", boxes.clone().find(b"stz2")?.unwrap_or(&[0; 12])),
        };
        let (_, _, mut reader) = full(kind, content)?;
        let (Some(field), Some(count)) = (reader.u32(), reader.u32()) else {
            return Err(cut_off(kind, content));
        };
        let (each, bits) = if kind == b"stsz" { (field, 32) } else { (0, field as u8) };
        // Each of a size of its own has an entry, and those of one size have to be in the file.
        let told = reader.remaining().saturating_mul(8) / usize::from(bits.max(1));
        let left = if each > 0 { count as usize } else { told.min(count as usize) };
        if left > most {
            let what = format!("a track has {left} samples, expected at most {most}");
            return Err(Error::limit(what, SPEC));
        }
        Ok(Self { reader, left: left as u32, each, bits, half: None })
    }

    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        if self.each > 0 {
            return Some(self.each);
        }
        match self.bits {
            32 => self.reader.u32(),
            16 => self.reader.u16().map(u32::from),
            8 => self.reader.u8().map(u32::from),
            4 => match self.half.take() {
                Some(half) => Some(half),
                None => {
                    let byte = u32::from(self.reader.u8()?);
                    self.half = Some(byte & 0x0F);
                    Some(byte >> 4)
                }
            },
            _ => None,
        }
    }
}

/// Where samples lie: chunks, and how many samples each has.
#[derive(Debug)]
struct Places<'a> {
    chunks: Reader<'a>,
    wide: bool,
    /// Entries of `stsc`.
    entries: Reader<'a>,
    /// The chunk that is read, from 1.
    chunk: u32,
    /// Samples of the chunks from here on.
    each: u32,
    /// The chunk from which the next entry holds, and what it says.
    next: Option<(u32, u32)>,
    left: u32,
    at: u64,
}

impl<'a> Places<'a> {
    fn new(boxes: &Boxes<'a>) -> Result<Self, Error> {
        let (kind, content) = match boxes.clone().find(b"co64")? {
            Some(content) => (b"co64", content),
            None => (b"stco", boxes.clone().find(b"stco")?.unwrap_or(&[0; 8])),
        };
        let wide = kind == b"co64";
        let entries = boxes.clone().find(b"stsc")?.unwrap_or(&[0; 8]);
        let mut this = Self {
            chunks: counted(kind, content, if wide { 8 } else { 4 })?,
            wide,
            entries: counted(b"stsc", entries, 12)?,
            chunk: 0,
            each: 0,
            next: None,
            left: 0,
            at: 0,
        };
        this.next = this.entry();
        Ok(this)
    }

    fn entry(&mut self) -> Option<(u32, u32)> {
        let [first, samples, _description] = [self.entries.u32()?, self.entries.u32()?, self.entries.u32()?];
        Some((first, samples))
    }

    /// Where the next sample lies, which is this long.
    fn next(&mut self, size: u64) -> Option<u64> {
        while self.left == 0 {
            self.at = if self.wide { self.chunks.u64()? } else { u64::from(self.chunks.u32()?) };
            self.chunk += 1;
            while let Some((first, samples)) = self.next
                && first <= self.chunk
            {
                self.each = samples;
                self.next = self.entry();
            }
            self.left = self.each;
        }
        self.left -= 1;
        let at = self.at;
        self.at = at.checked_add(size)?;
        Some(at)
    }
}

fn counted<'a>(kind: &[u8; 4], content: &'a [u8], size: usize) -> Result<Reader<'a>, Error> {
    let (_, _, mut reader) = full(kind, content)?;
    let count = reader.u32().ok_or_else(|| cut_off(kind, content))?;
    Ok(limited(reader, count, size))
}

/// Which samples a decoder can begin with.
#[derive(Debug)]
struct Keys<'a> {
    /// `None`: with all.
    numbers: Option<Reader<'a>>,
    next: Option<u32>,
    sample: u32,
}

impl<'a> Keys<'a> {
    fn new(boxes: &Boxes<'a>, all: bool) -> Result<Self, Error> {
        let table = if all { None } else { boxes.clone().find(b"stss")? };
        let mut numbers = table.map(|content| counted(b"stss", content, 4)).transpose()?;
        let next = numbers.as_mut().and_then(Reader::u32);
        Ok(Self { numbers, next, sample: 0 })
    }

    fn next(&mut self) -> bool {
        self.sample += 1;
        let Some(numbers) = &mut self.numbers else { return true };
        while self.next.is_some_and(|next| next < self.sample) {
            self.next = numbers.u32();
        }
        self.next == Some(self.sample)
    }
}
