//! AV1: OBUs, picture size, configuration records.
//!
//! Specs: AV1 Codec ISO Media File Format Binding §2.3 (av1C), AV1 Bitstream §5.3, §5.5 (sequence header OBU), §5.9.2
//! (frame header).

use bytes::{BufMut, Bytes, BytesMut};

use super::Size;
use crate::bytes::{Bits, Reader, tail};

/// What is to be known before a sequence can be decoded.
pub const OBU_SEQUENCE_HEADER: u8 = 1;
/// Stands in front of each temporal unit of a byte stream.
pub const OBU_TEMPORAL_DELIMITER: u8 = 2;
/// The head of a frame whose tiles follow in OBUs of their own.
pub const OBU_FRAME_HEADER: u8 = 3;
/// A frame, head and tiles.
pub const OBU_FRAME: u8 = 6;
/// A list of tiles, of no use in a live stream.
pub const OBU_TILE_LIST: u8 = 8;
/// Bytes that say nothing.
pub const OBU_PADDING: u8 = 15;
/// In an OBU's first byte: its size stands behind its head.
pub const HAS_SIZE: u8 = 0x02;
/// In an OBU's first byte: a second one follows.
const HAS_EXTENSION: u8 = 0x04;

/// An OBU, taken apart.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Obu<'a> {
    /// Its first byte.
    pub head: u8,
    /// Its second byte, with layers, if it has one.
    pub extension: Option<u8>,
    /// What it says.
    pub payload: &'a [u8],
}

impl<'a> Obu<'a> {
    /// obu_type.
    pub fn kind(&self) -> u8 {
        self.head >> 3 & 0x0F
    }

    /// Reads one that begins here and, if it does not tell its size, takes all there is.
    pub fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let head = reader.u8()?;
        let extension = if head & HAS_EXTENSION == 0 { None } else { Some(reader.u8()?) };
        let length = if head & HAS_SIZE == 0 { reader.remaining() } else { leb128(reader)? };
        Some(Self { head, extension, payload: reader.take(length)? })
    }
}

/// The OBUs of a temporal unit; ends early where one is longer than what is there.
pub fn obus(unit: &[u8]) -> impl Iterator<Item = Obu<'_>> {
    let mut reader = Reader::new(unit);
    std::iter::from_fn(move || Obu::read(&mut reader))
}

/// Whether decoding can begin with a temporal unit: it has a sequence header, and its first frame is a key frame.
pub fn is_key(unit: &[u8]) -> bool {
    let mut has_sequence = false;
    for obu in obus(unit) {
        match obu.kind() {
            OBU_SEQUENCE_HEADER => has_sequence = true,
            OBU_FRAME_HEADER | OBU_FRAME => {
                // show_existing_frame is 0, frame_type is KEY_FRAME
                return has_sequence && obu.payload.first().is_some_and(|byte| byte & 0xE0 == 0);
            }
            _ => {}
        }
    }
    false
}

/// The largest picture an av1C's sequence header allows.
pub fn size(record: &[u8]) -> Option<Size> {
    obu_size(record.get(4..)?)
}

/// The largest picture the first sequence header among these OBUs allows.
pub fn obu_size(obus: &[u8]) -> Option<Size> {
    let mut reader = Reader::new(obus);
    loop {
        let header = reader.u8()?;
        if header & 0x04 != 0 {
            reader.u8()?; // extension
        }
        let length = if header & 0x02 != 0 { leb128(&mut reader)? } else { reader.remaining() };
        let payload = reader.take(length)?;
        if header >> 3 & 0x0F == OBU_SEQUENCE_HEADER {
            return sequence_size(&mut Bits::new(payload));
        }
    }
}

/// The temporal unit without the delimiters at its front, as samples of ISO BMFF are (AV1-ISOBMFF §2.4).
pub fn without_delimiters(unit: &Bytes) -> Bytes {
    let mut reader = Reader::new(unit);
    let mut begin = 0;
    while let Some(header) = reader.u8()
        && header >> 3 & 0x0F == OBU_TEMPORAL_DELIMITER
    {
        // Without a length it would be all there is.
        let extension = if header & 0x04 == 0 { Some(()) } else { reader.skip(1) };
        let length = if header & 0x02 == 0 { None } else { extension.and_then(|()| leb128(&mut reader)) };
        let Some(()) = length.and_then(|length| reader.skip(length)) else { break };
        begin = reader.position();
    }
    tail(unit, begin)
}

/// An av1C of a sequence header OBU's payload; `None` when that is cut off.
pub fn write_record(sequence: &[u8]) -> Option<Bytes> {
    let format = sequence_format(&mut Bits::new(sequence))?;
    let mut out = BytesMut::with_capacity(sequence.len() + 16);
    out.put_slice(&[0x81, format.profile << 5 | format.level, format.bits, 0]);
    out.put_u8(OBU_SEQUENCE_HEADER << 3 | HAS_SIZE);
    put_leb128(&mut out, sequence.len());
    out.put_slice(sequence);
    Some(out.freeze())
}

