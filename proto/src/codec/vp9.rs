//! VP9: picture size and configuration record from a keyframe.
//!
//! Specs: VP9 Bitstream & Decoding Process §6.2 (uncompressed header), Annex A (levels); VP Codec ISO Media File Format
//! Binding §3 (vpcC).

use super::Size;
use crate::bytes::Bits;

const SYNC_CODE: u32 = 0x49_83_42;
const CS_RGB: u32 = 7;
/// Most pixels of a picture at level 1, 1.1, 2, 2.1, 3, 3.1, 4, 5 and 6; what lies between differs in speed alone.
const LEVELS: [(u64, u8); 9] = [
    (36_864, 10),
    (73_728, 11),
    (122_880, 20),
    (245_760, 21),
    (552_960, 30),
    (983_040, 31),
    (2_228_224, 40),
    (8_912_896, 50),
    (35_651_584, 60),
];

/// What a keyframe says.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// The picture.
    pub size: Size,
    profile: u8,
    depth: u8,
    color: Color,
}

/// §6.2.2
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Color {
    space: u32,
    is_full: bool,
    /// As vpcC has it: 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    subsampling: u8,
}

impl Key {
    /// Reads a keyframe's head; `None` for other frames.
    pub fn parse(frame: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(frame);
        if bits.read(2)? != 2 {
            return None;
        }
        let profile = u8::from(bits.bit()?) | u8::from(bits.bit()?) << 1;
        if profile == 3 {
            bits.bit()?;
        }
        let shows_existing = bits.bit()?;
        let is_inter = bits.bit()?;
        if shows_existing || is_inter {
            return None;
        }
        bits.skip(2)?; // show_frame, error_resilient_mode
        if bits.read(24)? != SYNC_CODE {
            return None;
        }
        let depth = match profile >= 2 {
            false => 8,
            true if bits.bit()? => 12,
            true => 10,
        };
        let color = Color::read(&mut bits, profile)?;
        let size = Size { width: bits.read(16)? + 1, height: bits.read(16)? + 1 };
        Some(Self { size, profile, depth, color })
    }

    /// A vpcC with its version and flags. The level is the least one for pictures of this size.
    pub fn record(&self) -> [u8; 12] {
        let pixels = u64::from(self.size.width) * u64::from(self.size.height);
        let level = LEVELS.iter().find(|(most, _)| pixels <= *most).map_or(62, |(_, level)| *level);
        // Table 3 of ISO/IEC 23001-8 by color_space: primaries, transfer, matrix.
        let [primaries, transfer, matrix] = match self.color.space {
            1 => [5, 6, 5],
            2 => [1, 1, 1],
            3 => [6, 6, 6],
            4 => [7, 7, 7],
            5 => [9, 14, 9],
            CS_RGB => [1, 13, 0],
            _ => [2, 2, 2],
        };
        let format = self.depth << 4 | self.color.subsampling << 1 | u8::from(self.color.is_full);
        [1, 0, 0, 0, self.profile, level, format, primaries, transfer, matrix, 0, 0]
    }
}

/// The size a keyframe says; `None` for other frames.
pub fn size(frame: &[u8]) -> Option<Size> {
    Key::parse(frame).map(|key| key.size)
}

impl Color {
    fn read(bits: &mut Bits<'_>, profile: u8) -> Option<Self> {
        const FULL: u8 = 3;
        let tells = profile == 1 || profile == 3;
        let space = bits.read(3)?;
        if space == CS_RGB {
            bits.skip(usize::from(tells))?;
            return Some(Self { space, is_full: true, subsampling: FULL });
        }
        let is_full = bits.bit()?;
        let subsampling = if tells {
            let subsampled = (bits.bit()?, bits.bit()?);
            bits.bit()?; // reserved_zero
            match subsampled {
                (true, true) => 1,
                (true, false) => 2,
                (false, _) => FULL,
            }
        } else {
            1
        };
        Some(Self { space, is_full, subsampling })
    }
}
