//! How many pictures may precede another in decoding order and follow it in output order.
//!
//! Specs: ITU-T H.264 §E.1.1 (VUI parameters), §E.1.2 (HRD parameters), §E.2.1 (what is inferred where they are absent).

use crate::bytes::Bits;

/// More than any level allows: MaxDpbFrames, H.264 §A.3.1.
const MAX_DEPTH: u32 = 16;
/// cpb_cnt_minus1 is at most this.
const MAX_CPB: u32 = 31;

/// What an SPS of H.264 says before its VUI parameters that matters here.
pub(super) struct Head {
    /// profile_idc.
    pub(super) profile: u8,
    /// constraint_set3_flag: of intra profiles, among others.
    pub(super) constraint_3: bool,
    /// pic_order_cnt_type.
    pub(super) order_count: u32,
    /// max_num_ref_frames.
    pub(super) references: u32,
}

/// The reorder depth of an H.264 stream; `None` where nothing tells it. `bits` stand at vui_parameters_present_flag.
pub(super) fn reorder_depth(head: &Head, bits: &mut Bits<'_>) -> Option<u8> {
    // Baseline has no B slices, order count 2 means that output is in decoding order (§8.2.1.3), and without
    // reference frames or in intra profiles there is nothing to wait for.
    let intra = head.constraint_3 && matches!(head.profile, 44 | 86 | 100 | 110 | 122 | 244);
    if head.profile == 66 || head.order_count == 2 || head.references == 0 || intra {
        return Some(0);
    }
    if !bits.bit()? {
        return None;
    }
    skip_picture(bits)?;
    skip_timing(bits)?;
    if !bits.bit()? {
        return None;
    }
    bits.bit()?; // motion_vectors_over_pic_boundaries_flag
    for _ in 0..4 {
        bits.ue()?; // max_bytes_per_pic_denom up to log2_max_mv_length_vertical
    }
    held_to(bits.ue()?)
}

/// A depth from the wire, if a decoder could have so many pictures.
pub(super) fn held_to(depth: u32) -> Option<u8> {
    (depth <= MAX_DEPTH).then_some(depth as u8)
}

/// Up to before timing_info_present_flag.
fn skip_picture(bits: &mut Bits<'_>) -> Option<()> {
    const EXTENDED_SAR: u32 = 255;
    if bits.bit()? && bits.read(8)? == EXTENDED_SAR {
        bits.skip(32)?;
    }
    if bits.bit()? {
        bits.bit()?; // overscan_appropriate_flag
    }
    if bits.bit()? {
        bits.skip(4)?; // video_format, video_full_range_flag
        if bits.bit()? {
            bits.skip(24)?; // colour_primaries, transfer_characteristics, matrix_coefficients
        }
    }
    if bits.bit()? {
        bits.ue()?; // chroma_sample_loc_type_top_field
        bits.ue()?; // chroma_sample_loc_type_bottom_field
    }
    Some(())
}

/// Up to before bitstream_restriction_flag.
fn skip_timing(bits: &mut Bits<'_>) -> Option<()> {
    if bits.bit()? {
        bits.skip(65)?; // num_units_in_tick, time_scale, fixed_frame_rate_flag
    }
    let nal = bits.bit()?;
    if nal {
        skip_hrd(bits)?;
    }
    let vcl = bits.bit()?;
    if vcl {
        skip_hrd(bits)?;
    }
    if nal || vcl {
        bits.bit()?; // low_delay_hrd_flag
    }
    bits.bit()?; // pic_struct_present_flag
    Some(())
}

fn skip_hrd(bits: &mut Bits<'_>) -> Option<()> {
    let buffers = bits.ue()?;
    if buffers > MAX_CPB {
        return None;
    }
    bits.skip(8)?; // bit_rate_scale, cpb_size_scale
    for _ in 0..=buffers {
        bits.ue()?; // bit_rate_value_minus1
        bits.ue()?; // cpb_size_value_minus1
        bits.bit()?; // cbr_flag
    }
    bits.skip(20) // lengths of delays and of time_offset
}