/// Appends a number, §4.10.5.
pub fn put_leb128(out: &mut impl BufMut, mut value: usize) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

/// Reads a number of at most 32 bits, §4.10.5.
pub fn leb128(reader: &mut Reader<'_>) -> Option<usize> {
    let mut value = 0_u64;
    for place in 0..8 {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

/// §5.5.1
fn sequence_size(bits: &mut Bits<'_>) -> Option<Size> {
    Some(sequence_begin(bits)?.size)
}

/// What a sequence header says up to the picture size.
struct Begin {
    profile: u8,
    is_reduced: bool,
    level: u8,
    tier: bool,
    size: Size,
}

fn sequence_begin(bits: &mut Bits<'_>) -> Option<Begin> {
    let profile = bits.read(3)? as u8;
    bits.bit()?; // still_picture
    let is_reduced = bits.bit()?;
    let (level, tier) = if is_reduced { (bits.read(5)? as u8, false) } else { operating_points(bits)? };
    let width_bits = bits.read(4)? as usize + 1;
    let height_bits = bits.read(4)? as usize + 1;
    let size = Size { width: bits.read(width_bits)? + 1, height: bits.read(height_bits)? + 1 };
    Some(Begin { profile, is_reduced, level, tier, size })
}

/// What an av1C repeats of a sequence header.
struct Format {
    profile: u8,
    level: u8,
    /// seq_tier_0 up to chroma_sample_position, as they stand in the record.
    bits: u8,
}

fn sequence_format(bits: &mut Bits<'_>) -> Option<Format> {
    let Begin { profile, is_reduced, level, tier, .. } = sequence_begin(bits)?;
    if !is_reduced && bits.bit()? {
        bits.skip(4 + 3)?; // delta_frame_id_length_minus_2, additional_frame_id_length_minus_1
    }
    bits.skip(3)?; // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
    if !is_reduced {
        skip_tools(bits)?;
    }
    bits.skip(3)?; // enable_superres, enable_cdef, enable_restoration
    let color = color_config(bits, profile)?;
    Some(Format { profile, level, bits: u8::from(tier) << 7 | color })
}

fn skip_tools(bits: &mut Bits<'_>) -> Option<()> {
    const SELECT: bool = true;
    bits.skip(4)?; // enable_interintra_compound, enable_masked_compound, enable_warped_motion, enable_dual_filter
    let order_hint = bits.bit()?;
    if order_hint {
        bits.skip(2)?; // enable_jnt_comp, enable_ref_frame_mvs
    }
    let chooses = bits.bit()?; // seq_choose_screen_content_tools
    let screen_content = chooses == SELECT || bits.bit()?;
    if screen_content && !bits.bit()? {
        bits.bit()?; // seq_force_integer_mv
    }
    if order_hint {
        bits.skip(3)?; // order_hint_bits_minus_1
    }
    Some(())
}

/// §5.5.2, as high_bitdepth, twelve_bit, monochrome, chroma_subsampling_x, chroma_subsampling_y, chroma_sample_position.
fn color_config(bits: &mut Bits<'_>, profile: u8) -> Option<u8> {
    const SRGB: (u32, u32, u32) = (1, 13, 0);
    let is_high = bits.bit()?;
    let is_twelve = profile == 2 && is_high && bits.bit()?;
    let is_mono = profile != 1 && bits.bit()?;
    let color = if bits.bit()? { (bits.read(8)?, bits.read(8)?, bits.read(8)?) } else { (2, 2, 2) };
    let depth = u8::from(is_high) << 6 | u8::from(is_twelve) << 5 | u8::from(is_mono) << 4;
    if is_mono {
        return Some(depth | 3 << 2);
    }
    if color == SRGB {
        return Some(depth);
    }
    bits.bit()?; // color_range
    let (x, y) = match profile {
        0 => (true, true),
        1 => (false, false),
        _ if is_twelve => {
            let x = bits.bit()?;
            (x, x && bits.bit()?)
        }
        _ => (true, false),
    };
    let position = if x && y { bits.read(2)? as u8 } else { 0 };
    Some(depth | u8::from(x) << 3 | u8::from(y) << 2 | position)
}

/// Level and tier of the first operating point.
fn operating_points(bits: &mut Bits<'_>) -> Option<(u8, bool)> {
    let mut delay_bits = None;
    if bits.bit()? {
        bits.skip(64)?; // num_units_in_display_tick, time_scale
        if bits.bit()? {
            bits.ue()?; // num_ticks_per_picture_minus_1: uvlc() has the form of ue(v)
        }
        if bits.bit()? {
            delay_bits = Some(bits.read(5)? as usize + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let display_delay = bits.bit()?;
    let mut first = None;
    for _ in 0..=bits.read(5)? {
        bits.skip(12)?; // operating_point_idc
        let level = bits.read(5)? as u8;
        let tier = level > 7 && bits.bit()?;
        first.get_or_insert((level, tier));
        if let Some(delay_bits) = delay_bits
            && bits.bit()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if display_delay && bits.bit()? {
            bits.skip(4)?;
        }
    }
    first
}
